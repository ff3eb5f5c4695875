"""The prompts behind a cell of the matrix: which come first, in which words, and not while blinded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from ftcompare.app.measures.kind import MeasureRow
from ftcompare.app.measures.matrix import cell_prompts, study_matrix
from ftcompare.app.measures.matrix_blocks import cell_table
from ftcompare.core.errors import UserError
from ftcompare.store.study.study_file import StudyFile
from tests.app.results.checked_study import checked_study
from tests.app.results.sampled_study import sampled_study


@pytest.fixture
def checked(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with StudyFile.open(checked_study(tmp_path / "c.ftstudy", now), now=now) as file:
        yield file


def row_of(study: StudyFile, key: str) -> MeasureRow:
    found = study_matrix(study).row(key)
    assert found is not None
    return found


def test_those_come_first_on_which_the_two_differ(checked: StudyFile) -> None:
    row = row_of(checked, "checks.passed")
    found = cell_prompts(checked, row, "tuned", "base")
    assert len(found) == 20
    differing = [one for one in found if one.value != one.other]
    assert list(found[: len(differing)]) == differing
    assert [one.key for one in found[:3]] == ["p0", "p1", "p2"]
    table = cell_table(row, found, "tuned", "base")
    assert [column.title for column in table.columns] == ["Id", "Prompt", "tuned", "base", "Difference"]
    assert table.rows[0].values == ("p0", "Is finding 0 one of rhythm?", 0.0, 1.0, -100.0)
    assert table.written.plain_rows[0][2:] == ("0.0%", "100.0%", "−100.0")


def test_alone_the_worst_come_first(checked: StudyFile, tmp_path: Path, now: datetime) -> None:
    row = row_of(checked, "checks.passed")
    found = cell_prompts(checked, row, "base", "base")
    assert [one.value for one in found] == sorted(one.value for one in found)
    assert {one.other for one in found} == {None}
    table = cell_table(row, found, "base", "base")
    assert [column.title for column in table.columns] == ["Id", "Prompt", "base"]
    assert len(table.rows[0].values) == 3
    with StudyFile.open(sampled_study(tmp_path / "s.ftstudy", now), now=now) as study:
        brier = row_of(study, "confidence.brier")
        values = [one.value for one in cell_prompts(study, brier, "tuned")]
    assert values == sorted(values, reverse=True)


def test_a_cell_without_prompts_of_the_study_has_none(checked: StudyFile) -> None:
    assert cell_prompts(checked, row_of(checked, "checks.passed"), "nobody") == ()


def test_while_blinded_none_are_told(checked: StudyFile, tmp_path: Path, now: datetime) -> None:
    row = row_of(checked, "checks.passed")
    blinded = checked_study(tmp_path / "b.ftstudy", now, blinded=True)
    with StudyFile.open(blinded, now=now) as study, pytest.raises(UserError, match="after unblinding"):
        cell_prompts(study, row, "base")
