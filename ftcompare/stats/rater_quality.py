"""Quality of raters (speed, repeats, gold items, controls, side), and Bang's index of their guesses."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median, stdev
from typing import Any

import numpy as np
from scipy import special

from ftcompare.core.grouping import grouped
from ftcompare.core.language import N_, in_own_signs, tr, true_minus
from ftcompare.stats.agreement import krippendorff_alpha
from ftcompare.stats.position_and_length_bias import interval_by_rater
from ftcompare.stats.vote_table import FloatArray, IntArray, compact
from ftcompare.stats.win_rate import SAME, cluster_variance, wilson

NO_GUESS = N_("No guess was given.")
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
        return self.correct + self.wrong + self.unsure


@dataclass(frozen=True, slots=True)
class Blindness:
    """Bang's index of all guesses, of those with the fine-tuned system on one side, and by rater."""

    overall: BlindingIndex | None = None  # None while it is withheld, as are the next two
    tuned_left: BlindingIndex | None = None
    tuned_right: BlindingIndex | None = None
    # of each rater with a guess, in the order of the guesses
    by_rater: Mapping[str, BlindingIndex] = field(default_factory=dict)
    # numbers of right and wrong guesses by certainty, 1 (a hunch) to 3 (certain)
    by_sureness: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    guesses: int = 0  # all that were given; they are always told
    left_out: int = 0  # of these, on pairs without a base and an adapter: no side of theirs is the fine-tuned


def blindness_of(guesses: Iterable[BlindGuess], level: float = 0.95) -> Blindness:
    given = tuple(guesses)
    raters = dict.fromkeys(guess.rater for guess in given)
    return Blindness(
        overall=blinding_index(given, level),
        tuned_left=blinding_index([g for g in given if g.tuned_left], level),
        tuned_right=blinding_index([g for g in given if not g.tuned_left], level),
        by_rater={r: blinding_index([g for g in given if g.rater == r], level) for r in raters},
        by_sureness={sure: _right_and_wrong([g for g in given if g.sure == sure]) for sure in SURE},
        guesses=len(given),
    )


def _right_and_wrong(guesses: Sequence[BlindGuess]) -> tuple[int, int]:
    scores = [guess.score for guess in guesses]
    return scores.count(1), scores.count(-1)


def blinding_index(guesses: Sequence[BlindGuess], level: float = 0.95) -> BlindingIndex:
    """Return Bang's index (right - wrong) / (right + wrong + unsure) with its interval.

    One rater: index ± z · √V, V = [p_r(1-p_r) + p_w(1-p_w) + 2 p_r p_w] / n, where p_r and p_w are the shares
    of right and wrong guesses. Several raters: t on R - 1 degrees of freedom, with the larger of V and the
    variance clustered by rater, which is too small where raters agree by chance. If all guesses are equal, V
    is 0 and no measure of the error. The interval is then computed from Wilson's upper limit u for the share
    of other guesses: (1 - 2u, 1) if all are right, (-1, 2u - 1) if all are wrong, (-u, u) if all are unsure.

    Source: Bang, Ni & Davis 2004, Controlled Clinical Trials 25:143-156, whose arms are ``tuned_left`` and
    ``tuned_right`` here. For both arms together the index is their mean weighted by number of guesses: a
    rater who always guesses left has 1 and -1 in the two arms and, with balanced sides, 0 overall.
    """
    scores = np.array([guess.score for guess in guesses], dtype=np.float64)
    right, wrong = int(np.count_nonzero(scores == 1)), int(np.count_nonzero(scores == -1))
    n = len(scores)
    if n == 0:
        return BlindingIndex(0, 0, 0, None, None, None, level, "none", tr(NO_GUESS))
    value = (right - wrong) / n
    raters, _ = compact(np.unique([guess.rater for guess in guesses], return_inverse=True)[1])
    low, high, method = _interval(scores, raters, level)
    shown, lower, upper = (in_own_signs(true_minus(f"{end:.2f}")) for end in (value, low, high))
    words = tr(
        "(right − wrong) / guesses = ({right} − {wrong}) / {guesses} = {index}. Interval at {level:.0%}: "
        "{low} to {high}, by {method}.",
        right,
        wrong,
        n,
        shown,
        level,
        lower,
        upper,
        tr(method),
    )
    return BlindingIndex(right, wrong, n - right - wrong, value, low, high, level, method, words)


