"""A rating session in the study of the application's tests."""

from __future__ import annotations

from datetime import datetime
from random import Random

import pytest

from ftcompare.app.rate.rating_session import RatingPhase, RatingSession, study_session
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice
from ftcompare.core.study import Draft, Verdict
from ftcompare.store.study.study_file import StudyFile


@pytest.fixture
def session(study: StudyFile, now: datetime, rng: Random) -> RatingSession:
    return session_of(study, "Ada", now, rng)


def session_of(study: StudyFile, name: str, now: datetime, rng: Random) -> RatingSession:
    return study_session(study, name, clock=lambda: now, rng=rng)


def judge_all(session: RatingSession, choice: Choice = Choice.LEFT) -> int:
    judged = 0
    while item := session.view().item:
        session.judge(item.allocation, Verdict(choice, seconds=10.0))
        judged += 1
    return judged


@pytest.fixture
def last_asked(study: StudyFile, now: datetime, rng: Random) -> RatingSession:
    """All is judged but one skipped pair, and two questions wait at the end."""
    study.settings.set_rating(study.settings.read().scale, RatingDesign(end_guesses=2), now=now)
    session = session_of(study, "Ada", now, rng)
    item = session.view().item
    assert item
    session.skip(item.allocation, "Other", Draft(), seconds=3.0)
    while (view := session.view()).phase is RatingPhase.JUDGE and view.item:
        session.judge(view.item.allocation, Verdict(Choice.LEFT))
    return session
