"""What was computed of a study is kept until the study changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.study.kept_findings import kept_until_changed
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Scale
from ftcompare.store.study.study_file import StudyFile


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with StudyFile.create(
        tmp_path / "s.ftstudy", title="Kept", scale=Scale(), rng=Random(1), now=now
    ) as file:
        yield file


def test_it_is_computed_once_for_a_study_as_it_is(study: StudyFile) -> None:
    counted: list[str] = []

    @kept_until_changed
    def raters(
        study: StudyFile, word: str = "", told: ProgressCallback = ignore_progress, *, also: str = ""
    ) -> int:
        counted.append(word + also)
        return len(study.raters.all())

    assert raters(study) == raters(study, told=lambda *_: None) == 0
    assert counted == [""]
    assert raters(study, "a") == raters(study, "a", ignore_progress) == raters(study, also="b") == 0
    assert counted == ["", "a", "b"]
    study.raters.add("Ada")
    assert raters(study) == 1
    assert counted == ["", "a", "b", ""]


def test_what_a_finding_asks_for_is_kept_as_well(study: StudyFile) -> None:
    counted: list[str] = []

    @kept_until_changed
    def raters(study: StudyFile) -> int:
        counted.append("raters")
        return len(study.raters.all())

    @kept_until_changed
    def twice_the_raters(study: StudyFile) -> int:
        return 2 * raters(study)

    study.raters.add("Ada")
    assert (twice_the_raters(study), raters(study), twice_the_raters(study)) == (2, 1, 2)
    assert counted == ["raters"]


def test_what_changes_the_study_is_kept_for_the_study_as_it_is_then(study: StudyFile) -> None:
    counted: list[str] = []

    @kept_until_changed
    def raters_and_one_more(study: StudyFile) -> int:
        counted.append("asked")
        study.raters.add(f"Ada {len(counted)}")
        return len(study.raters.all())

    assert raters_and_one_more(study) == raters_and_one_more(study) == 1
    assert counted == ["asked"]


def test_what_is_given_up_is_not_kept(study: StudyFile) -> None:
    refused = [True]

    @kept_until_changed
    def once(_study: StudyFile) -> str:
        if refused:
            refused.clear()
            raise UserError("It was stopped.", code="stopped")
        return "done"

    with pytest.raises(UserError, match="stopped"):
        once(study)
    assert once(study) == "done"
