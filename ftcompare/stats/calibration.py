"""Calibration: whether a system's confidence in its answers predicts how often they are correct."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ftcompare.stats.vote_table import FloatArray

BINS = 10

LEAST_BINNED = 50
"""Minimum number of answers for a calibration error: bins of fewer than five answers are mostly noise."""


@dataclass(frozen=True, slots=True)
class ConfidentAnswer:
    """An answer with its system's confidence and its correctness."""

    prompt: str  # the answered prompt
    confidence: float  # 0 to 1
    correct: bool


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Answers of neighbouring confidence."""

    low: float  # the lowest confidence in the bin; ``high`` the highest
    high: float
    confidence: float  # mean confidence
    # share of correct answers, 0 to 1. Where answers of one confidence fall into two bins, each of them
    # counts with their mean correctness.
    correct: float
    answers: int  # number of answers


@dataclass(frozen=True, slots=True)
class Calibration:
    """The confidence of one system compared with the correctness of its answers."""

    answers: int  # number of answers; ``prompts`` the number of answered prompts
    prompts: int
    confidence: float  # mean confidence, 0 to 1
    correct: float  # share of correct answers, 0 to 1
    brier: float  # mean of (confidence - correct)², 0 to 1; lower is better
    # by ascending confidence; empty for fewer than `LEAST_BINNED` answers
    bins: tuple[CalibrationBin, ...] = ()
    error: float | None = None  # expected calibration error (ECE), 0 to 1; None without bins
    # approximate ECE of a perfectly calibrated system with these confidences
    error_by_chance: float | None = None


def calibration(answers: Sequence[ConfidentAnswer]) -> Calibration | None:
    """Calibration figures of the answers of one system.

    ECE = Σ_k n_k / n · |share correct − mean confidence| over `BINS` bins of equal size (Nguyen &
    O'Connor 2015, "Posterior calibration and exploratory analysis for NLP models", EMNLP; Naeini et al. 2015,
    AAAI). By chance: Σ_k n_k / n · √(2 / π) σ_k with σ_k² = Σ c (1 − c) / n_k², the mean distance of a
    normal deviate. Brier: Brier 1950, Monthly Weather Review 78:1-3.

    Returns:
        None for no answers.
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
