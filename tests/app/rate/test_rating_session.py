"""A rater at work: every pair once, undo without limit, nothing that tells the systems apart."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, get_args, get_type_hints

import pytest

from ftcompare.app.rate.rating_session import DeskView, RatingDesk, RatingPhase, study_desk
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Draft, Guess, GuessChoice, System, SystemSpec, Verdict
from ftcompare.store.study.study_file import StudyFile
from tests.app.conftest import PROMPTS


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


def test_every_pair_is_judged_once(desk: RatingDesk) -> None:
    assert judge_all(desk) == PROMPTS
    view = desk.view()
    assert (view.judged, view.remaining, view.item, view.phase) == (PROMPTS, 0, None, RatingPhase.DONE)


def test_a_verdict_is_written_seven_calls_deep_at_most(desk: RatingDesk) -> None:
    """Calls of the product's own functions from the operation of the desk to SQLite."""
    item, depth, deepest = desk.view().item, 0, 0

    def count(frame: FrameType, event: str, called: object) -> None:
        nonlocal depth, deepest
        if event == "c_call" and getattr(called, "__name__", "") == "execute":
            source = frame.f_back.f_back if frame.f_back else None
            if source and source.f_code.co_name == "append":  # of the chain: the judgment itself
                deepest = max(deepest, depth)
        elif "ftcompare/" in frame.f_code.co_filename:
            depth += {"call": 1, "return": -1}.get(event, 0)

    assert item
    sys.setprofile(count)
    try:
        desk.judge(item.allocation, Verdict(Choice.LEFT))
    finally:
        sys.setprofile(None)
    assert 1 <= deepest <= 7


def test_time_left_is_told_from_the_pace_so_far(desk: RatingDesk) -> None:
    view = desk.view()
    assert view.seconds_left is None
    assert view.item
    view = desk.judge(view.item.allocation, Verdict(Choice.LEFT, seconds=20.0))
    assert view.seconds_left == 20.0 * (PROMPTS - 1)
    assert (view.position, view.total) == (2, PROMPTS)


def test_undo_goes_back_to_the_first_pair_also_after_a_restart(
    study: StudyFile, now: datetime, rng: Random, tmp_path: Path
) -> None:
    judge_all(desk_of(study, "Ada", now, rng))
    path = study.path
    study.close()
    with StudyFile.open(path, now=now + timedelta(hours=1)) as again:
        desk = desk_of(again, "Ada", now, rng)
        assert desk.view().undo == "Left is better"
        for left in range(1, PROMPTS + 1):
            assert desk.undo().remaining == left
        assert desk.undo().undo == ""
        assert again.counts().judgments == 0
        assert all(finding.ok for finding in again.check())


def test_undo_brings_back_pair_comment_and_flag(desk: RatingDesk) -> None:
    item = desk.view().item
    assert item
    desk.judge(item.allocation, Verdict(Choice.RIGHT, comment="nearly equal", flagged=True))
    back = desk.undo().item
    assert back
    assert back.allocation == item.allocation
    assert back.draft == Draft("nearly equal", flagged=True)


def test_a_draft_survives_a_restart(study: StudyFile, now: datetime, rng: Random) -> None:
    desk = desk_of(study, "Ada", now, rng)
    item = desk.view().item
    assert item
    desk.save_draft(item.allocation, Draft("half a thou"))
    again = desk_of(study, "Ada", now, rng).view().item
    assert again
    assert again.draft.comment == "half a thou"


def test_skipped_pairs_come_back_when_asked_for(desk: RatingDesk) -> None:
    item = desk.view().item
    assert item
    view = desk.skip(item.allocation, "I cannot judge this topic", Draft(), seconds=3.0)
    assert (view.skipped, view.undo) == (1, "Skip")
    judge_all(desk)
    back = desk.return_to_skipped()
    assert back.item
    assert back.item.allocation == item.allocation
    assert back.skipped == 0


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


def test_skipped_pairs_are_asked_about_before_the_last_questions(last_asked: RatingDesk) -> None:
    view = last_asked.view()
    assert (view.phase, view.item, view.skipped, view.undo) == (
        RatingPhase.SKIPPED,
        None,
        1,
        "Left is better",
    )
    back = last_asked.return_to_skipped()
    assert (back.phase, back.skipped) == (RatingPhase.JUDGE, 0)
    assert back.item
    assert last_asked.judge(back.item.allocation, Verdict(Choice.TIE)).phase is RatingPhase.GUESS


