"""A rater at work: every pair once, undo without limit, nothing that tells the systems apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from random import Random
from typing import Any, get_args, get_type_hints

import pytest

from ftcompare.app.rate.rating_session import DeskView, RatingDesk, RatingPhase, study_desk
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice
from ftcompare.core.study import Draft, Guess, GuessChoice, System, SystemSpec, Verdict
from ftcompare.store.study.study_file import StudyFile
from tests.app.conftest import PROMPTS
from tests.app.rate.conftest import desk_of, judge_all


def test_every_pair_is_judged_once(desk: RatingDesk) -> None:
    assert judge_all(desk) == PROMPTS
    view = desk.view()
    assert (view.judged, view.remaining, view.item, view.phase) == (PROMPTS, 0, None, RatingPhase.DONE)


def test_time_left_is_told_from_the_pace_so_far(desk: RatingDesk) -> None:
    view = desk.view()
    assert view.seconds_left is None
    assert view.item
    view = desk.judge(view.item.allocation, Verdict(Choice.LEFT, seconds=20.0))
    assert view.seconds_left == 20.0 * (PROMPTS - 1)
    assert (view.position, view.total) == (2, PROMPTS)


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


def test_a_judged_pair_is_looked_at_again_and_answered_anew(desk: RatingDesk, study: StudyFile) -> None:
    first = desk.view().item
    assert first
    desk.judge(first.allocation, Verdict(Choice.LEFT, comment="so", seconds=2.0))
    view = desk.look_again(first.allocation)
    assert (view.changing, view.item) == ("Left is better", replace(first, draft=Draft("so")))
    assert desk.view().changing == ""
    with pytest.raises(UserError, match="already judged"):
        desk.judge(first.allocation, Verdict(Choice.TIE, seconds=2.0))
    desk.look_again(first.allocation)
    assert desk.judge(first.allocation, Verdict(Choice.TIE, seconds=2.0)).judged == 1
    assert [answer.verdict.choice for answer in desk.given()] == [Choice.TIE]
    ahead = desk.view().item
    assert ahead
    with pytest.raises(UserError) as refused:
        desk.look_again(ahead.allocation)
    assert refused.value.code == "not-judged"


def test_with_a_changed_answer_the_guess_about_the_pair_is_asked_again(
    study: StudyFile, now: datetime, rng: Random
) -> None:
    study.settings.set_rating(study.settings.read().scale, RatingDesign(guess_share=0.5), now=now)
    desk = desk_of(study, "Ada", now, rng)
    while (view := desk.view()).phase is not RatingPhase.GUESS:
        assert view.item
        desk.judge(view.item.allocation, Verdict(Choice.LEFT))
    pair = view.item
    assert pair
    assert desk.guess(pair.allocation, Guess(GuessChoice.UNSURE), None).phase is RatingPhase.JUDGE
    desk.look_again(pair.allocation)
    assert desk.judge(pair.allocation, Verdict(Choice.RIGHT)).phase is RatingPhase.GUESS
