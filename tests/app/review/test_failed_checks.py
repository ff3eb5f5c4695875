"""Answers that fail a check of their prompt, as an expert finds them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from ftcompare.app.review.answer_list import AnswerFilter, answer_choices, find_answers
from ftcompare.cli.main import run
from ftcompare.core.errors import UserError
from ftcompare.store.study.study_file import StudyFile
from tests.app.results.checked_study import checked_study

FAILED = AnswerFilter(check_failed=True)


def test_answers_that_fail_a_check_are_listed(tmp_path: Path, now: datetime) -> None:
    with StudyFile.open(checked_study(tmp_path / "s.ftstudy", now), now=now) as study:
        assert answer_choices(study).checks
        assert FAILED.chosen == 1
        assert len(find_answers(study, FAILED)) == 12 + 2
        of_tuned = AnswerFilter(check_failed=True, system="tuned")
        texts = {int(one.id): one.text for one in study.responses.all()}
        assert {texts[one] for one in find_answers(study, of_tuned).responses} == {"Yes, a vessel."}


def test_while_blinded_nobody_is_told_which_they_are(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    path = checked_study(tmp_path / "b.ftstudy", now, blinded=True)
    with StudyFile.open(path, now=now) as study:
        assert not answer_choices(study).checks
        with pytest.raises(UserError) as caught:
            find_answers(study, FAILED)
        assert caught.value.code == "still-blinded"
    assert run(["answers", str(path), "--check-failed"]) == 2
    assert "nblind" in capsys.readouterr().err