def test_going_on_without_them_is_remembered_and_can_be_undone(
    last_asked: RatingDesk, study: StudyFile, now: datetime, rng: Random
) -> None:
    on = last_asked.leave_skipped()
    assert (on.phase, on.undo) == (RatingPhase.GUESS, "To the last questions")
    again = desk_of(study, "Ada", now, rng)
    assert again.view().phase is RatingPhase.GUESS
    assert again.undo().phase is RatingPhase.SKIPPED
    view = again.undo()
    assert (view.phase, view.skipped, view.judged) == (RatingPhase.JUDGE, 1, PROMPTS - 2)


def test_nothing_is_judged_once_a_last_question_is_answered_but_by_undo(last_asked: RatingDesk) -> None:
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
    desk = desk_of(study, "Ada", now, rng)
    item = desk.view().item
    assert item
    assert desk.judge(item.allocation, Verdict(choice, strength)).undo == words


def test_two_raters_get_their_own_order_and_sides(study: StudyFile, now: datetime, rng: Random) -> None:
    def texts(name: str) -> list[str]:
        desk = desk_of(study, name, now, rng)
        return [item.left for item in each_item(desk)]

    first, second = texts("Ada"), texts("Grace")
    assert first != second
    assert len(first) == len(second) == PROMPTS


def each_item(desk: RatingDesk) -> Iterator[Any]:
    while item := desk.view().item:
        yield item
        desk.judge(item.allocation, Verdict(Choice.LEFT))


def test_a_pair_cannot_be_judged_twice(desk: RatingDesk) -> None:
    item = desk.view().item
    assert item
    desk.judge(item.allocation, Verdict(Choice.LEFT))
    with pytest.raises(UserError) as caught:
        desk.judge(item.allocation, Verdict(Choice.RIGHT))
    assert caught.value.code == "already-judged"


def test_pairs_written_later_come_after_those_that_are_handed_out(
    empty_study: StudyFile, now: datetime, rng: Random
) -> None:
    assert desk_of(empty_study, "Ada", now, rng).view().total == 0


def test_after_unblinding_nothing_is_judged_or_taken_back(
    study: StudyFile, now: datetime, rng: Random
) -> None:
    desk = desk_of(study, "Ada", now, rng)
    first = desk.view().item
    assert first
    after = desk.judge(first.allocation, Verdict(Choice.LEFT)).item
    assert after
    study.settings.unblind("done", now=now)
    for act in (
        lambda: desk.judge(after.allocation, Verdict(Choice.LEFT)),
        lambda: desk.skip(after.allocation, "Other", Draft(), seconds=None),
        desk.undo,
        lambda: desk_of(study, "Grace", now, rng),
    ):
        with pytest.raises(UserError) as caught:
            act()
        assert caught.value.code == "unblinded"
    assert study.counts().judgments == 1


def reachable_types(kind: Any, seen: set[Any]) -> set[Any]:
    """Every type that a value of a dataclass can hold, through its fields."""
    if kind in seen:
        return seen
    seen.add(kind)
    for part in get_args(kind):
        reachable_types(part, seen)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        for field in fields(kind):
            reachable_types(hints[field.name], seen)
    return seen


def test_a_view_reaches_no_system() -> None:
    reached = reachable_types(DeskView, set())
    assert str in reached
    assert not reached & {System, SystemSpec, StudyFile}


def test_a_rater_too_many_is_refused_and_leaves_no_name_behind(
    study: StudyFile, now: datetime, rng: Random
) -> None:
    study.settings.set_rating(study.settings.read().scale, RatingDesign(raters=1, each=1), now=now)
    study_desk(study, "Ada", clock=lambda: now, rng=rng)
    with pytest.raises(UserError) as caught:
        study_desk(study, "Bob", clock=lambda: now, rng=rng)
    assert caught.value.code == "raters-complete"
    assert [rater.name for rater in study.raters.all()] == ["Ada"]
    assert study_desk(study, " ada ", clock=lambda: now, rng=rng).view().total == PROMPTS
