"""Quality of raters: speed, hidden repeats, gold items, controls, preferred side."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from ftcompare.stats.agreement import krippendorff_alpha
from ftcompare.stats.position_and_length_bias import interval_by_rater

FAST_SECONDS = 3.0  # two answers cannot be read in less time, in seconds, however short they are
ALPHA_REPEATS = 10  # minimum number of repeats for α; with fewer it is mostly noise and is not shown


@dataclass(frozen=True, slots=True)
class Answered:
    """One judgment of an ordinary comparison."""

    rater: str  # key that is equal for judgments by the same rater
    seconds: float | None  # active time; None where unknown
    side: str = ""  # ``left`` or ``right`` where a side was chosen and is known, else empty


@dataclass(frozen=True, slots=True)
class Repeated:
    """A pair that was judged twice: -1 for response a, 1 for b, 0 for neither (tie or both bad)."""

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
    """All records from which the figures are computed, of one rater or of several."""

    answers: tuple[Answered, ...] = ()
    repeats: tuple[Repeated, ...] = ()
    gold: tuple[Checked, ...] = ()
    controls: tuple[Checked, ...] = ()

    def of(self, raters: Collection[str]) -> QualityRecords:
        return QualityRecords(*(tuple(r for r in rows if r.rater in raters) for rows in self._all))

    def by_rater(self) -> dict[str, QualityRecords]:
        """The records of each rater, in one pass: imported votes may come from thousands of raters."""
        grouped = [_grouped(rows) for rows in self._all]
        raters = dict.fromkeys(rater for groups in grouped for rater in groups)
        return {r: QualityRecords(*(tuple(groups.get(r, ())) for groups in grouped)) for r in raters}

    @property
    def _all(self) -> tuple[tuple[Any, ...], ...]:
        return self.answers, self.repeats, self.gold, self.controls


def _grouped(records: Iterable[Any]) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for record in records:
        groups.setdefault(record.rater, []).append(record)
    return groups


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
class QualityFigures:
    """Quality figures of one rater, or of several together."""

    judgments: int  # number of judgments of ordinary comparisons, without hidden repeats
    median_seconds: float | None  # median active time of a judgment; None where no time is known
    fast: Proportion  # share of the timed judgments that took less than `FAST_SECONDS`
    # share of the hidden repeats on which the same response was preferred again, or neither both times (*both
    # bad* counts as a tie)
    repeats: Proportion
    # Krippendorff's α (nominal) of first and second answers, which corrects for chance; None below
    # `ALPHA_REPEATS` repeats or where all answers are equal
    repeat_alpha: float | None
    gold: Proportion  # share of the gold items on which the known better answer was preferred
    # share of the controls (the same system twice) on which a side was preferred: false preferences
    controls: Proportion
    left: Proportion  # share of the decisive judgments with known sides that were for the left answer


def quality_figures(records: QualityRecords, level: float = 0.95) -> QualityFigures:
    """All figures. Intervals are Wilson's for one rater, clustered by rater for several."""
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
    )


def proportion(outcomes: Sequence[tuple[str, bool]], level: float = 0.95) -> Proportion:
    """The proportion of hits, hits / n, with `interval_by_rater`."""
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
