"""A forest plot of other shares than win rates: its axis, its counts, its decimals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes

from ftcompare.app.results import charts

PLOT = charts.ForestPlot(
    a="",
    b="",
    rows=(
        charts.ForestRow("all", "", "All prompts", 0.25, 0.1, 0.45, 24, count="6 of 24"),
        charts.ForestRow("category", "", "No category", None, None, None, 0),
    ),
    left_words="",
    right_words="",
    axis_words="share of the prompts judged",
    middle=None,
    end=0.6,
    decimals=1,
)


def axes_of(plot: charts.ForestPlot) -> Axes:
    (axes,) = charts.figure(plot, charts.PAPER, 800).axes
    return axes


def test_the_axis_ends_where_it_is_told_and_says_what_it_is() -> None:
    axes = axes_of(PLOT)
    assert axes.get_xlim() == (0, 0.6)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0%", "15%", "30%", "45%", "60%"]
    drawn = charts.svg(charts.figure(PLOT, charts.PAPER, 800)).decode()
    assert "share of the prompts judged" in drawn
    assert "preferred" not in drawn


def test_counts_and_decimals_are_as_asked_for() -> None:
    drawn = charts.svg(charts.figure(PLOT, charts.PAPER, 800)).decode()
    for text in ("25.0%", "(10.0–45.0)", "6 of 24", "n = 0"):
        assert text in drawn
    assert PLOT.description.splitlines()[0] == "All prompts: 25.0% (10.0–45.0) 6 of 24"


def test_the_dashed_line_stands_where_asked_or_nowhere() -> None:
    def dashed(plot: charts.ForestPlot) -> list[float]:
        lines = [line for line in axes_of(plot).lines if line.get_linestyle() == "--"]
        return [float(np.asarray(line.get_xdata())[0]) for line in lines]

    assert dashed(PLOT) == []
    assert dashed(replace(PLOT, middle=0.4)) == [0.4]
