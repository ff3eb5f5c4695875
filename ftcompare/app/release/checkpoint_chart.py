"""The chart of a checkpoint history: from its rows to points. Imports matplotlib."""

from __future__ import annotations

from collections.abc import Sequence

from ftcompare.app.release.checkpoint_history import LedgerRow, distinct_names
from ftcompare.app.results.presentation.chart_data import CheckpointChart, CheckpointPoint

CHART_WIDTH = 720
"""Pixels of a chart that is written to a file."""


def checkpoint_chart(rows: Sequence[LedgerRow]) -> CheckpointChart:
    """The chart of a history's rows: those of one kind of rater, in their order."""
    return CheckpointChart(
        tuple(
            CheckpointPoint(name, row.rate.value, row.rate.low, row.rate.high, row.prompts)
            for name, row in zip(distinct_names(rows), rows, strict=True)
        )
    )
