"""Differences between splits, and what fine-tuning cost."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from ftcompare.core.study import RaterKind, Split, Vote
from ftcompare.stats.differences import (
    ClearWin,
    SplitDifference,
    clear_wins,
    split_differences,
    welch_interval,
)
from ftcompare.stats.vote_table import tabulate

VoteMaker = Callable[..., Vote]


def split_votes(vote: VoteMaker, choices: dict[Split, str]) -> list[Vote]:
    """A prompt a letter, judged by one rater."""
    named = {"a": "a", "b": "b", "t": "tie"}
    return [
        vote(f"{split}{i}", "Ann", named[c], split=split)
        for split, given in choices.items()
        for i, c in enumerate(given)
    ]


def differences(votes: list[Vote]) -> tuple[SplitDifference, ...]:
    return split_differences(tabulate(votes))


def test_welch_agrees_with_scipy() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.random(12), rng.random(40) * 0.5
    expected = stats.ttest_ind(x, y, equal_var=False).confidence_interval(0.9)
    assert welch_interval(x, y, 0.9) == pytest.approx((expected.low, expected.high))


def test_what_was_trained_on_against_what_was_held_out(vote: VoteMaker) -> None:
    found = differences(
        split_votes(vote, {Split.TRAINED: "bbbbbbbtba" * 4, Split.HELD_OUT: "abababatba" * 4})
    )
    (only,) = found
    assert (only.first, only.second) == (Split.TRAINED, Split.HELD_OUT)
    assert (only.rate_first, only.rate_second) == pytest.approx((0.85, 0.45))
    assert only.difference == pytest.approx(0.4)
    assert (only.prompts_first, only.prompts_second) == (40, 40)
    assert 0 < (only.low or 0) < 0.4 < (only.high or 0)
    assert "85.0% − 45.0% = +40.0 points" in only.explanation
    assert "stronger on trained than on held-out prompts" in only.explanation


def test_paraphrases_are_set_against_what_was_trained_on(vote: VoteMaker) -> None:
    found = differences(
        split_votes(vote, {Split.TRAINED: "bbab", Split.PARAPHRASE: "bbba", Split.NONE: "ab"})
    )
    assert [(d.first, d.second) for d in found] == [(Split.TRAINED, Split.PARAPHRASE)]
    assert "not enough to tell the splits apart" in found[0].explanation


def test_better_on_what_was_held_out_is_said_so(vote: VoteMaker) -> None:
    (found,) = differences(split_votes(vote, {Split.TRAINED: "aaab" * 9, Split.HELD_OUT: "bbba" * 9}))
    assert "stronger on held-out than on trained" in found.explanation


def test_several_raters_count_as_the_mean_of_their_prompt(vote: VoteMaker) -> None:
    votes = split_votes(vote, {Split.TRAINED: "ab", Split.HELD_OUT: "ab"})
    votes += [vote(f"{Split.TRAINED}0", rater, "b", split=Split.TRAINED) for rater in ("Ben", "Cy")]
    (found,) = differences(votes)
    assert found.rate_first == pytest.approx((2 / 3 + 1) / 2)


@pytest.mark.parametrize(("trained", "held_out"), [("b", "ab"), ("bbb", "aaa"), ("b", "b")])
def test_where_nothing_varies_or_there_is_one_prompt_there_is_no_interval(
    vote: VoteMaker, trained: str, held_out: str
) -> None:
    (found,) = differences(split_votes(vote, {Split.TRAINED: trained, Split.HELD_OUT: held_out}))
    assert (found.low, found.high, found.method) == (None, None, "none")
    assert "No interval" in found.explanation


def test_a_split_alone_has_no_difference(vote: VoteMaker) -> None:
    assert differences(split_votes(vote, {Split.TRAINED: "ab"})) == ()
    assert differences([]) == ()


def test_what_the_base_won_clearly_is_listed_by_category(vote: VoteMaker) -> None:
    votes = [
        vote(prompt, f"r{i}", choice, category=category)
        for prompt, category, choices in (
            ("p", "heart", "aaab"),
            ("q", "heart", "abab"),
            ("r", "heart", "aa"),
            ("s", "brain", "a"),
            ("t", "brain", "b"),
            ("u", "skin", "b"),
        )
        for i, choice in enumerate({"a": "a", "b": "b"}[c] for c in choices)
    ]
    votes.append(vote("u", "machine", "a", category="skin", kind=RaterKind.AUTOMATIC))
    votes.append(vote("u", "r0", "a", b="other", category="skin"))
    heart, brain = clear_wins(votes, "base", "tuned")
    assert (heart.category, heart.prompts) == ("heart", 3)
    assert heart.wins == (ClearWin("r", 1, 2, 2), ClearWin("p", 0.75, 4, 4))
    assert (brain.category, brain.prompts, brain.wins) == ("brain", 2, (ClearWin("s", 1, 1, 1),))
    (several,) = clear_wins(votes, "base", "tuned", raters=2)
    assert (several.category, several.prompts, len(several.wins)) == ("heart", 3, 2)
    assert [c.category for c in clear_wins(votes, "tuned", "base")] == ["skin", "brain"]
    assert [c.category for c in clear_wins(votes, "base", "tuned", kind=RaterKind.AUTOMATIC)] == ["skin"]
    assert clear_wins(votes, "base", "tuned", at_least=0.8)[0].wins == (ClearWin("s", 1, 1, 1),)
    assert clear_wins([], "base", "tuned") == ()
