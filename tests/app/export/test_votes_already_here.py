"""A study's own votes, written in another tool's form and read back into it, are not counted twice."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.exporting import export
from ftcompare.app.export.importing import NOTHING_NEW, describe_import, import_file
from ftcompare.app.export.votes_already_here import OF_RATER, OF_STUDY
from ftcompare.cli.main import run
from ftcompare.core.errors import UserError
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.study import Message, RaterKind
from ftcompare.formats.registry import export_format
from ftcompare.store.study.study_file import StudyFile
from tests.app.voted_study import voted, voted_study

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
        with pytest.raises(UserError, match="2 votes of the file are in the study already") as caught:
            import_file(study, path, form, now=now)
        assert caught.value.code == "votes-already-here"
        assert "--again" in caught.value.how
        assert study.counts() == before
        assert import_file(study, path, form, now=now, again=True).judgments >= 2


def test_training_rows_imported_twice_are_known(tmp_path: Path, rng: Random, now: datetime) -> None:
    with voted_study(tmp_path / "voted.ftstudy", [voted("p", "Ada", "a")], rng, now) as study:
        path = tmp_path / "rows.jsonl"
        path.write_text(json.dumps({"prompt": "q", "chosen": "x", "rejected": "y"}), encoding="utf-8")
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
    assert run(asked) == 2
    assert "1 vote of the file is in the study already" in capsys.readouterr().err
    assert run([*asked, "--again"]) == 0
    assert "1 judgment." in capsys.readouterr().out