def plain_variance(right: int, wrong: int, n: int) -> float:
    """Return the variance of Bang's index of `n` > 0 independent guesses.

    (p_r (1 - p_r) + p_w (1 - p_w) + 2 p_r p_w) / n, the shares of right and wrong guesses. Source: Bang, Ni &
    Davis 2004, Controlled Clinical Trials 25:143-156.
    """
    p_right, p_wrong = right / n, wrong / n
    return (p_right * (1 - p_right) + p_wrong * (1 - p_wrong) + 2 * p_right * p_wrong) / n


def _interval(scores: FloatArray, raters: IntArray, level: float) -> tuple[float, float, str]:
    n, value = len(scores), float(scores.mean())
    plain = plain_variance(int(np.count_nonzero(scores == 1)), int(np.count_nonzero(scores == -1)), n)
    if plain < SAME:
        return *_interval_of_equals(value, n, level), N_("Wilson's limit for guesses of another kind")
    by_rater = cluster_variance(scores, raters)
    if by_rater is None:
        margin, method = (
            float(special.ndtri((1 + level) / 2)) * math.sqrt(plain),
            N_("Bang's normal interval"),
        )
    else:
        freedom = compact(raters)[1] - 1
        margin = float(special.stdtrit(freedom, (1 + level) / 2)) * math.sqrt(max(by_rater, plain))
        method = N_("t clustered by rater")
    return max(-1.0, value - margin), min(1.0, value + margin), method


def _interval_of_equals(value: float, n: int, level: float) -> tuple[float, float]:
    other = wilson(0, n, level)[1]
    if value == 0:
        return -other, other
    return (1 - 2 * other, 1.0) if value > 0 else (-1.0, 2 * other - 1)


FAST_SECONDS = 3.0  # two answers cannot be read in less time, in seconds, however short they are
ALPHA_REPEATS = 10  # minimum number of repeats for α; with fewer it is mostly noise and is not shown


@dataclass(frozen=True, slots=True)
class Answered:
    """One judgment of an ordinary comparison, or one grade."""

    rater: str  # key that is equal for judgments by the same rater
    seconds: float | None  # active time; None where unknown
    side: str = ""  # ``left`` or ``right`` where a side was chosen and is known, else empty
    grade: int | None = None


@dataclass(frozen=True, slots=True)
class Repeated:
    """A pair that was judged twice: -1 for response a, 1 for b, 0 for neither; or two grades of an answer."""

    rater: str
    first: int
    again: int


@dataclass(frozen=True, slots=True)
class Checked:
    """One gold item or control. ``hit``: the gold answer was right; on a control, a side was preferred."""

    rater: str
    hit: bool


@dataclass(frozen=True, slots=True)
class QualityRecords:
    """Records from which the figures are computed, of one rater or of several."""

    answers: tuple[Answered, ...] = ()
    repeats: tuple[Repeated, ...] = ()
    gold: tuple[Checked, ...] = ()
    controls: tuple[Checked, ...] = ()

    def of(self, raters: Collection[str]) -> QualityRecords:
        return QualityRecords(*(tuple(r for r in rows if r.rater in raters) for rows in self._all))

    def by_rater(self) -> dict[str, QualityRecords]:
        """Return each rater's records, in one pass: imported votes may come from thousands of raters."""
        of_kinds = [grouped((record.rater, record) for record in rows) for rows in self._all]
        raters = dict.fromkeys(rater for groups in of_kinds for rater in groups)
        return {r: QualityRecords(*(tuple(groups.get(r, ())) for groups in of_kinds)) for r in raters}

    @property
    def _all(self) -> tuple[tuple[Any, ...], ...]:
        return self.answers, self.repeats, self.gold, self.controls


