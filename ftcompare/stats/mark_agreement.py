"""Agreement of two experts' marks: by word (Krippendorff's α) and by passage (F1).

Only answers that both experts reviewed count. A mark for missing text covers no word and no passage, and is
in neither figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from ftcompare.stats.error_score import ErrorSpan, ReviewedAnswer
from ftcompare.stats.resampling import RESAMPLES, Interval, percentile_interval, resampled_units
from ftcompare.stats.vote_table import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class MarkAgreement:
    """Agreement of two experts on the answers that both reviewed."""

    experts: tuple[str, str]  # their names
    answers: int  # number of answers that both reviewed; ``words`` the number of words in these
    words: int
    # Krippendorff's α over words, each marked or not; None where no word or every word is marked
    alpha: float | None
    # interval from resampled answers; None where α is None, or without a generator
    alpha_interval: Interval | None
    # α for each type of error that either expert used: marked with this type or not
    alpha_by_type: tuple[tuple[str, float | None], ...]
    f1: float | None  # F1 of overlapping passages; None where neither expert marked a passage
    f1_same_type: float | None  # F1 where overlapping passages must also have the same type
    passages: tuple[int, int]  # number of passages that each expert marked


def mark_agreement(
    reviewed: Sequence[ReviewedAnswer], rng: np.random.Generator | None = None, level: float = 0.95
) -> tuple[MarkAgreement, ...]:
    """Agreement of every pair of experts who reviewed the same answer, sorted by name."""
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
    """Numbers of words marked by neither, one and both experts; by marks of one type, or of any type."""
    times = _marked(one, kind).astype(int) + _marked(other, kind)
    return np.bincount(times, minlength=3).astype(np.float64)


def _marked(one: ReviewedAnswer, kind: str) -> BoolArray:
    """For each word, whether a mark of this type (or of any type) covers one of its characters."""
    found = np.zeros(len(one.words), dtype=np.bool_)
    places = np.array(one.words, dtype=np.int64).reshape(-1, 2)
    for span in _passages(one):
        if kind in ("", span.error_type):
            found |= (places[:, 0] < span.end) & (span.start < places[:, 1])
    return found


def word_alpha(cells: FloatArray) -> float | None:
    """Krippendorff's nominal α of two raters who marked words or did not.

    α = 1 - (n - 1) o / (n₀ n₁): n = 2 · words is the number of ratings, n₁ of them marked and n₀ not; o is
    the number of words that only one rater marked. This is `agreement.disagreement` for two categories and
    two ratings per unit. Source:

    Returns:
        None where all ratings are equal.
    """
    found = _alphas(np.asarray(cells)[None])[0]
    return None if np.isnan(found) else float(found)


def _alphas(cells: FloatArray) -> FloatArray:
    """α of each row of cells; NaN where all ratings are equal."""
    neither, one, both = cells.T
    unmarked, marked = 2 * neither + one, 2 * both + one
    with np.errstate(invalid="ignore", divide="ignore"):
        alpha = 1 - (unmarked + marked - 1) * one / (unmarked * marked)
    return np.where(unmarked * marked > 0, alpha, np.nan)


def _interval(counts: FloatArray, rng: np.random.Generator | None, level: float) -> Interval | None:
    """Interval from resampling answers, each with all its words: words of one answer are dependent."""
    if rng is None or word_alpha(counts.sum(axis=0)) is None:
        return None
    drawn = _alphas(resampled_units(counts, rng, RESAMPLES))
    return percentile_interval(drawn, len(counts), level, ends=(-1.0, 1.0))


def passage_f1(rows: Iterable[tuple[ReviewedAnswer, ReviewedAnswer]], *, same_type: bool) -> float | None:
    """F1 of the passages of two experts: 2 M / (n₁ + n₂), M the maximum number of disjoint overlapping pairs.

    Returns:
        None where neither expert marked a passage.
    """
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


def _overlap(one: ErrorSpan, other: ErrorSpan, *, same_type: bool) -> bool:
    if same_type and one.error_type != other.error_type:
        return False
    return one.start < other.end and other.start < one.end


def _passages(one: ReviewedAnswer) -> list[ErrorSpan]:
    return [span for span in one.spans if span.end > span.start]


def _count(reviewed: Iterable[ReviewedAnswer]) -> int:
    return sum(len(_passages(one)) for one in reviewed)
