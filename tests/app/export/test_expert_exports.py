"""Exports with what experts left, over earlier exports of the same name, and read back into their study."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.export.export_request import ExportRequest, require_known
from ftcompare.app.export.exporting import ExportDone, export, left_out_words, preview
from ftcompare.app.export.importing import NOTHING_NEW, OF_RATER, OF_STUDY, describe_import, import_file
from ftcompare.app.rate.rating_session import study_session
from ftcompare.cli.main import run
from ftcompare.core.annotations import Adjudicated, Adjudication, Correction
from ftcompare.core.errors import UserError
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Choice
from ftcompare.core.study import Message, RaterKind, Response, Verdict
from ftcompare.formats.data_card import read_checksums
from ftcompare.formats.registry import export_format
from ftcompare.formats.training import dataset_folder, trainers
from ftcompare.formats.training.rows import Parts
from ftcompare.formats.training.selection import Corrections, Decision, PairFilters
from ftcompare.store.study.study_file import StudyFile
from tests.app.conftest import PROMPTS
from tests.app.voted_study import voted, voted_study
from tests.builders import errors_of, output_of, refuses, text_file

BETTER = "Atrial fibrillation is an irregular rhythm of the atria."
ALL = PairFilters(include_held_out=True)


@pytest.fixture
def judged(study: StudyFile, now: datetime, rng: Random) -> StudyFile:
    """Everything judged for the clinical side by Ada."""
    session = study_session(study, "Ada", clock=lambda: now, rng=rng)
    while item := session.view().item:
        clinical = Choice.LEFT if item.left.startswith("Atrial") else Choice.RIGHT
        session.judge(item.allocation, Verdict(clinical))
    return study


@pytest.fixture
def corrected(judged: StudyFile, now: datetime) -> Response:
    """An answer that won, corrected by Eve."""
    won = next(one for one in judged.responses.all() if one.text.startswith("Atrial"))
    expert = judged.annotations.expert("Eve")
    judged.annotations.add(expert.id, Correction(won.id, BETTER), now=now)
    return won


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def request(form: Any, **filters: Any) -> ExportRequest:
    return ExportRequest(form, replace(ALL, **filters))


def test_preference_rows_hold_the_correction_against_the_answer(
    judged: StudyFile, corrected: Response, tmp_path: Path, now: datetime
) -> None:
    done = export(judged, tmp_path / "rows.jsonl", request(trainers.PREFERENCE), now=now)
    *before, last = rows(done.path)
    assert [row["source"] for row in before] == ["judged"] * PROMPTS
    assert last["chosen"] == [{"role": "assistant", "content": BETTER}]
    assert last["rejected"] == [{"role": "assistant", "content": corrected.text}]
    assert (last["source"], last["n_raters"], last["agreement"]) == ("corrected", 0, 1.0)
    card = done.card.read_text(encoding="utf-8")
    assert "experts' corrections of answers included" in card
    assert "over the rows, 100% of the judgments" in card


def test_rows_for_fine_tuning_hold_the_correction_in_the_place_of_the_answer(
    judged: StudyFile, corrected: Response, tmp_path: Path, now: datetime
) -> None:
    done = export(judged, tmp_path / "rows.jsonl", request(trainers.SUPERVISED), now=now)
    texts = [row["messages"][-1]["content"] for row in rows(done.path)]
    assert len(texts) == PROMPTS
    assert texts[-1] == BETTER
    assert corrected.text not in texts
    told = [left_out_words(reason, count) for reason, count in done.dropped.items()]
    assert told == ["1 answer: replaced by a correction"]


def test_a_correction_that_is_the_answer_beside_it_gives_no_second_row(
    judged: StudyFile, tmp_path: Path, now: datetime
) -> None:
    """The raters prefer what one expert corrects into the other answer, and another expert the other way."""
    pair = next(iter(judged.judgments.standing())).comparison
    for name, of, into in (("Eve", pair.a, pair.b), ("Max", pair.b, pair.a)):
        judged.annotations.add(judged.annotations.expert(name).id, Correction(of.id, into.text), now=now)
    done = export(judged, tmp_path / "rows.jsonl", request(trainers.PREFERENCE), now=now)
    assert [row["source"] for row in rows(done.path)] == ["judged"] * PROMPTS
    assert "corrections that are equal to the other answer" in done.card.read_text(encoding="utf-8")
    alone = request(trainers.PREFERENCE, corrections=Corrections.ONLY)
    assert export(judged, tmp_path / "alone.jsonl", alone, now=now).kept == 1
    texts = export(judged, tmp_path / "texts.jsonl", request(trainers.SUPERVISED), now=now)
    found = [row["messages"][-1]["content"] for row in rows(texts.path)]
    assert len(set(found)) == len(found)


def test_a_winner_that_another_answer_is_corrected_into_is_learnt_once(
    judged: StudyFile, tmp_path: Path, now: datetime
) -> None:
    pair = next(iter(judged.judgments.standing())).comparison
    won, lost = sorted((pair.a, pair.b), key=lambda one: not one.text.startswith("Atrial"))
    judged.annotations.add(judged.annotations.expert("Eve").id, Correction(lost.id, won.text), now=now)
    done = export(judged, tmp_path / "rows.jsonl", request(trainers.SUPERVISED), now=now)
    found = [row["messages"][-1]["content"] for row in rows(done.path)]
    assert found.count(won.text) == 1
    assert done.dropped["corrections already in another row"] == 1


def test_the_newest_of_several_experts_counts_whatever_the_order_of_the_rows(
    judged: StudyFile, tmp_path: Path, now: datetime
) -> None:
    pair = next(iter(judged.judgments.standing())).comparison
    for name, choice, at in (
        ("Eve", Adjudicated.TIE, now + timedelta(hours=1)),
        ("Max", Adjudicated.A, now),
    ):
        expert = judged.annotations.expert(name).id
        judged.annotations.add(expert, Adjudication(pair.id, choice), now=at)
        judged.annotations.add(expert, Correction(pair.a.id, f"{BETTER} {name}."), now=at)
    asked = request(trainers.PREFERENCE, decided_by=Decision.ADJUDICATED)
    done = export(judged, tmp_path / "rows.jsonl", asked, now=now)
    assert done.dropped["about equal"] == 1
    assert rows(done.path)[-1]["chosen"][0]["content"] == f"{BETTER} Eve."


def test_corrections_alone_or_not_at_all(
    judged: StudyFile, corrected: Response, tmp_path: Path, now: datetime
) -> None:
    only = export(
        judged, tmp_path / "only.jsonl", request(trainers.OPENAI, corrections=Corrections.ONLY), now=now
    )
    assert only.kept == 1
    assert "and no judged pair" in only.card.read_text(encoding="utf-8")
    none = export(
        judged,
        tmp_path / "none.jsonl",
        request(trainers.SUPERVISED, corrections=Corrections.LEAVE_OUT),
        now=now,
    )
    assert corrected.text in none.path.read_text(encoding="utf-8")
    assert BETTER not in none.path.read_text(encoding="utf-8")


def test_without_any_judgment_corrections_are_enough(study: StudyFile, tmp_path: Path, now: datetime) -> None:
    first = next(iter(study.responses.all()))
    study.annotations.add(study.annotations.expert("Eve").id, Correction(first.id, BETTER), now=now)
    done = export(study, tmp_path / "rows.jsonl", request(trainers.SUPERVISED), now=now)
    assert [row["messages"][-1]["content"] for row in rows(done.path)] == [BETTER]
    assert preview(study, request(trainers.PREFERENCE)).kept == 1


def test_a_dataset_folder_has_the_corrections_in_its_tables(
    judged: StudyFile, corrected: Response, tmp_path: Path, now: datetime
) -> None:
    done = export(judged, tmp_path / "heart", request(dataset_folder.EXPORT), now=now)
    held = {path.parent.name: path.read_text(encoding="utf-8") for path in done.path.rglob("*.jsonl")}
    assert {name for name, text in held.items() if BETTER in text} == {"preference", "sft"}
    assert corrected.text not in held["sft"]


def test_a_format_without_place_for_corrections_refuses_to_hold_them_alone() -> None:
    with refuses("filter-not-known"):
        require_known(request(trainers.UNPAIRED, corrections=Corrections.ONLY))
    require_known(request(trainers.UNPAIRED, corrections=Corrections.LEAVE_OUT))


def test_adjudicated_rows_go_by_the_senior_verdict_and_the_card_says_so(
    judged: StudyFile, tmp_path: Path, now: datetime
) -> None:
    pair = next(iter(judged.judgments.standing())).comparison
    lost = next(answer for answer in (pair.a, pair.b) if not answer.text.startswith("Atrial"))
    for name, choice in (
        ("Eve", Adjudicated.TIE),
        ("Max", Adjudicated.A if lost is pair.a else Adjudicated.B),
    ):
        expert = judged.annotations.expert(name)
        judged.annotations.add(expert.id, Adjudication(pair.id, choice), now=now)
    plain = export(judged, tmp_path / "majority.jsonl", request(trainers.PREFERENCE), now=now)
    assert {row["source"] for row in rows(plain.path)} == {"judged"}
    assert "experts' verdicts are ignored" in plain.card.read_text(encoding="utf-8")
    done = export(
        judged,
        tmp_path / "senior.jsonl",
        request(trainers.PREFERENCE, decided_by=Decision.ADJUDICATED),
        now=now,
    )
    (changed,) = [row for row in rows(done.path) if row["source"] == "adjudicated"]
    assert changed["chosen"][0]["content"] == lost.text
    assert changed["agreement"] == 0.0
    told = done.card.read_text(encoding="utf-8")
    assert "settled disagreements use the expert's verdict" in told
    assert "settled pairs need no agreement, and flags do not exclude them" in told


SMALL = [voted("p", "Ada", "a"), voted("q", "Ada", "b")]
LARGE = [*SMALL, voted("p", "Ada", "a", b="third"), voted("p", "Ada", "b", a="tuned", b="third")]


@pytest.fixture
def small(tmp_path: Path, rng: Random, now: datetime) -> Iterator[StudyFile]:
    with voted_study(tmp_path / "small.ftstudy", SMALL, rng, now) as study:
        yield study


@pytest.fixture
def large(tmp_path: Path, rng: Random, now: datetime) -> Iterator[StudyFile]:
    with voted_study(tmp_path / "large.ftstudy", LARGE, rng, now) as study:
        yield study


def exported(
    study: StudyFile, path: Path, now: datetime, form: str = "llm-comparator", parts: Parts | None = None
) -> ExportDone:
    request = ExportRequest(export_format(form), parts=parts)
    return export(study, path, request, now=now, replace=path.exists() or parts is not None)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if ".ftstudy" not in path.name}


def test_side_files_of_a_larger_study_go_with_it(
    small: StudyFile, large: StudyFile, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "c.json"
    done = exported(large, path, now)
    assert names(tmp_path) == {"c.json", "c-2.json", "c-3.json", "c.json.card.md"}
    assert set(read_checksums(done.card)) == {"c.json", "c-2.json", "c-3.json"}
    (tmp_path / "c-4.json").write_text("somebody's")
    again = exported(small, path, now)
    assert again.removed == ("c-2.json", "c-3.json")
    assert names(tmp_path) == {"c.json", "c-4.json", "c.json.card.md"}


def test_the_couples_stand_in_the_order_of_the_systems(
    large: StudyFile, tmp_path: Path, now: datetime
) -> None:
    exported(large, tmp_path / "c.json", now)
    files = ("c.json", "c-2.json", "c-3.json")
    models = [json.loads((tmp_path / name).read_text("utf-8"))["models"] for name in files]
    assert [[model["name"] for model in both] for both in models] == [
        ["base", "tuned"],
        ["base", "third"],
        ["tuned", "third"],
    ]


def test_a_side_file_that_was_changed_stays(
    small: StudyFile, large: StudyFile, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "c.json"
    exported(large, path, now)
    before = path.read_bytes()
    (tmp_path / "c-3.json").write_text("worked on")
    with pytest.raises(UserError) as caught:
        exported(small, path, now)
    assert (caught.value.code, caught.value.where) == ("part-left", "c-3.json")
    assert (path.read_bytes(), (tmp_path / "c-3.json").read_text()) == (before, "worked on")
    assert (tmp_path / "c-2.json").exists()


def test_a_side_file_of_somebody_s_own_is_not_written_over(
    small: StudyFile, large: StudyFile, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "c.json"
    exported(small, path, now)
    (tmp_path / "c-2.json").write_text("somebody's")
    with pytest.raises(UserError) as caught:
        exported(large, path, now)
    assert (caught.value.code, caught.value.where) == ("file-exists", "c-2.json")
    assert (tmp_path / "c-2.json").read_text() == "somebody's"


def test_a_card_from_elsewhere_names_no_other_files(
    small: StudyFile, large: StudyFile, tmp_path: Path, now: datetime
) -> None:
    path, victim = tmp_path / "c.json", tmp_path / "thesis.json"
    card = exported(large, path, now).card
    (tmp_path / "c-2.json").rename(victim)
    (tmp_path / "c-3.json").unlink()
    card.write_text(card.read_text("utf-8").replace("c-2.json", "thesis.json"), encoding="utf-8")
    assert "thesis.json" in read_checksums(card)
    assert exported(small, path, now).removed == ()
    assert victim.exists()


@pytest.mark.parametrize("text", ["", "```json\n[]\n```\n", '```json\n{"checksums": [1]}\n```\n', "\xff"])
def test_what_is_no_card_tells_nothing(tmp_path: Path, text: str) -> None:
    card = tmp_path / "x.card.md"
    card.write_bytes(text.encode("latin-1"))
    assert read_checksums(card) == {}


def test_parts_of_an_earlier_division_are_removed_where_nobody_changed_them(
    small: StudyFile, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "rows.jsonl"
    exported(small, path, now, "trl-preference", Parts((1e-9, 1 - 1e-9, 0.0)))
    done = exported(small, path, now, "trl-preference", Parts((1.0, 0.0, 0.0)))
    assert done.removed == ("rows.validation.jsonl",)
    assert names(tmp_path) == {"rows.train.jsonl", "rows.jsonl.card.md"}


def test_the_card_tells_the_checksum_of_every_file(large: StudyFile, tmp_path: Path, now: datetime) -> None:
    done = exported(large, tmp_path / "r.jsonl", now, "llama-factory")
    assert set(read_checksums(done.card)) == {"r.jsonl", "r.jsonl.dataset_info.json"}
    assert "| r.jsonl | 4 |" in done.card.read_text("utf-8")


def test_a_seed_without_parts_is_refused(
    small: StudyFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small.close()
    asked = ["export", str(small.path), str(tmp_path / "c.jsonl"), "--format", "judgments", "--seed", "3"]
    assert "--seed requires --parts" in errors_of(capsys, asked, 2)
    assert not (tmp_path / "c.jsonl").exists()


def test_the_command_says_what_it_removed(
    small: StudyFile, large: StudyFile, tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.json"
    exported(large, path, now)
    study = small.path
    small.close()
    assert run(["export", str(study), str(path), "--format", "llm-comparator", "--replace"]) == 0
    assert "removed c-2.json, of the earlier export" in capsys.readouterr().out


CHAT = (
    Message("system", "Be brief."),
    Message("user", "Hi"),
    Message("assistant", "Yes?"),
    Message("user", "Go"),
)
AT = "2026-05-31T14:05:00+00:00"
VOTES = [
    voted("p", "Ada", "a", strength=2, left="b", at=AT, seconds=4.0),
    voted("p", "Ben", "b", left="a", comment="-1"),
    voted("q", "Ada", "tie"),
    voted("r", "Ada", "both_bad"),
    voted("s", "judge", "b", rater_kind=RaterKind.AUTOMATIC),
]
NAMING = ["alpaca-eval", "arena", "llm-comparator", "label-studio", "argilla"]
UNNAMED = ["trl-preference", "trl-unpaired", "openai"]


def in_turns(record: JudgmentRecord) -> JudgmentRecord:
    return replace(record, messages=CHAT)


def written(study: StudyFile, folder: Path, form: str, now: datetime) -> Path:
    chosen = export_format(form)
    path = folder / f"rows{chosen.suffix}"
    return export(study, path, ExportRequest(chosen), now=now, replace=True).path


def without_mark(path: Path) -> None:
    """The file as another tool might give it back: it says no longer which study wrote it."""
    path.write_text(json.dumps(_stripped(json.loads(path.read_text("utf-8")))), encoding="utf-8")


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _stripped(part) for name, part in value.items() if name != "study"}
    return [_stripped(part) for part in value] if isinstance(value, list) else value


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("form", NAMING)
def test_votes_that_the_study_wrote_are_passed_over(
    tmp_path: Path, rng: Random, now: datetime, form: str
) -> None:
    records = [*VOTES, in_turns(voted("c", "Ada", "b"))]
    with voted_study(tmp_path / "voted.ftstudy", records, rng, now) as study:
        path, before = written(study, tmp_path, form, now), study.counts()
        counts = import_file(study, path, form, now=now)
        assert study.counts() == before
        # A suggestion of Argilla does not say who wrote it.
        by_rater = {OF_RATER: 1} if form == "argilla" else {}
        assert counts.left_out == {OF_STUDY: len(records) - len(by_rater), **by_rater}
        words = f" record{'s' if counts.read > 1 else ''}. {NOTHING_NEW} Left out: "
        assert describe_import(counts).startswith(f"Read {counts.read}{words}")


@pytest.mark.parametrize("form", NAMING)
def test_votes_are_known_by_their_rater_where_the_file_does_not_say_who_wrote_it(
    tmp_path: Path, rng: Random, now: datetime, form: str
) -> None:
    with voted_study(tmp_path / "voted.ftstudy", VOTES, rng, now) as study:
        path, before = written(study, tmp_path, form, now), study.counts()
        without_mark(path)
        counts = import_file(study, path, form, now=now)
        assert (study.counts(), counts.left_out) == (before, {OF_RATER: len(VOTES)})


@pytest.mark.parametrize("form", NAMING)
def test_votes_can_be_counted_again(tmp_path: Path, rng: Random, now: datetime, form: str) -> None:
    with voted_study(tmp_path / "voted.ftstudy", VOTES[:2], rng, now) as study:
        path = written(study, tmp_path, form, now)
        edited(path, "Ada", "Eve")  # so that no vote is one that an earlier import added
        counts = import_file(study, path, form, now=now, again=True)
        assert counts.judgments
        assert OF_STUDY not in counts.left_out


@pytest.mark.parametrize("form", NAMING)
def test_votes_of_another_study_are_taken(tmp_path: Path, rng: Random, now: datetime, form: str) -> None:
    with voted_study(tmp_path / "one.ftstudy", VOTES, rng, now) as study:
        path = written(study, tmp_path, form, now)
    others = [voted("p", "Zoe", "a"), voted("p", "Ada", "b")]
    with voted_study(tmp_path / "two.ftstudy", others, rng, now) as study:
        counts = import_file(study, path, form, now=now)
        assert (counts.judgments, counts.left_out) == (len(VOTES), {})


def test_new_annotations_beside_those_that_were_exported_are_taken(
    tmp_path: Path, rng: Random, now: datetime
) -> None:
    record = in_turns(voted("c", "Ada", "b", prompt_id="c"))
    with voted_study(tmp_path / "voted.ftstudy", [record], rng, now) as study:
        path = written(study, tmp_path, "label-studio", now)
        (task,) = json.loads(path.read_text(encoding="utf-8"))
        chosen = {"type": "pairwise", "from_name": "preference", "value": {"selected": "left"}}
        task["annotations"].append({"result": [chosen], "completed_by": {"email": "eve@example.org"}})
        path.write_text(json.dumps([task]), encoding="utf-8")
        counts = import_file(study, path, "label-studio", now=now)
        assert (counts.judgments, counts.prompts, counts.comparisons) == (1, 0, 0)
        assert counts.left_out == {OF_STUDY: 1}
        assert [row.rater.name for row in study.judgments.standing()] == ["Ada", "eve@example.org"]


@pytest.mark.parametrize("form", UNNAMED)
def test_rows_without_a_rater_that_repeat_votes_are_refused(
    tmp_path: Path, rng: Random, now: datetime, form: str
) -> None:
    with voted_study(
        tmp_path / "voted.ftstudy", [voted("p", "Ada", "a"), voted("q", "Ada", "b")], rng, now
    ) as study:
        path, before = written(study, tmp_path, form, now), study.counts()
        with path.open("a", encoding="utf-8") as file:
            more = [{"prompt": "new", "completion": "x", "label": True}]
            more.append({"prompt": "new", "completion": "y", "label": False})
            if form == "trl-unpaired":
                file.writelines(json.dumps(row) + "\n" for row in more)
        with pytest.raises(UserError, match="2 judgments of the file are already in the study") as caught:
            import_file(study, path, form, now=now)
        assert caught.value.code == "votes-already-here"
        assert "--again" in caught.value.how
        assert study.counts() == before
        assert import_file(study, path, form, now=now, again=True).judgments >= 2


def test_training_rows_imported_twice_are_known(tmp_path: Path, rng: Random, now: datetime) -> None:
    with voted_study(tmp_path / "voted.ftstudy", [voted("p", "Ada", "a")], rng, now) as study:
        path = text_file(tmp_path / "rows.jsonl", json.dumps({"prompt": "q", "chosen": "x", "rejected": "y"}))
        assert import_file(study, path, "trl-preference", now=now).judgments == 1
        again = import_file(study, path, "trl-preference", now=now)
        assert (again.judgments, again.left_out) == (0, {OF_RATER: 1})


def test_opposite_verdicts_are_votes_of_their_own(tmp_path: Path, rng: Random, now: datetime) -> None:
    with voted_study(tmp_path / "voted.ftstudy", [voted("p", "Ada", "a")], rng, now) as study:
        path = written(study, tmp_path, "trl-preference", now)
        edited(path, '"chosen"', '"other"')
        edited(path, '"rejected"', '"chosen"')
        edited(path, '"other"', '"rejected"')
        assert import_file(study, path, "trl-preference", now=now).judgments == 1


def test_the_command_refuses_and_counts_again(
    tmp_path: Path, rng: Random, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "voted.ftstudy"
    with voted_study(path, [voted("p", "Ada", "a")], rng, now) as study:
        rows = written(study, tmp_path, "trl-preference", now)
    asked = ["import", str(path), str(rows), "--format", "trl-preference"]
    assert "1 judgment of the file is already in the study" in errors_of(capsys, asked, 2)
    assert "1 judgment." in output_of(capsys, [*asked, "--again"])