@dataclass(frozen=True, slots=True)
class Proportion:
    """A number of hits out of ``n``. ``value`` and its interval, 0 to 1, are None where ``n`` is 0."""

    hits: int
    n: int
    value: float | None
    low: float | None
    high: float | None
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class GradeHabits:
    """How grades were given, by one rater or by several."""

    mean: float
    spread: float | None  # standard deviation; None of a single grade
    most_given: int  # the grade that was given most often; the lowest of several
    share: float  # share of the grades that are ``most_given``
    change: float | None  # mean absolute difference of a hidden repeat; None without repeats


@dataclass(frozen=True, slots=True)
class QualityFigures:
    """Quality figures of one rater, or of several together."""

    judgments: int  # number of judgments of ordinary comparisons, without hidden repeats
    median_seconds: float | None  # median active time of a judgment; None where no time is known
    fast: Proportion  # share of the timed judgments that took less than `FAST_SECONDS`
    repeats: Proportion  # share of hidden repeats answered alike; *both bad* counts as a tie
    repeat_alpha: float | None  # Krippendorff's nominal α of these; None below `ALPHA_REPEATS`
    gold: Proportion  # share of the gold items on which the known better answer was preferred
    controls: Proportion  # share of the controls (one system twice) with a side preferred
    left: Proportion  # share of the decisive judgments with known sides that were for the left answer
    grades: GradeHabits | None = None  # of raters who grade one answer at a time


def quality_figures(records: QualityRecords, level: float = 0.95) -> QualityFigures:
    """Return all figures; intervals are Wilson's for one rater, clustered by rater for several."""
    timed = [(r.rater, r.seconds) for r in records.answers if r.seconds is not None]
    return QualityFigures(
        judgments=len(records.answers),
        median_seconds=median(seconds for _, seconds in timed) if timed else None,
        fast=proportion([(rater, seconds < FAST_SECONDS) for rater, seconds in timed], level),
        repeats=proportion([(r.rater, r.first == r.again) for r in records.repeats], level),
        repeat_alpha=_repeat_alpha(records.repeats),
        gold=proportion([(r.rater, r.hit) for r in records.gold], level),
        controls=proportion([(r.rater, r.hit) for r in records.controls], level),
        left=proportion([(r.rater, r.side == "left") for r in records.answers if r.side], level),
        grades=_grade_habits(records),
    )


def _grade_habits(records: QualityRecords) -> GradeHabits | None:
    grades = sorted(r.grade for r in records.answers if r.grade is not None)
    if not grades:
        return None
    most, number = Counter(grades).most_common(1)[0]
    change = fmean(abs(r.again - r.first) for r in records.repeats) if records.repeats else None
    spread = stdev(grades) if len(grades) > 1 else None
    return GradeHabits(fmean(grades), spread, most, number / len(grades), change)


def proportion(outcomes: Sequence[tuple[str, bool]], level: float = 0.95) -> Proportion:
    n = len(outcomes)
    if n == 0:
        return Proportion(0, 0, None, None, None, level)
    values = np.array([hit for _, hit in outcomes], dtype=np.float64)
    raters = np.unique([rater for rater, _ in outcomes], return_inverse=True)[1].astype(np.int64)
    low, high = interval_by_rater(values, raters, level)
    hits = int(values.sum())
    return Proportion(hits, n, hits / n, low, high, level)


def _repeat_alpha(repeats: Sequence[Repeated]) -> float | None:
    if len(repeats) < ALPHA_REPEATS:
        return None
    alpha = krippendorff_alpha(np.array([(r.first, r.again) for r in repeats], dtype=np.float64), "nominal")
    return None if alpha is None or math.isnan(alpha) else alpha
