"""A rater at work: every pair once, undo without limit, nothing that tells the systems apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from random import Random
from typing import Any, get_args, get_type_hints

import pytest

from ftcompare.app.rate.rating_session import RatingPhase, RatingSession, RatingView, study_session
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice
from ftcompare.core.study import Draft, Guess, GuessChoice, System, SystemSpec, Verdict
from ftcompare.store.study.study_file import StudyFile
from tests.app.conftest import PROMPTS
from tests.app.rate.conftest import judge_all, session_of


def test_every_pair_is_judged_once(session: RatingSession) -> None:
    assert judge_all(session) == PROMPTS
    view = session.view()
    assert (view.judged, view.remaining, view.item, view.phase) == (PROMPTS, 0, None, RatingPhase.DONE)


def test_time_left_is_told_from_the_pace_so_far(session: RatingSession) -> None:
    view = session.view()
    for seconds in (90.0, 20.0, 10.0):
        assert view.seconds_left is None
        item = session.view().item
        assert item
        view = session.judge(item.allocation, Verdict(Choice.LEFT, seconds=seconds))
    assert view.seconds_left == 20.0 * (PROMPTS - 3)
    assert (view.position, view.total) == (4, PROMPTS)


def test_a_draft_survives_a_restart(study: StudyFile, now: datetime, rng: Random) -> None:
    session = session_of(study, "Ada", now, rng)
    item = session.view().item
    assert item
    session.save_draft(item.allocation, Draft(comment="half a thou"))
    again = session_of(study, "Ada", now, rng).view().item
    assert again
    assert again.draft.comment == "half a thou"


def test_skipped_pairs_come_back_when_asked_for(session: RatingSession) -> None:
    item = session.view().item
    assert item
    view = session.skip(item.allocation, "I cannot judge this topic", Draft(), seconds=3.0)
    assert (view.skipped, view.undo) == (1, "Skip")
    judge_all(session)
    back = session.return_to_skipped()
    assert back.item
    assert back.item.allocation == item.allocation
    assert back.skipped == 0


def test_skipped_pairs_are_asked_about_before_the_last_questions(last_asked: RatingSession) -> None:
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


def test_two_raters_get_their_own_order_and_sides(study: StudyFile, now: datetime, rng: Random) -> None:
    def texts(name: str) -> list[str]:
        session = session_of(study, name, now, rng)
        return [item.left for item in each_item(session)]

    first, second = texts("Ada"), texts("Grace")
    assert first != second
    assert len(first) == len(second) == PROMPTS


def each_item(session: RatingSession) -> Iterator[Any]:
    while item := session.view().item:
        yield item
        session.judge(item.allocation, Verdict(Choice.LEFT))


def test_a_pair_cannot_be_judged_twice(session: RatingSession) -> None:
    item = session.view().item
    assert item
    session.judge(item.allocation, Verdict(Choice.LEFT))
    with pytest.raises(UserError) as caught:
        session.judge(item.allocation, Verdict(Choice.RIGHT))
    assert caught.value.code == "already-judged"


def test_pairs_written_later_come_after_those_that_are_handed_out(
    empty_study: StudyFile, now: datetime, rng: Random
) -> None:
    assert session_of(empty_study, "Ada", now, rng).view().total == 0


def test_after_unblinding_nothing_is_judged_or_taken_back(
    study: StudyFile, now: datetime, rng: Random
) -> None:
    session = session_of(study, "Ada", now, rng)
    first = session.view().item
    assert first
    after = session.judge(first.allocation, Verdict(Choice.LEFT)).item
    assert after
    study.settings.unblind("done", now=now)
    for act in (
        lambda: session.judge(after.allocation, Verdict(Choice.LEFT)),
        lambda: session.skip(after.allocation, "Other", Draft(), seconds=None),
        session.undo,
        lambda: session_of(study, "Grace", now, rng),
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
    reached = reachable_types(RatingView, set())
    assert str in reached
    assert not reached & {System, SystemSpec, StudyFile}


def test_a_rater_too_many_is_refused_and_leaves_no_name_behind(
    study: StudyFile, now: datetime, rng: Random
) -> None:
    study.settings.set_rating(study.settings.read().scale, RatingDesign(raters=1, each=1), now=now)
    study_session(study, "Ada", clock=lambda: now, rng=rng)
    with pytest.raises(UserError) as caught:
        study_session(study, "Bob", clock=lambda: now, rng=rng)
    assert caught.value.code == "raters-complete"
    assert [rater.name for rater in study.raters.all()] == ["Ada"]
    assert study_session(study, " ada ", clock=lambda: now, rng=rng).view().total == PROMPTS


def test_a_judged_pair_is_looked_at_again_and_answered_anew(session: RatingSession, study: StudyFile) -> None:
    first = session.view().item
    assert first
    session.judge(first.allocation, Verdict(Choice.LEFT, comment="so", seconds=2.0))
    view = session.look_again(first.allocation)
    assert (view.changing, view.item) == ("Left is better", replace(first, draft=Draft(comment="so")))
    assert session.view().changing == ""
    with pytest.raises(UserError, match="already judged"):
        session.judge(first.allocation, Verdict(Choice.TIE, seconds=2.0))
    session.look_again(first.allocation)
    assert session.judge(first.allocation, Verdict(Choice.TIE, seconds=2.0)).judged == 1
    assert [answer.verdict.choice for answer in session.given()] == [Choice.TIE]
    ahead = session.view().item
    assert ahead
    with pytest.raises(UserError) as refused:
        session.look_again(ahead.allocation)
    assert refused.value.code == "not-judged"


def test_with_a_changed_answer_the_guess_about_the_pair_is_asked_again(
    study: StudyFile, now: datetime, rng: Random
) -> None:
    study.settings.set_rating(study.settings.read().scale, RatingDesign(guess_share=0.5), now=now)
    session = session_of(study, "Ada", now, rng)
    while (view := session.view()).phase is not RatingPhase.GUESS:
        assert view.item
        session.judge(view.item.allocation, Verdict(Choice.LEFT))
    pair = view.item
    assert pair
    assert session.guess(pair.allocation, Guess(GuessChoice.UNSURE), None).phase is RatingPhase.JUDGE
    session.look_again(pair.allocation)
    assert session.judge(pair.allocation, Verdict(Choice.RIGHT)).phase is RatingPhase.GUESS
