"""Files made of grades: good and bad answers for training, each grade, and nothing that needs pairs."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale, ScaleKind
from tests.builders import errors_of, output_of
from tests.graded_studies import GRADES, RUBRIC, graded_study

RATERS = ("Ann", "Bob", "Cid")


TWO = Scale("Is it good?", kind=ScaleKind.GRADE, low=0, high=1)


def made(path: Path, capsys: pytest.CaptureFixture[str], scale: Scale = GRADES) -> Path:
    graded_study(path, RATERS, scale=scale, prompts=16, design=RatingDesign(repeats=0.1))
    output_of(capsys, ["unblind", str(path), "--reason", "done"])
    return path


@pytest.fixture
def study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    return made(tmp_path / "s.ftstudy", capsys)


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    ("scale", "options", "good", "bad"),
    [
        (GRADES, ["--format", "trl-unpaired"], 0, 36),  # every mean is 2 or 3
        (GRADES, ["--format", "trl-unpaired", "--min-raters", "3"], 0, 36),
        (TWO, ["--format", "trl-unpaired"], 12, 0),  # every mean is 1 or 2/3
        (TWO, ["--format", "trl-sft"], 12, None),
    ],
)
def test_answers_far_from_the_middle_become_training_rows(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    scale: Scale,
    options: list[str],
    good: int,
    bad: int | None,
) -> None:
    study, target = made(tmp_path / "s.ftstudy", capsys, scale), tmp_path / "rows.jsonl"
    output_of(capsys, ["export", str(study), str(target), *options])
    found = rows(target)
    if bad is None:
        assert len(found) == good
    else:
        assert Counter(row["label"] for row in found) == Counter({True: good, False: bad}) - Counter()
    card = (tmp_path / "rows.jsonl.card.md").read_text("utf-8")
    assert ("of 4 or more are good, and of 2 or less bad" in card) is (scale is GRADES)
    assert "- judgments: 144" in card


@pytest.mark.parametrize("options", [["--min-raters", "4"], ["--max-characters", "1"]])
def test_filters_of_answers_hold(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    target = tmp_path / "rows.jsonl"
    command = ["export", str(study), str(target), "--format", "trl-unpaired", *options]
    assert "Nothing was written" in errors_of(capsys, command, 2)


def test_each_grade_is_a_line_of_its_own_kind(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "grades.jsonl"
    output_of(capsys, ["export", str(study), str(target), "--format", "judgments"])
    found = rows(target)
    assert {row["kind"] for row in found} == {"grade"}
    assert Counter(row["repeat"] for row in found) == {False: 3 * 48, True: 3 * 5}
    assert {(row["lowest"], row["highest"]) for row in found} == {(1, 5)}
    assert {row["system"] for row in found} == {"base", "tuned", "third"}
    assert not {"choice", "system_a", "preference"} & set(found[0])


def cells(path: Path) -> list[dict[str, object]]:
    """The rows of a table by column, with numbers as they are in a workbook."""
    if path.suffix == ".csv":
        return list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    sheet = load_workbook(path).active
    assert sheet is not None
    titles, *found = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, titles), row, strict=True)) for row in found]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_tables_have_a_row_for_each_grade(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    study, target = made(tmp_path / "s.ftstudy", capsys, RUBRIC), tmp_path / f"grades.{form}"
    output_of(capsys, ["export", str(study), str(target), "--format", form])
    output_of(capsys, ["export", str(study), str(tmp_path / "g.jsonl"), "--format", "judgments"])
    found, expected = cells(target), rows(tmp_path / "g.jsonl")
    assert len(found) == len(expected) == 3 * 53
    number = str if form == "csv" else float
    for row, line in zip(found, expected, strict=True):
        assert (row["kind"], row["system"], row["response"]) == ("grade", line["system"], line["response"])
        assert (row["rater"], row["repeat"]) == (line["rater"], "yes" if line["repeat"] else "no")
        assert row["grade"] == number(line["grade"])
        assert {name: row[f"criterion: {name}"] for name in RUBRIC.criteria} == {
            name: number(grade) for name, grade in line["grades"].items()
        }
    assert "reasons" in found[0]
    assert not {"choice", "system_a", "left", "reason sides"} & set(found[0])


@pytest.mark.parametrize(
    "options",
    [
        ["--format", "trl-preference"],
        ["--format", "llm-comparator"],
        ["--format", "trl-unpaired", "--min-agreement", "0.8"],
    ],
)
def test_what_needs_pairs_is_refused(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    target = tmp_path / "rows.jsonl"
    said = errors_of(capsys, ["export", str(study), str(target), *options], 2)
    assert "grade" in said
    assert not target.exists()
