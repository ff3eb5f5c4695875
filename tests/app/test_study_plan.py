"""The plan line: what so many prompts can show, and how long they take."""

from __future__ import annotations

import pytest

from ftcompare.app.planning import TIE_SHARE, plan
from ftcompare.stats.planning import sign_test_prompts


@pytest.mark.parametrize("prompts", [12, 72, 120, 500])
def test_the_rate_named_is_the_least_that_is_found(prompts: int) -> None:
    found = plan(prompts)
    assert found.win_rate is not None
    decided = prompts * (1 - TIE_SHARE)
    needed = sign_test_prompts(found.win_rate)
    assert needed is not None
    assert needed <= decided
    weaker = sign_test_prompts(found.win_rate - 0.01)
    assert weaker is not None
    assert weaker > decided


def test_published_sizes_of_the_sign_test_carry_over() -> None:
    # 199 discordant prompts find 60% with 80% power; with a fifth of ties that takes 249 prompts.
    assert plan(248).win_rate == 0.61
    assert plan(249).win_rate == 0.60


def test_the_sentence_says_size_rate_power_and_time() -> None:
    assert (
        plan(72).sentence
        == "72 prompts × 1 rater: detects a 69% win rate with 80% power; about 36 min a rater."
    )
    assert plan(1, 2).sentence == "1 prompt × 2 raters: too few to show a difference; about 1 min a rater."
    assert "about 4 h a rater" in plan(500).sentence


def test_the_assumptions_are_told() -> None:
    assert "20% of the pairs end in a tie" in plan(72).assumptions
    assert "30 s" in plan(72).assumptions
