"""Bang's blinding index of the raters' guesses: whether raters could tell which system is which."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from ftcompare.core.minus_sign import true_minus
from ftcompare.stats.vote_table import FloatArray, IntArray, compact
from ftcompare.stats.win_rate import SAME, cluster_variance, wilson

NO_GUESS = "No guess was given."
SURE = (1, 2, 3)  # the degrees of certainty of a guess, from a hunch (1) to certain (3)


@dataclass(frozen=True, slots=True)
class BlindGuess:
    """One guess of which side was fine-tuned, and the true side."""

    rater: str  # key that is equal for guesses by the same rater
    tuned_left: bool  # whether the fine-tuned system was on the left
    guessed_left: bool | None  # whether the rater guessed the left side; None when unsure
    sure: int | None = None  # 1 (a hunch) to 3 (certain); None when unsure or not asked

    @property
    def score(self) -> int:
        """1 for a right guess, -1 for a wrong one, 0 for unsure."""
        if self.guessed_left is None:
            return 0
        return 1 if self.guessed_left == self.tuned_left else -1


@dataclass(frozen=True, slots=True)
class BlindingIndex:
    """Bang's index of a set of guesses."""

    correct: int  # number of right guesses; ``wrong`` and ``unsure`` likewise
    wrong: int
    unsure: int
    value: float | None  # -1 (all wrong) to 1 (all right), 0 by chance; None where there is no guess
    low: float | None  # lower end of its interval; ``high`` the upper end
    high: float | None
    level: float  # nominal coverage of the interval
    method: str  # name of the interval
    explanation: str  # the formula with the numbers inserted; without a value, the reason

    @property
    def guesses(self) -> int:
        """Number of answers, including unsure ones."""
        return self.correct + self.wrong + self.unsure


@dataclass(frozen=True, slots=True)
class Blindness:
    """Bang's index of all guesses, of those with the fine-tuned system on one side, and by rater."""

    overall: BlindingIndex
    tuned_left: BlindingIndex
    tuned_right: BlindingIndex
    # index of each rater with a guess, by the rater's key, in the order of the guesses
    by_rater: dict[str, BlindingIndex]
    # for each certainty 1 to 3, the numbers of right and of wrong guesses
    by_sureness: dict[int, tuple[int, int]]


def blindness_of(guesses: Iterable[BlindGuess], level: float = 0.95) -> Blindness:
    """All figures about the raters' guesses."""
    given = tuple(guesses)
    raters = dict.fromkeys(guess.rater for guess in given)
    return Blindness(
        overall=blinding_index(given, level),
        tuned_left=blinding_index([g for g in given if g.tuned_left], level),
        tuned_right=blinding_index([g for g in given if not g.tuned_left], level),
        by_rater={r: blinding_index([g for g in given if g.rater == r], level) for r in raters},
        by_sureness={sure: _right_and_wrong([g for g in given if g.sure == sure]) for sure in SURE},
    )


def _right_and_wrong(guesses: Sequence[BlindGuess]) -> tuple[int, int]:
    scores = [guess.score for guess in guesses]
    return scores.count(1), scores.count(-1)


def blinding_index(guesses: Sequence[BlindGuess], level: float = 0.95) -> BlindingIndex:
    """Bang's index (right - wrong) / (right + wrong + unsure) with its interval.

    One rater: index ± z · √V, V = [p_r(1-p_r) + p_w(1-p_w) + 2 p_r p_w] / n, where p_r and p_w are
    the shares of right and wrong guesses. Several raters: t on R - 1 degrees of freedom, with the larger of V
    and the variance clustered by rater; the larger of the two is used because raters may agree by
    chance, which makes the clustered variance too small. Where all guesses are equal, V is 0 and no measure
    of the error. The interval is then computed from Wilson's upper limit u for the share of other guesses:
    (1 - 2u, 1) if all are right, (-1, 2u - 1) if all are wrong, (-u, u) if all are unsure.

    Source: Bang, Ni & Davis 2004, Controlled Clinical Trials 25:143-156, whose arms are
    ``tuned_left`` and ``tuned_right`` here. For both arms together the index is their mean weighted by number
    of guesses: a rater who always guesses left has 1 and -1 in the two arms and, with balanced sides, 0
    overall.
    """
    scores = np.array([guess.score for guess in guesses], dtype=np.float64)
    right, wrong = int(np.count_nonzero(scores == 1)), int(np.count_nonzero(scores == -1))
    n = len(scores)
    if n == 0:
        return BlindingIndex(0, 0, 0, None, None, None, level, "none", NO_GUESS)
    value = (right - wrong) / n
    raters, _ = compact(np.unique([guess.rater for guess in guesses], return_inverse=True)[1])
    low, high, method = _interval(scores, raters, level)
    shown, lower, upper = (true_minus(f"{number:.2f}") for number in (value, low, high))
    words = (
        f"(right − wrong) / guesses = ({right} − {wrong}) / {n} = {shown}. "
        f"Interval at {level:.0%}: {lower} to {upper}, by {method}."
    )
    return BlindingIndex(right, wrong, n - right - wrong, value, low, high, level, method, words)


def plain_variance(right: int, wrong: int, n: int) -> float:
    """Variance of Bang's index of ``n`` > 0 independent guesses.

    (p_r (1 - p_r) + p_w (1 - p_w) + 2 p_r p_w) / n, the shares of right and wrong guesses.
    Source: Bang, Ni & Davis 2004, Controlled Clinical Trials 25:143-156.
    """
    p_right, p_wrong = right / n, wrong / n
    return (p_right * (1 - p_right) + p_wrong * (1 - p_wrong) + 2 * p_right * p_wrong) / n


def _interval(scores: FloatArray, raters: IntArray, level: float) -> tuple[float, float, str]:
    n, value = len(scores), float(scores.mean())
    plain = plain_variance(int(np.count_nonzero(scores == 1)), int(np.count_nonzero(scores == -1)), n)
    if plain < SAME:
        return *_interval_of_equals(value, n, level), "Wilson's limit for guesses of another kind"
    by_rater = cluster_variance(scores, raters)
    if by_rater is None:
        margin, method = float(special.ndtri((1 + level) / 2)) * math.sqrt(plain), "Bang's normal interval"
    else:
        freedom = compact(raters)[1] - 1
        margin = float(special.stdtrit(freedom, (1 + level) / 2)) * math.sqrt(max(by_rater, plain))
        method = "t clustered by rater"
    return max(-1.0, value - margin), min(1.0, value + margin), method


def _interval_of_equals(value: float, n: int, level: float) -> tuple[float, float]:
    other = wilson(0, n, level)[1]
    if value == 0:
        return -other, other
    return (1 - 2 * other, 1.0) if value > 0 else (-1.0, 2 * other - 1)
