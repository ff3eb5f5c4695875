"""Undo of judgments, skips and guesses: without limit, also after a restart, and what it says it undoes."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.rate.rating_session import RatingPhase, RatingSession
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Draft, Guess, GuessChoice, Verdict
from ftcompare.store.study.study_file import StudyFile
from tests.app.conftest import PROMPTS
from tests.app.rate.conftest import judge_all, session_of


def test_undo_goes_back_to_the_first_pair_also_after_a_restart(
    study: StudyFile, now: datetime, rng: Random, tmp_path: Path
) -> None:
    judge_all(session_of(study, "Ada", now, rng))
    path = study.path
    study.close()
    with StudyFile.open(path, now=now + timedelta(hours=1)) as again:
        session = session_of(again, "Ada", now, rng)
        assert session.view().undo == "Left is better"
        for left in range(1, PROMPTS + 1):
            assert session.undo().remaining == left
        assert session.undo().undo == ""
        assert again.counts().judgments == 0
        assert all(finding.ok for finding in again.check())


def test_undo_brings_back_pair_comment_and_flag(session: RatingSession) -> None:
    item = session.view().item
    assert item
    session.judge(item.allocation, Verdict(Choice.RIGHT, comment="nearly equal", flagged=True))
    back = session.undo().item
    assert back
    assert back.allocation == item.allocation
    assert back.draft == Draft(comment="nearly equal", flagged=True)


def test_going_on_without_them_is_remembered_and_can_be_undone(
    last_asked: RatingSession, study: StudyFile, now: datetime, rng: Random
) -> None:
    on = last_asked.leave_skipped()
    assert (on.phase, on.undo) == (RatingPhase.GUESS, "To the last questions")
    again = session_of(study, "Ada", now, rng)
    assert again.view().phase is RatingPhase.GUESS
    assert again.undo().phase is RatingPhase.SKIPPED
    view = again.undo()
    assert (view.phase, view.skipped, view.judged) == (RatingPhase.JUDGE, 1, PROMPTS - 2)


def test_nothing_is_judged_once_a_last_question_is_answered_but_by_undo(last_asked: RatingSession) -> None:
    on = last_asked.leave_skipped()
    while on.item:
        on = last_asked.guess(on.item.allocation, Guess(GuessChoice.UNSURE), seconds=1.0)
    assert (on.phase, on.guessed) == (RatingPhase.DONE, on.guesses)
    with pytest.raises(UserError) as caught:
        last_asked.return_to_skipped()
    assert caught.value.code == "guessing-begun"
    for _ in range(on.guesses):
        assert last_asked.undo().phase is RatingPhase.GUESS
    assert last_asked.undo().phase is RatingPhase.SKIPPED
    assert last_asked.return_to_skipped().phase is RatingPhase.JUDGE


@pytest.mark.parametrize(
    ("strengths", "choice", "strength", "words"),
    [
        (1, Choice.LEFT, None, "Left is better"),
        (2, Choice.RIGHT, 1, "Right is better"),
        (2, Choice.RIGHT, 2, "Right is much better"),
        (3, Choice.LEFT, 1, "Left is slightly better"),
        (3, Choice.LEFT, 2, "Left is better"),
        (3, Choice.LEFT, 3, "Left is much better"),
        (3, Choice.BOTH_BAD, None, "Both bad"),
    ],
)
def test_undo_says_what_was_answered(
    study: StudyFile,
    now: datetime,
    rng: Random,
    strengths: int,
    choice: Choice,
    strength: int | None,
    words: str,
) -> None:
    study.settings.set_rating(Scale(strengths=strengths), RatingDesign(), now=now)
    session = session_of(study, "Ada", now, rng)
    item = session.view().item
    assert item
    assert session.judge(item.allocation, Verdict(choice, strength)).undo == words
