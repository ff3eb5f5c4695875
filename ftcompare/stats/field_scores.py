"""Precision, recall, and F1 of fields from counts over prompts, and their paired differences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ftcompare.stats.resampling import SEED, Interval, percentile_interval, resampled_units
from ftcompare.stats.vote_table import FloatArray


@dataclass(frozen=True, slots=True)
class FieldScore:
    """Scores from 0 to 1, 0 where undefined, as scikit-learn's."""

    right: float  # number of items that are right, given, and expected
    given: float
    expected: float
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """F1 of b minus F1 of a on the same prompts, with its interval."""

    f1_a: float
    f1_b: float
    interval: Interval

    @property
    def difference(self) -> float:
        return self.f1_b - self.f1_a


def field_score(right: float, answered: float, expected: float) -> FieldScore:
    precision, recall = (right / count if count else 0.0 for count in (answered, expected))
    total = answered + expected
    return FieldScore(right, answered, expected, precision, recall, 2 * right / total if total else 0.0)


def macro_score(scores: list[FieldScore]) -> FieldScore:
    """Return the means over the fields with expected items, and the sums of counts, of at least one field."""
    scores = [one for one in scores if one.expected] or scores
    columns = zip(*((s.right, s.given, s.expected, s.precision, s.recall, s.f1) for s in scores), strict=True)
    right, given, expected, *means = (sum(column) for column in columns)
    return FieldScore(right, given, expected, *(one / len(scores) for one in means))


def field_differences(a: FloatArray, b: FloatArray) -> list[FieldDifference]:
    """Return the differences of each field, then of micro and macro F1.

    Arguments are counts (prompts x fields x right, given, expected) on the same prompts. Prompts are drawn
    with replacement; see `percentile_interval`.
    """
    prompts, fields, _ = a.shape
    features = np.concatenate([a.reshape(prompts, -1), b.reshape(prompts, -1)], axis=1)
    drawn = resampled_units(features, np.random.default_rng(SEED))
    sums = np.concatenate([features.sum(axis=0)[None], drawn]).reshape(-1, 2, fields, 3)
    single, wanted = _f1(sums), sums[0, 0, :, 2] > 0
    macro = single[..., wanted if wanted.any() else slice(None)].mean(axis=2)
    every = np.concatenate([single, _f1(sums.sum(axis=2))[..., None], macro[..., None]], axis=2)
    return [
        FieldDifference(
            float(every[0, 0, one]),
            float(every[0, 1, one]),
            percentile_interval(every[1:, 1, one] - every[1:, 0, one], prompts, ends=(-1.0, 1.0)),
        )
        for one in range(fields + 2)
    ]


def _f1(counts: FloatArray) -> FloatArray:
    total = counts[..., 1] + counts[..., 2]
    return np.divide(2 * counts[..., 0], total, out=np.zeros_like(total), where=total > 0)
