"""All sources of the matrix, and all runs that compute measures. Add a new one here."""

from __future__ import annotations

from ftcompare.app.results.matrix import (
    checks,
    code,
    confidence,
    consistency,
    judges,
    judging,
    labels,
    retention,
    safety,
    speed,
)
from ftcompare.app.results.measure_matrix import MeasureSource
from ftcompare.app.results.measure_runs import MeasureRun

SOURCES: tuple[MeasureSource, ...] = (
    checks.SOURCE,
    judges.SOURCE,
    labels.SOURCE,
    code.SOURCE,
    safety.SAFETY,
    consistency.SOURCE,
    confidence.SOURCE,
    retention.SOURCE,
    speed.SOURCE,
)
"""One source for each group. `MeasureGroup` defines the order of groups."""

RUNS: tuple[MeasureRun, ...] = (
    labels.SCORE_LABELS,
    code.RUN_CODE,
    judging.JUDGE,
    confidence.SCORE,
    retention.RUN,
    retention.CHOICE,
)
"""The runs in the order of their buttons."""
