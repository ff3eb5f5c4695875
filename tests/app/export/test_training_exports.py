"""Training rows as files: parts, Parquet, folders, conversations, and what a format does not know."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.export.export_request import ExportRequest, require_known
from ftcompare.app.export.exporting import export, left_out_words, preview
from ftcompare.app.export.importing import ImportSource, create_from_files, import_file
from ftcompare.app.rate.rating_session import study_session
from ftcompare.app.setup.new_study import StudyPlan
from ftcompare.app.study.unblinding import unblind
from ftcompare.core.context import Passage
from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    ComparisonKind,
    FinishReason,
    Message,
    PromptSpec,
    ResponseDraft,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.formats import judgments
from ftcompare.formats.registry import export_format
from ftcompare.formats.training import dataset_folder, trainers
from ftcompare.formats.training.rows import Parts
from ftcompare.formats.training.selection import Corrections, PairFilters
from ftcompare.store.study.study_file import StudyFile
from tests.app.conftest import PROMPTS
from tests.builders import drawn_rater, present, refusal_code, refuses

ALL = PairFilters(include_held_out=True)
DIVIDED = ExportRequest(trainers.PREFERENCE, ALL, parts=Parts((0.5, 0.25, 0.25), seed=1))


@pytest.fixture
def judged(study: StudyFile, now: datetime, rng: Random) -> StudyFile:
    """Everything judged for the clinical side."""
    session = study_session(study, "Ada", clock=lambda: now, rng=rng)
    while item := session.view().item:
        clinical = Choice.LEFT if item.left.startswith("Atrial") else Choice.RIGHT
        session.judge(item.allocation, Verdict(clinical))
    return study


def objects(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def asked(row: dict[str, Any]) -> str:
    return str(row["prompt"][-1]["content"])


def test_parts_are_files_of_their_own_and_no_prompt_stands_in_two(
    judged: StudyFile, tmp_path: Path, now: datetime
) -> None:
    done = export(judged, tmp_path / "rows.jsonl", DIVIDED, now=now)
    found = {name: objects(tmp_path / name) for name in done.parts}
    assert set(found) <= {"rows.train.jsonl", "rows.validation.jsonl", "rows.test.jsonl"}
    assert {name: len(rows) for name, rows in found.items()} == done.parts
    assert sum(done.parts.values()) == done.kept == PROMPTS
    places = Counter(prompt for rows in found.values() for prompt in {asked(row) for row in rows})
    assert set(places.values()) == {1}
    assert not (tmp_path / "rows.jsonl").exists()
    card = done.card.read_text(encoding="utf-8")
    assert all(name in card for name in done.parts)


def test_a_part_that_is_there_is_not_written_over_unasked(
    judged: StudyFile, tmp_path: Path, now: datetime
) -> None:
    (tmp_path / "rows.test.jsonl").write_text("mine")
    assert refusal_code(lambda: export(judged, tmp_path / "rows.jsonl", DIVIDED, now=now)) == "file-exists"
    assert [path.name for path in tmp_path.glob("rows*")] == ["rows.test.jsonl"]


def test_a_part_of_an_earlier_division_is_not_left_beside_the_new_ones(
    judged: StudyFile, tmp_path: Path, now: datetime
) -> None:
    for part in ("train", "validation", "test"):
        (tmp_path / f"rows.{part}.jsonl").write_text("of before")
    whole = replace(DIVIDED, parts=Parts((1.0, 0.0, 0.0)))
    with refuses("part-left"):
        export(judged, tmp_path / "rows.jsonl", whole, now=now, replace=True)
    assert {path.read_text() for path in tmp_path.glob("rows.*")} == {"of before"}


def test_the_card_tells_held_out_prompts_among_the_rows(
    judged: StudyFile, tmp_path: Path, now: datetime
) -> None:
    careless = export(judged, tmp_path / "all.jsonl", replace(DIVIDED, parts=None), now=now)
    assert "unseen prompts have a copy or near copy in the rows" in careless.leaked
    assert careless.leaked.split(",")[0] in careless.card.read_text(encoding="utf-8")


def test_parquet_holds_the_same_rows(judged: StudyFile, tmp_path: Path, now: datetime) -> None:
    pandas = pytest.importorskip("pandas")
    request = ExportRequest(trainers.UNPAIRED, ALL, conversational=False)
    export(judged, tmp_path / "rows.jsonl", request, now=now)
    export(judged, tmp_path / "rows.parquet", request, now=now)
    table = pandas.read_parquet(tmp_path / "rows.parquet")
    assert table.to_dict("records") == objects(tmp_path / "rows.jsonl")


def test_without_pyarrow_parquet_is_refused_in_words(
    judged: StudyFile, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ftcompare.core.optional_module.find_spec", lambda _name: None)
    with pytest.raises(EnvironmentFault) as caught:
        export(judged, tmp_path / "rows.parquet", ExportRequest(trainers.PREFERENCE), now=now)
    assert caught.value.code == "no-parquet"
    assert not list(tmp_path.glob("rows*"))


@pytest.fixture
def folder(judged: StudyFile, tmp_path: Path, now: datetime) -> Path:
    request = replace(DIVIDED, format=dataset_folder.EXPORT, licence="cc0-1.0", language="en")
    return export(judged, tmp_path / "heart", request, now=now).path


def test_a_dataset_folder_has_a_card_and_its_tables(folder: Path) -> None:
    card = (folder / "README.md").read_text(encoding="utf-8")
    header = card.split("---\n")[1]
    assert 'license: "cc0-1.0"' in header
    assert "- config_name: preference\n  default: true\n" in header
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.jsonl"))
    assert all(f'path: "{name}"' in header for name in files)
    assert sum(len(objects(folder / name)) for name in files if "preference" in name) == PROMPTS


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))


@pytest.mark.slow
@pytest.mark.usefixtures("offline")
@pytest.mark.filterwarnings("default")
def test_datasets_loads_the_folder_as_it_is(folder: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    for config in ("preference", "unpaired", "sft"):
        read = datasets.load_dataset(str(folder), config, cache_dir=str(tmp_path / "cache"))
        assert set(read) <= {"train", "validation", "test"}
    first = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    for rows in first.values():
        assert {"prompt", "chosen", "rejected", "margin"} <= set(rows.column_names)


DATASET = ExportRequest(dataset_folder.EXPORT, ALL)


def test_a_dataset_takes_the_place_of_an_earlier_one_where_that_is_asked_for(
    judged: StudyFile, now: datetime, folder: Path
) -> None:
    assert refusal_code(lambda: export(judged, folder, DATASET, now=now)) == "folder-not-empty"
    export(judged, folder, DATASET, now=now, replace=True)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {"README.md", *(f"data/{name}/train.jsonl" for name in ("preference", "unpaired", "sft"))}
    assert len(objects(folder / "data/preference/train.jsonl")) == PROMPTS
    export(judged, folder, DATASET, now=now, replace=True)  # and again


def every_file(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["README.md", "*.jsonl"])
def test_a_dataset_in_which_somebody_has_worked_is_not_replaced(
    judged: StudyFile, now: datetime, folder: Path, name: str
) -> None:
    changed = max(folder.rglob(name))
    with changed.open("a", encoding="utf-8") as file:
        file.write(" ")
    before = every_file(folder)
    with pytest.raises(UserError, match=changed.name) as caught:
        export(judged, folder, DATASET, now=now, replace=True)
    assert (caught.value.code, every_file(folder)) == ("folder-changed", before)


def test_a_dataset_without_one_of_its_files_is_not_replaced(
    judged: StudyFile, now: datetime, folder: Path
) -> None:
    max(folder.rglob("*.jsonl")).unlink()
    with pytest.raises(UserError, match="has changed since it was written"):
        export(judged, folder, DATASET, now=now, replace=True)


@pytest.mark.parametrize("what", ["a file", "a link", "no card", "another page"])
def test_a_folder_with_anything_of_somebody_s_own_is_left_alone(
    judged: StudyFile, tmp_path: Path, now: datetime, folder: Path, what: str
) -> None:
    if what == "a file":
        (folder / "data" / "notes.txt").write_text("mine")
    elif what == "a link":
        (folder / "raw").symlink_to(tmp_path)
    elif what == "no card":
        (folder / "README.md").unlink()
    else:
        (folder / "README.md").write_text("# Mine\n")
    before = every_file(folder)
    with pytest.raises(UserError) as caught:
        export(judged, folder, DATASET, now=now, replace=True)
    assert (caught.value.code, every_file(folder)) == ("folder-not-empty", before)


def test_an_empty_folder_is_filled_and_no_rows_leave_none(
    study: StudyFile, tmp_path: Path, now: datetime
) -> None:
    with pytest.raises(UserError, match="no judgment yet"):
        export(study, tmp_path / "heart", ExportRequest(dataset_folder.EXPORT), now=now)
    assert not (tmp_path / "heart").exists()


def test_corrections_alone_where_there_are_none_are_told_as_such(
    judged: StudyFile, tmp_path: Path, now: datetime
) -> None:
    only = ExportRequest(trainers.PREFERENCE, PairFilters(corrections=Corrections.ONLY))
    with pytest.raises(UserError, match="no answer was corrected"):
        export(judged, tmp_path / "rows.jsonl", only, now=now)


@pytest.mark.parametrize(
    "request_",
    [
        ExportRequest(judgments.EXPORT, PairFilters(min_raters=3)),
        ExportRequest(judgments.EXPORT, parts=Parts((0.5, 0.5, 0.0))),
        ExportRequest(judgments.EXPORT, conversational=False),
        ExportRequest(trainers.LLAMA_FACTORY, conversational=False),
    ],
)
def test_what_a_format_does_not_know_is_refused(request_: ExportRequest) -> None:
    assert refusal_code(lambda: require_known(request_)) == "filter-not-known"
    require_known(ExportRequest(request_.format))


def test_digests_stand_in_rows_only_after_unblinding(judged: StudyFile, now: datetime) -> None:
    assert "digest" not in preview(judged, ExportRequest(trainers.PREFERENCE)).sample[0]
    unblind(judged, "done", now=now)
    assert "chosen_digest" in preview(judged, ExportRequest(trainers.PREFERENCE)).sample[0]


def test_what_is_left_out_is_told_in_its_own_noun() -> None:
    assert left_out_words("unseen prompt", 1) == "1 pair: unseen prompt"
    assert left_out_words("answers already in another row", 2) == "2 answers: already in another row"
    assert left_out_words("judgments by excluded raters", 3) == "3 judgments: by excluded raters"


@pytest.mark.parametrize("form", ["trl-preference", "trl-unpaired", "llama-factory", "axolotl"])
def test_exported_rows_come_back_with_their_systems(
    judged: StudyFile, tmp_path: Path, now: datetime, form: str
) -> None:
    base, tuned = judged.systems.all()
    loaded: Any = [{"key": str(one.id), "digest": one.name[:2] * 32} for one in (base, tuned)]
    judged.runs.start({"engine": {"systems": loaded}, "proof": []}, now=now)
    unblind(judged, "done", now=now)
    path = export(judged, tmp_path / "rows.jsonl", ExportRequest(export_format(form), ALL), now=now).path
    fresh = tmp_path / "fresh.ftstudy"
    create_from_files(
        fresh, [ImportSource(path, form)], plan=StudyPlan(title="Fresh"), rng=Random(5), now=now
    )
    with StudyFile.open(fresh, now=now) as again:
        names = {system.id: system.name for system in again.systems.all()}
        votes = list(again.judgments.standing(ComparisonKind.ORDINARY))
        specs = {prompt.spec.key: prompt.spec for prompt in again.prompts.all()}
    assert set(names.values()) == {"base", "cardiology"}
    assert len(votes) == PROMPTS
    for vote in votes:
        winner = vote.comparison.a if vote.choice == "a" else vote.comparison.b
        assert names[winner.system] == "cardiology"
        assert winner.text.startswith("Atrial")
    for prompt in judged.prompts.all():
        kept = specs[prompt.spec.key]
        assert (kept.messages, kept.category, kept.split) == (
            prompt.spec.messages,
            prompt.spec.category,
            prompt.spec.split,
        )
    for name, added in (("cardiology", PROMPTS), ("tuned", 0)):  # into the study that has these systems
        path.write_text(path.read_text("utf-8").replace('"cardiology"', f'"{name}"'), "utf-8")
        counts = import_file(judged, path, form, now=now, again=True)
        assert (counts.systems, counts.prompts, counts.judgments) == (0, 0, added)
        assert "digest" not in " ".join(counts.unread)


LATER = ("Who gets one?", "And after that?")
GOOD, BAD = ("A scaffold.", "Patients.", "Two drugs."), ("A tube.", "People.", "They rest.")
PASSAGE = Passage("s1", "A stent is a scaffold.")


def made(
    path: Path, now: datetime, *, later: tuple[str, ...] = LATER, context: tuple[Passage, ...] = ()
) -> StudyFile:
    """One prompt, answered by two systems in all its turns; one rater prefers the good answers."""
    study = StudyFile.create(path, title="", scale=Scale(), rng=Random(1), now=now)
    spec = PromptSpec("p1", (Message("user", "What is a stent?"),), later_turns=later, context=context)
    (prompt,) = study.prompts.add([spec])
    for name, answers in (("good", GOOD), ("bad", BAD)):
        system = study.systems.add(SystemSpec(name, SystemKind.IMPORTED)).id
        *earlier, last = answers[: len(later) + 1]
        draft = ResponseDraft(system, last, FinishReason.IMPORTED, earlier=tuple(earlier))
        study.responses.store(prompt.id, [draft], run=None)
    rater = drawn_rater(study, "Ada", rng=Random(1), now=now).id
    item = present(study.judgments.next_item(rater))
    good = item.left == GOOD[len(later)]
    study.judgments.judge(item.allocation, Verdict(Choice.LEFT if good else Choice.RIGHT), now=now)
    study.settings.unblind("done", now=now)
    return study


def written(study: StudyFile, path: Path, name: str, now: datetime, **asked: Any) -> list[Any]:
    file = export(study, path, ExportRequest(export_format(name), **asked), now=now).path
    text = file.read_text("utf-8")
    return json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]


def turns(*said: str) -> list[dict[str, str]]:
    """Beginning with the assistant."""
    return [{"role": ("assistant", "user")[n % 2], "content": text} for n, text in enumerate(said)]


CHOSEN = turns(GOOD[0], LATER[0], GOOD[1], LATER[1], GOOD[2])
REJECTED = turns(BAD[0], LATER[0], BAD[1], LATER[1], BAD[2])
ASKED = [{"role": "user", "content": "What is a stent?"}]


def test_a_trainer_gets_all_turns(tmp_path: Path, now: datetime) -> None:
    with made(tmp_path / "c.ftstudy", now) as study:
        (row,) = written(study, tmp_path / "p.jsonl", "trl-preference", now)
        assert (row["prompt"], row["chosen"], row["rejected"]) == (ASKED, CHOSEN, REJECTED)
        (row,) = written(study, tmp_path / "r.jsonl", "reward", now)
        assert (row["chosen"], row["rejected"]) == ([*ASKED, *CHOSEN], [*ASKED, *REJECTED])
        (row,) = written(study, tmp_path / "s.jsonl", "trl-sft", now)
        assert row["messages"] == [*ASKED, *CHOSEN]
        rows = written(study, tmp_path / "u.jsonl", "trl-unpaired", now)
        assert [(row["completion"], row["label"]) for row in rows] in (
            [(CHOSEN, True), (REJECTED, False)],
            [(REJECTED, False), (CHOSEN, True)],
        )


@pytest.mark.parametrize(
    ("name", "asked"),
    [("openai", {}), ("llama-factory", {}), ("axolotl", {}), ("trl-preference", {"conversational": False})],
)
def test_a_format_of_one_answer_leaves_conversations_out_and_says_so(
    tmp_path: Path, now: datetime, name: str, asked: dict[str, Any]
) -> None:
    with (
        made(tmp_path / "c.ftstudy", now) as study,
        pytest.raises(UserError, match=r"1 .*(several answers|several turns)"),
    ):
        written(study, tmp_path / "f.jsonl", name, now, **asked)


def test_tools_that_hold_one_text_get_the_whole_conversation(tmp_path: Path, now: datetime) -> None:
    with made(tmp_path / "c.ftstudy", now) as study:
        (row,) = written(study, tmp_path / "b.json", "arena", now)
        sides = [row["conversation_a"], row["conversation_b"]]
        assert sorted(map(len, sides)) == [6, 6]
        assert [*ASKED, *CHOSEN] in sides
        (row,) = written(study, tmp_path / "a.json", "alpaca-eval", now)
        text = row["output_1"] if row["generator_1"] == "good" else row["output_2"]
        assert text.startswith("assistant: A scaffold.\n\nuser: Who gets one?\n\nassistant: Patients.")


@pytest.mark.parametrize("name", ["outputs", "judgments"])
def test_conversations_come_back_as_they_were(tmp_path: Path, now: datetime, name: str) -> None:
    with made(tmp_path / "c.ftstudy", now) as study:
        written(study, tmp_path / "f.jsonl", name, now)
        again = import_file(study, tmp_path / "f.jsonl", name, now=now) if name == "judgments" else None
        assert again is None or (again.judgments, again.responses) == (0, 0)
    with StudyFile.create(tmp_path / "n.ftstudy", title="", scale=Scale(), rng=Random(1), now=now) as other:
        counts = import_file(other, tmp_path / "f.jsonl", name, now=now)
        assert (counts.responses, dict(counts.unread)) == (2, {})
        (prompt,) = other.prompts.all()
        assert prompt.spec.later_turns == LATER
        assert {one.answers for one in other.responses.of_prompt(prompt.id)} == {GOOD, BAD}
        assert import_file(other, tmp_path / "f.jsonl", name, now=now).responses == 0
        assert [finding for finding in other.check() if not finding.ok] == []


def test_turns_and_answers_that_do_not_match_are_refused(tmp_path: Path, now: datetime) -> None:
    line = {"prompt": "Why?", "system": "a", "response": "So.", "later_turns": ["And?"]}
    for wrong, words in (
        ({}, "1 in later_turns and 0 in earlier"),
        ({"earlier": "So."}, "must be a list"),
        ({"earlier": ["So."], "later_turns": [" "]}, "empty turn"),
    ):
        (tmp_path / "w.jsonl").write_text(json.dumps({**line, **wrong}), "utf-8")
        with (
            StudyFile.create(
                tmp_path / f"{words[:3]}.ftstudy", title="", scale=Scale(), rng=Random(1), now=now
            ) as study,
            pytest.raises(UserError, match=words),
        ):
            import_file(study, tmp_path / "w.jsonl", "outputs", now=now)


def test_a_trainer_gets_the_context_with_the_question(tmp_path: Path, now: datetime) -> None:
    with made(tmp_path / "c.ftstudy", now, later=(), context=(PASSAGE,)) as study:
        (row,) = written(study, tmp_path / "p.jsonl", "trl-preference", now)
        text = "Context:\n[s1] A stent is a scaffold.\n\nQuestion:\nWhat is a stent?"
        assert row["prompt"] == [{"role": "user", "content": text}]
        (row,) = written(study, tmp_path / "q.jsonl", "trl-preference", now, conversational=False)
        assert (row["prompt"], row["chosen"]) == (text, GOOD[0])
