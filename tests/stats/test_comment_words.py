"""Words that comments for one side have more: named where they speak for it, and not where raters differ."""

from __future__ import annotations

import numpy as np
import pytest

from ftcompare.stats import comment_words
from ftcompare.stats.comment_words import ALPHA, LEAST_PROMPTS, WordResult, words_by_side

PROMPTS = 40


def results_of(verdicts: list[float], raters: list[int], *words: list[bool]) -> tuple[WordResult, ...]:
    """Test words on comments that are given prompt by prompt, two for each prompt."""
    prompts = np.arange(len(verdicts)) // 2
    columns = np.array(words, dtype=np.bool_).T
    return words_by_side(np.array(verdicts), prompts, np.array(raters), columns, rng=np.random.default_rng(1))


BOTH = [0, 1] * PROMPTS
SIDES = [1.0, 1.0, -1.0, -1.0] * (PROMPTS // 2)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_word_of_one_side_is_named_with_its_side(side: float) -> None:
    first, other = results_of(
        SIDES, BOTH, [n % 6 < 2 for n in range(2 * PROMPTS)], [v == side for v in SIDES]
    )
    assert (first.word, first.p <= 0.01, np.sign(first.lean)) == (1, True, side)
    assert (other.word, other.p > ALPHA) == (0, True)


def test_a_word_of_the_rater_who_prefers_a_side_is_not_named() -> None:
    """Rater 0 always prefers b, and always writes the word; the other one never does."""
    verdicts = [(1.0, [1.0, -1.0][n % 4 == 0])[rater] for n, rater in enumerate(BOTH)]
    (only,) = results_of(verdicts, BOTH, [rater == 0 and n % 16 > 0 for n, rater in enumerate(BOTH)])
    assert only.p > ALPHA


def test_two_comments_on_a_prompt_count_as_one() -> None:
    """With comments as independent, ten of ten would have p below 0.01; five prompts of five do not."""
    prompts = LEAST_PROMPTS * 2
    verdicts, word = [1.0, 1.0] * LEAST_PROMPTS + [-1.0, -1.0] * LEAST_PROMPTS, [True] * 8 + [False] * 12
    assert len(verdicts) == 2 * prompts
    assert results_of(verdicts, [0, 1] * prompts, word) == (), "only four prompts have it"
    (only,) = results_of(verdicts, [0, 1] * prompts, [True] * prompts + [False] * prompts)
    assert only.p == pytest.approx(2 / 252, abs=0.01)


@pytest.mark.parametrize(
    "raters", [[0, 1] * PROMPTS, [n for p in range(PROMPTS) for n in (2 * p, 2 * p + 1)]]
)
def test_prompts_that_nobody_else_shares_say_nothing(raters: list[int]) -> None:
    found = results_of(SIDES, raters, [v > 0 for v in SIDES])
    assert [one.p <= ALPHA for one in found] == ([True] if len(set(raters)) == 2 else [])


def test_permuting_in_several_steps_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [v > 0 for v in SIDES], [n % 6 < 2 for n in range(2 * PROMPTS)]
    at_once = results_of(SIDES, BOTH, *words)
    monkeypatch.setattr(comment_words, "_AT_ONCE", 100 * len(SIDES))
    assert results_of(SIDES, BOTH, *words) == at_once


def test_without_comments_nothing_is_tested() -> None:
    empty = np.zeros(0, dtype=np.int64)
    assert (
        words_by_side(
            np.zeros(0), empty, empty, np.zeros((0, 0), dtype=np.bool_), rng=np.random.default_rng()
        )
        == ()
    )
