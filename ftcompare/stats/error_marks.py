"""Errors that experts marked: scores of systems, their difference, and the agreement of two experts.

An answer counts once an expert has reviewed it. A reviewed answer without marks has a score of 0; an answer
that was never reviewed has no score. Agreement is by word (Krippendorff's α) and by passage (F1), on answers
that both experts reviewed; a mark for missing text covers no word and no passage, and is in neither figure.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import sparse, special
from scipy.sparse import csgraph

from ftcompare.core.grouping import grouped
from ftcompare.stats.resampling import RESAMPLES, Interval, percentile_interval, resampled_units
from ftcompare.stats.vote_table import BoolArray, FloatArray

PER_WORDS = 100

FREEDOM = 1.25  # degrees of freedom per effective prompt; by simulation (`benchmarks/error_scores.py`)

LEAST_SCORED = 20
"""Minimum number of prompts for an interval. With fewer, the intervals of all methods that were tried cover
the true difference in only 77% to 92% of simulated studies (docs/explanation/terms-and-marks.md)."""

JACKKNIFE = "jackknife over prompts, t"


@dataclass(frozen=True, slots=True)
class ErrorSpan:
    """A marked error: characters from ``start`` to ``end`` (exclusive); equal where text is missing."""

    start: int
    end: int
    error_type: str
    severity: str
    weight: float


@dataclass(frozen=True, slots=True)
class ReviewedAnswer:
    answer: str  # key that identifies the answer
    prompt: str  # the answered prompt
    system: str  # the system that wrote it
    expert: str  # the expert who reviewed it
    words: tuple[tuple[int, int], ...]  # positions of its words in order, start and end (exclusive)
    spans: tuple[ErrorSpan, ...]  # the errors that the expert marked

    @property
    def weight(self) -> float:
        return sum(span.weight for span in self.spans)


@dataclass(frozen=True, slots=True)
class ErrorScore:
    """Sums over the reviewed answers of one system."""

    answers: int  # number of reviewed answers
    words: int  # number of their words
    weight: float  # sum of error weights; for an answer with several reviewers, the mean of their sums
    errors: int  # number of marked errors; an error that two experts marked counts twice

    @property
    def score(self) -> float | None:
        """Weight per 100 words; None where there are no words."""
        return PER_WORDS * self.weight / self.words if self.words else None


@dataclass(frozen=True, slots=True)
class ScoreDifference:
    """The score of b minus that of a, on the prompts where the same experts reviewed both."""

    score_a: float  # score of a on these prompts only; ``score_b`` likewise
    score_b: float
    difference: float  # below 0 where b has fewer or less severe errors
    low: float | None  # None, as ``high``, below `LEAST_SCORED` prompts or if no omission matters
    high: float | None
    prompts: int  # number of these prompts
    level: float  # nominal coverage

    @property
    def told_apart(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


@dataclass(frozen=True, slots=True)
class _Reviews:
    """Sums over answers: words, and mean weight over their reviewers."""

    words: float = 0.0
    weight: float = 0.0


def error_scores(reviewed: Iterable[ReviewedAnswer]) -> dict[str, ErrorScore]:
    """Return the score of each system: 100 Σ weights / Σ words.

    Source: Lommel, Uszkoreit & Burchardt 2014, "Multidimensional Quality Metrics", Tradumàtica 12:455-463.
    """
    found = grouped((reviews[0].system, reviews) for reviews in _by_answer(reviewed).values())
    return {
        system: ErrorScore(
            answers=len(answers),
            words=sum(len(reviews[0].words) for reviews in answers),
            weight=sum(_mean_weight(reviews) for reviews in answers),
            errors=sum(len(one.spans) for reviews in answers for one in reviews),
        )
        for system, answers in found.items()
    }


def error_counts(reviewed: Iterable[ReviewedAnswer]) -> Counter[tuple[str, str, str]]:
    """Count marked errors by system, type and severity; one that two experts marked counts twice."""
    return Counter((one.system, span.error_type, span.severity) for one in reviewed for span in one.spans)


def score_difference(
    reviewed: Sequence[ReviewedAnswer], a: str, b: str, level: float = 0.95
) -> ScoreDifference | None:
    """Return the difference of two systems' scores on the same prompts.

    D = 100 (Σ w_b / Σ n_b - Σ w_a / Σ n_a) over P prompts, with error weights w and numbers of words n.
    Interval: D ± t √V, V = (P-1)/P · Σ_p u_p², u_p = D_-p - D̄, where D_-p omits prompt p (jackknife); t on
    `FREEDOM` (Σ u²)² / Σ u⁴ degrees of freedom, at least 1 and at most P - 1, because few prompts with severe
    errors decide alone. Only experts who reviewed answers of both systems to a prompt count for that prompt.
    Source: Tukey 1958; Efron & Stein 1981, Annals of Statistics 9:586-596. None where no prompt has reviewed
    words of both systems.
    """
    # The reviews of both systems by experts who reviewed both of them on that prompt.
    experts: dict[tuple[str, str], set[str]] = defaultdict(set)
    of_both = [one for one in reviewed if one.system in (a, b)]
    for one in of_both:
        experts[one.prompt, one.system].add(one.expert)
    kept = [one for one in of_both if all(one.expert in experts[one.prompt, s] for s in (a, b))]
    sides = {system: _by_prompt(kept, system) for system in (a, b)}
    prompts = sorted(sides[a].keys() & sides[b].keys())
    table = np.array(
        [[value for s in (a, b) for value in (sides[s][p].weight, sides[s][p].words)] for p in prompts]
    ).reshape(-1, 4)
    if not np.all(table.sum(axis=0)[[1, 3]]):
        return None
    whole = table.sum(axis=0)
    score_a, score_b = (float(PER_WORDS * whole[i] / whole[i + 1]) for i in (0, 2))
    margin = jackknife_margin(table, level) if len(prompts) >= LEAST_SCORED else None
    difference = score_b - score_a
    low, high = (None, None) if margin is None else (difference - margin, difference + margin)
    return ScoreDifference(score_a, score_b, difference, low, high, len(prompts), level)


def jackknife_margin(table: FloatArray, level: float) -> float | None:
    """Return the half-width of the jackknife interval of the difference of two scores.

    `table`: prompts x (weight of a, words of a, weight of b, words of b), at least two rows. None where
    omitting a prompt changes nothing, or leaves no words.
    """
    count = len(table)
    without = table.sum(axis=0) - table
    if not np.all(without[:, [1, 3]] > 0):
        return None
    drawn = PER_WORDS * (without[:, 2] / without[:, 3] - without[:, 0] / without[:, 1])
    squares = (drawn - drawn.mean()) ** 2
    total = float(squares.sum())
    if not total:
        return None
    freedom = min(count - 1, max(1.0, FREEDOM * total**2 / float(squares @ squares)))
    return float(special.stdtrit(freedom, (1 + level) / 2)) * math.sqrt((count - 1) / count * total)


def _by_answer(reviewed: Iterable[ReviewedAnswer]) -> dict[str, list[ReviewedAnswer]]:
    return grouped((one.answer, one) for one in reviewed)


def _mean_weight(reviews: Sequence[ReviewedAnswer]) -> float:
    return sum(one.weight for one in reviews) / len(reviews)


def _by_prompt(reviewed: Iterable[ReviewedAnswer], system: str) -> Mapping[str, _Reviews]:
    """Return sums by prompt; several answers of the system to one prompt are added."""
    found: dict[str, _Reviews] = defaultdict(_Reviews)
    for reviews in _by_answer(one for one in reviewed if one.system == system).values():
        before, prompt = found[reviews[0].prompt], reviews[0].prompt
        found[prompt] = _Reviews(before.words + len(reviews[0].words), before.weight + _mean_weight(reviews))
    return found


@dataclass(frozen=True, slots=True)
class MarkAgreement:
    """Agreement of two experts on the answers that both reviewed."""

    experts: tuple[str, str]  # their names
    answers: int  # number of answers that both reviewed; ``words`` the number of words in these
    words: int
    alpha: float | None  # Krippendorff's α over words, marked or not; None where all are equal
    alpha_interval: Interval | None  # from resampled answers; None without α or generator
    alpha_by_type: tuple[tuple[str, float | None], ...]  # α of marks of each type in use
    f1: float | None  # F1 of overlapping passages; None where neither expert marked a passage
    f1_same_type: float | None  # F1 where overlapping passages must also have the same type
    passages: tuple[int, int]  # number of passages that each expert marked


def mark_agreement(
    reviewed: Sequence[ReviewedAnswer], rng: np.random.Generator | None = None, level: float = 0.95
) -> tuple[MarkAgreement, ...]:
    """Return the agreement of every pair of experts who reviewed the same answer, sorted by name."""
    experts = sorted({one.expert for one in reviewed})
    found = (_agreement(reviewed, pair, rng, level) for pair in combinations(experts, 2))
    return tuple(one for one in found if one is not None)


def _agreement(
    reviewed: Iterable[ReviewedAnswer], pair: tuple[str, str], rng: np.random.Generator | None, level: float
) -> MarkAgreement | None:
    given = {(one.answer, one.expert): one for one in reviewed if one.expert in pair}
    both = sorted(answer for answer, expert in given if expert == pair[0] and (answer, pair[1]) in given)
    if not both:
        return None
    rows = [(given[answer, pair[0]], given[answer, pair[1]]) for answer in both]
    types = sorted({span.error_type for row in rows for one in row for span in _passages(one)})
    counts = np.array([_cells(*row) for row in rows])
    return MarkAgreement(
        experts=pair,
        answers=len(both),
        words=sum(len(one.words) for one, _ in rows),
        alpha=word_alpha(counts.sum(axis=0)),
        alpha_interval=_interval(counts, rng, level),
        alpha_by_type=tuple(
            (kind, word_alpha(sum((_cells(*row, kind) for row in rows), np.zeros(3)))) for kind in types
        ),
        f1=passage_f1(rows, same_type=False),
        f1_same_type=passage_f1(rows, same_type=True),
        passages=(_count(one for one, _ in rows), _count(one for _, one in rows)),
    )


def _cells(one: ReviewedAnswer, other: ReviewedAnswer, kind: str = "") -> FloatArray:
    """Count words marked by neither, one and both experts; by marks of one type, or of any type."""
    times = _marked(one, kind).astype(int) + _marked(other, kind)
    return np.bincount(times, minlength=3).astype(np.float64)


def _marked(answer: ReviewedAnswer, kind: str) -> BoolArray:
    """Return for each word whether a mark of this type (or of any type) covers one of its characters."""
    found = np.zeros(len(answer.words), dtype=np.bool_)
    places = np.array(answer.words, dtype=np.int64).reshape(-1, 2)
    for span in _passages(answer):
        if kind in ("", span.error_type):
            found |= (places[:, 0] < span.end) & (span.start < places[:, 1])
    return found


def word_alpha(cells: FloatArray) -> float | None:
    """Return Krippendorff's nominal α of two raters who marked words or did not.

    α = 1 - (n - 1) o / (n₀ n₁): n = 2 · words is the number of ratings, n₁ of them marked and n₀ not; o is
    the number of words that only one rater marked. This is `agreement.disagreement` for two categories and
    two ratings per unit. None where all ratings are equal.
    """
    found = _alphas(np.asarray(cells)[None])[0]
    return None if np.isnan(found) else float(found)


def _alphas(cells: FloatArray) -> FloatArray:
    """Return α of each row of cells; NaN where all ratings are equal."""
    neither, one, both = cells.T
    unmarked, marked = 2 * neither + one, 2 * both + one
    with np.errstate(invalid="ignore", divide="ignore"):
        alpha = 1 - (unmarked + marked - 1) * one / (unmarked * marked)
    return np.where(unmarked * marked > 0, alpha, np.nan)


def _interval(counts: FloatArray, rng: np.random.Generator | None, level: float) -> Interval | None:
    """Resample answers, each with all its words: words of one answer are dependent."""
    if rng is None or word_alpha(counts.sum(axis=0)) is None:
        return None
    drawn = _alphas(resampled_units(counts, rng, RESAMPLES))
    return percentile_interval(drawn, len(counts), level, ends=(-1.0, 1.0))


def passage_f1(rows: Iterable[tuple[ReviewedAnswer, ReviewedAnswer]], *, same_type: bool) -> float | None:
    """Return F1 = 2 M / (n₁ + n₂) of passages, M disjoint overlapping pairs; None without passages."""
    matched = total = 0
    for one, other in rows:
        first, second = _passages(one), _passages(other)
        matched += _matched(first, second, same_type=same_type)
        total += len(first) + len(second)
    return 2 * matched / total if total else None


def _matched(first: Sequence[ErrorSpan], second: Sequence[ErrorSpan], *, same_type: bool) -> int:
    if not first or not second:
        return 0
    overlap = np.array([[_overlap(x, y, same_type=same_type) for y in second] for x in first])
    pairs = csgraph.maximum_bipartite_matching(sparse.csr_array(overlap.astype(np.int8)))
    return int((pairs >= 0).sum())


def _overlap(first: ErrorSpan, second: ErrorSpan, *, same_type: bool) -> bool:
    if same_type and first.error_type != second.error_type:
        return False
    return first.start < second.end and second.start < first.end


def _passages(answer: ReviewedAnswer) -> list[ErrorSpan]:
    return [span for span in answer.spans if span.end > span.start]


def _count(reviewed: Iterable[ReviewedAnswer]) -> int:
    return sum(len(_passages(one)) for one in reviewed)
