"""Answers of which it is known whether they are correct: labels, fields, calibration, and pass@k."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from ftcompare.stats.resampling import SEED, Interval, percentile_interval, resampled_units
from ftcompare.stats.vote_table import FloatArray

NO_LABEL = ""  # the label of a text that names no label, or several


@dataclass(frozen=True, slots=True)
class LabelScore:
    label: str
    right: int  # number of answers whose correct label it is
    named: int  # number of answers that name it
    hit: int  # number of answers that name it correctly

    @property
    def precision(self) -> float:
        """Share of the answers that name the label for which it is correct; 0 where no answer names it."""
        return self.hit / self.named if self.named else 0.0

    @property
    def recall(self) -> float:
        """Share of the answers with this correct label that name it; 0 where there are none."""
        return self.hit / self.right if self.right else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; at least one answer must have or name the label."""
        return 2 * self.hit / (self.named + self.right)


@dataclass(frozen=True, slots=True)
class Classification:
    scores: tuple[LabelScore, ...]  # of each label that is correct or named, in alphabetical order
    counts: dict[tuple[str, str], int]  # by correct and named label, which may be `NO_LABEL`

    @property
    def answers(self) -> int:
        return sum(self.counts.values())

    @property
    def accuracy(self) -> float:
        """Share of the answers that name the correct label and no other."""
        return sum(score.hit for score in self.scores) / self.answers

    @property
    def macro_precision(self) -> float:
        return sum(score.precision for score in self.scores) / len(self.scores)

    @property
    def macro_recall(self) -> float:
        return sum(score.recall for score in self.scores) / len(self.scores)

    @property
    def macro_f1(self) -> float:
        return sum(score.f1 for score in self.scores) / len(self.scores)


def classification(pairs: Iterable[tuple[str, str]]) -> Classification | None:
    """Score (correct, named) labels as scikit-learn, with 0 for undefined values; None for no answers."""
    counts = Counter(pairs)
    if not counts:
        return None
    labels = sorted({label for pair in counts for label in pair} - {NO_LABEL})
    scores = tuple(
        LabelScore(
            label,
            sum(n for (right, _), n in counts.items() if right == label),
            sum(n for (_, named), n in counts.items() if named == label),
            counts[label, label],
        )
        for label in labels
    )
    return Classification(scores, dict(counts))


BINS = 10

LEAST_BINNED = 50  # minimum number of answers for a calibration error: smaller bins are mostly noise


@dataclass(frozen=True, slots=True)
class ConfidentAnswer:
    """An answer with its system's confidence and its correctness."""

    prompt: str  # the answered prompt
    confidence: float  # 0 to 1
    correct: bool


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    low: float  # the lowest confidence in the bin; ``high`` the highest
    high: float
    confidence: float  # mean confidence
    correct: float  # share, 0 to 1; answers of one confidence count with their mean in every bin
    answers: int  # number of answers


@dataclass(frozen=True, slots=True)
class Calibration:
    answers: int  # number of answers; ``prompts`` the number of answered prompts
    prompts: int
    confidence: float  # mean confidence, 0 to 1
    correct: float  # share of correct answers, 0 to 1
    brier: float  # mean of (confidence - correct)², 0 to 1; lower is better
    bins: tuple[CalibrationBin, ...] = ()  # by ascending confidence, from `LEAST_BINNED` answers on
    error: float | None = None  # expected calibration error (ECE), 0 to 1; None without bins
    error_by_chance: float | None = None  # approximate ECE of a perfectly calibrated system


def calibration(answers: Sequence[ConfidentAnswer]) -> Calibration | None:
    """Return calibration figures of the answers of one system; None for no answers.

    ECE = Σ_k n_k / n · |share correct − mean confidence| over `BINS` bins of equal size (Nguyen & O'Connor
    2015, "Posterior calibration and exploratory analysis for NLP models", EMNLP; Naeini et al. 2015, AAAI).
    By chance: Σ_k n_k / n · √(2 / π) σ_k with σ_k² = Σ c (1 − c) / n_k², the mean distance of a normal
    deviate. Brier: Brier 1950, Monthly Weather Review 78:1-3.
    """
    if not answers:
        return None
    confidence = np.array([one.confidence for one in answers])
    correct = np.array([float(one.correct) for one in answers])
    bins = _bins(confidence, correct) if len(answers) >= LEAST_BINNED else ()
    error = sum(one.answers * abs(one.correct - one.confidence) for one in bins) / len(answers)
    return Calibration(
        answers=len(answers),
        prompts=len({one.prompt for one in answers}),
        confidence=float(confidence.mean()),
        correct=float(correct.mean()),
        brier=float(((confidence - correct) ** 2).mean()),
        bins=bins,
        error=error if bins else None,
        error_by_chance=_error_by_chance(confidence) if bins else None,
    )


def _bins(confidence: FloatArray, correct: FloatArray) -> tuple[CalibrationBin, ...]:
    _, group = np.unique(confidence, return_inverse=True)
    shared = np.bincount(group, weights=correct) / np.bincount(group)
    order = np.argsort(confidence, kind="stable")
    return tuple(
        CalibrationBin(
            low=float(confidence[places[0]]),
            high=float(confidence[places[-1]]),
            confidence=float(confidence[places].mean()),
            correct=float(shared[group[places]].mean()),
            answers=len(places),
        )
        for places in np.array_split(order, BINS)
    )


def _error_by_chance(confidence: FloatArray) -> float:
    parts = np.array_split(np.sort(confidence), BINS)
    deviations = (math.sqrt(float((part * (1 - part)).sum())) for part in parts)
    return math.sqrt(2 / math.pi) * sum(deviations) / len(confidence)


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """Return the probability that at least one of k samples, drawn without replacement, passes.

    1 - C(n - c, k) / C(n, k), the unbiased estimator of Chen et al. 2021, "Evaluating large language models
    trained on code", section 2.1, from n >= 1 `samples` of which c, 0 to n, `passed`; k is 1 to n. Raises
    ValueError for an argument out of its range.
    """
    if not (1 <= k <= samples and 0 <= passed <= samples):
        raise ValueError(f"pass@{k} is not defined for {passed} of {samples} samples.")
    return 1 - comb(samples - passed, k) / comb(samples, k)


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
