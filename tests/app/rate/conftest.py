"""A rater's desk over the study of the application's tests."""

from __future__ import annotations

from datetime import datetime
from random import Random

import pytest

from ftcompare.app.rate.rating_session import RatingDesk, RatingPhase, study_desk
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice
from ftcompare.core.study import Draft, Verdict
from ftcompare.store.study.study_file import StudyFile


@pytest.fixture
def desk(study: StudyFile, now: datetime, rng: Random) -> RatingDesk:
    return desk_of(study, "Ada", now, rng)


def desk_of(study: StudyFile, name: str, now: datetime, rng: Random) -> RatingDesk:
    return study_desk(study, name, clock=lambda: now, rng=rng)


def judge_all(desk: RatingDesk, choice: Choice = Choice.LEFT) -> int:
    judged = 0
    while item := desk.view().item:
        desk.judge(item.allocation, Verdict(choice, seconds=10.0))
        judged += 1
    return judged


@pytest.fixture
def last_asked(study: StudyFile, now: datetime, rng: Random) -> RatingDesk:
    """All is judged but one skipped pair, and two questions wait at the end."""
    study.settings.set_rating(study.settings.read().scale, RatingDesign(end_guesses=2), now=now)
    desk = desk_of(study, "Ada", now, rng)
    item = desk.view().item
    assert item
    desk.skip(item.allocation, "Other", Draft(), seconds=3.0)
    while (view := desk.view()).phase is RatingPhase.JUDGE and view.item:
        desk.judge(view.item.allocation, Verdict(Choice.LEFT))
    return desk
