"""Automatic raters beside people."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from ftcompare.core.study import RaterKind, Vote
from ftcompare.stats.automatic_raters import AutomaticRater, automatic_raters
from ftcompare.stats.results_json import as_json
from ftcompare.stats.summary import summarise
from ftcompare.stats.vote_table import tabulate
from ftcompare.stats.win_rate import wilson

VoteMaker = Callable[..., Vote]


def people(vote: VoteMaker, answers: dict[str, str]) -> list[Vote]:
    """For each prompt one letter a rater: a, b, t."""
    named = {"a": "a", "b": "b", "t": "tie"}
    return [vote(p, f"r{i}", named[c]) for p, given in answers.items() for i, c in enumerate(given)]


def judge(votes: list[Vote]) -> AutomaticRater:
    (found,) = automatic_raters(tabulate(votes))
    return found


def test_agreement_is_with_the_majority_of_people(vote: VoteMaker) -> None:
    votes = people(vote, {"p": "bba", "q": "aab", "r": "ttb", "s": "ab", "t": "b"})
    program = partial(vote, kind=RaterKind.AUTOMATIC)
    # Right; wrong; right with a tie; right, as two people who differ make a tie; unknown to people.
    votes += [program("p", "m", "b"), program("q", "m", "b"), program("r", "m", "both_bad")]
    votes += [program("s", "m", "tie"), program("u", "m", "a")]
    found = judge(votes)
    assert (found.name, found.judgments) == ("m", 5)
    assert found.agreement is not None
    assert (found.agreement.value, found.agreement.n) == (0.75, 4)
    assert (found.agreement.low, found.agreement.high) == pytest.approx(wilson(3, 4))
    assert "3 of 4 = 75.0%" in found.agreement.explanation
    assert found.agreement_decided is not None
    assert (found.agreement_decided.value, found.agreement_decided.n) == (0.5, 2)
    assert found.consistency is None


def test_both_orders_show_how_far_the_side_decides(vote: VoteMaker) -> None:
    program = partial(vote, kind=RaterKind.AUTOMATIC)
    # For a left and for b left: alike, left both times, right both times, alike, tie and not.
    orders = {"p": "bb", "q": "ab", "r": "ba", "s": "aa", "t": "ta"}
    named = {"a": "a", "b": "b", "t": "tie"}
    votes = [
        program(p, "m", named[choice], left=left)
        for p, given in orders.items()
        for choice, left in zip(given, "ab", strict=True)
    ]
    votes += [program("one way only", "m", "b", left="a"), program("unknown sides", "m", "b")]
    found = judge(votes)
    assert found.consistency is not None
    assert (found.consistency.value, found.consistency.n) == (0.4, 5)
    assert (found.left, found.right) == (1, 1)
    assert found.agreement is found.agreement_decided is None


def test_a_pair_judged_in_both_orders_counts_once_on_balance(vote: VoteMaker) -> None:
    program = partial(vote, kind=RaterKind.AUTOMATIC)
    votes = people(vote, {"p": "b", "q": "t"})
    votes += [program(p, "m", choice, left=left) for p in "pq" for choice, left in (("a", "a"), ("b", "b"))]
    found = judge(votes)
    assert found.agreement is not None
    # a once and b once is a tie: wrong on p, right on q.
    assert (found.agreement.value, found.agreement.n) == (0.5, 2)
    assert found.agreement_decided is None


def test_a_vote_repeated_in_the_same_order_does_not_count_for_consistency(vote: VoteMaker) -> None:
    program = partial(vote, kind=RaterKind.AUTOMATIC)
    votes = [
        program("p", "m", "b", left="a"),
        program("p", "m", "a", left="a"),
        program("p", "m", "b", left="b"),
    ]
    found = judge(votes)
    assert found.consistency is not None
    assert found.consistency.value == 1


def test_pairs_of_one_prompt_leave_no_interval(vote: VoteMaker) -> None:
    votes = [
        vote("p", rater, "b", b=b, kind=kind)
        for b in ("x", "y")
        for rater, kind in (("Ann", RaterKind.HUMAN), ("m", RaterKind.AUTOMATIC))
    ]
    found = judge(votes)
    assert found.agreement is not None
    assert (found.agreement.value, found.agreement.low) == (1, None)
    assert "No interval" in found.agreement.explanation


def test_each_automatic_rater_stands_apart_and_people_have_none(vote: VoteMaker) -> None:
    votes = people(vote, {"p": "b"})
    assert automatic_raters(tabulate(votes)) == ()
    assert automatic_raters(tabulate([])) == ()
    votes += [vote("p", name, "b", kind=RaterKind.AUTOMATIC) for name in ("m", "n", "r0")]
    assert [found.name for found in automatic_raters(tabulate(votes))] == ["m", "n", "r0"]


def test_the_document_names_them_and_leaves_the_human_rate_alone(vote: VoteMaker) -> None:
    human = people(vote, {f"p{i}": "bba" for i in range(5)})
    programs = [vote(f"p{i}", "m", "a", left="a", kind=RaterKind.AUTOMATIC) for i in range(5)]
    alone, beside = summarise(human), summarise(human + programs)
    assert alone.comparisons[0] == beside.comparisons[0]
    assert alone.ranking == beside.ranking
    assert alone.agreement == beside.agreement
    found = as_json(beside, title="", prompts=5)["automatic_raters"]
    assert isinstance(found, list)
    (only,) = found
    assert isinstance(only, dict)
    assert only["name"] == "m"
    assert only["position_consistency"] is None
    assert isinstance(only["agreement_with_people"], dict)
    assert only["agreement_with_people"]["value"] == 0
