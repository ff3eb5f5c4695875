"""The chart of checkpoints: each point at its win rate, with its interval, its name and n."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ftcompare.app.results.charts import PAPER, figure
from ftcompare.app.results.presentation.chart_data import CheckpointChart, CheckpointPoint

CHART = CheckpointChart(
    (
        CheckpointPoint("step-500", 0.45, 0.34, 0.56, 120),
        CheckpointPoint("step-1000", 0.6, None, None, 1),
        CheckpointPoint("step-$1 500$", 1.0, 0.89, 1.0, 40),
    )
)


WIDTH = 720


def checkpoint_figure(chart: CheckpointChart) -> Figure:
    return figure(chart, PAPER, WIDTH)


def texts(drawn: Figure) -> list[str]:
    return [text.get_text() for text in drawn.texts]


def places(drawn: Figure) -> list[tuple[float, float]]:
    lines = [line for line in drawn.axes[0].lines if line.get_gid() == "rate-checkpoint"]
    return [(float(x), float(y)) for line in lines for x, y in np.asarray(line.get_xydata(), dtype=float)]


def test_points_stand_in_order_at_their_win_rates() -> None:
    assert places(checkpoint_figure(CHART)) == [(0, 0.45), (1, 0.6), (2, 1.0)]


def test_intervals_reach_from_end_to_end_where_there_is_one() -> None:
    bars = [c for c in checkpoint_figure(CHART).axes[0].collections if isinstance(c, LineCollection)]
    ends = [np.sort(np.asarray(path.vertices, dtype=float)[:, 1]) for bar in bars for path in bar.get_paths()]
    assert np.array(ends) == pytest.approx(np.array([[0.34, 0.56], [0.89, 1.0]]))


def test_each_is_named_with_its_figures_and_n() -> None:
    drawn = checkpoint_figure(CHART)
    assert texts(drawn)[:3] == ["step-500", "45% (34–56)", "n = 120"]
    assert "step-$1 500$" in texts(drawn)
    assert [text.get_text() for text in drawn.axes[0].texts] == ["as good as the base"]


def test_of_many_so_many_are_named_that_none_touch() -> None:
    many = CheckpointChart(tuple(CheckpointPoint(f"step-{n}", 0.5, 0.4, 0.6, 9) for n in range(60)))
    drawn = checkpoint_figure(many)
    assert len(places(drawn)) == 60
    named = [text for text in drawn.texts if text.get_text() == "50% (40–60)"]
    boxes = [text.get_window_extent() for text in named]
    assert 2 <= len(boxes) <= 8
    assert all(one.x1 < other.x0 for one, other in pairwise(boxes))


def test_without_checkpoints_the_figure_is_empty() -> None:
    assert not checkpoint_figure(CheckpointChart(())).axes


def test_the_chart_is_told_in_words() -> None:
    assert CHART.description.splitlines()[:2] == ["step-500: 45% (34–56) n = 120", "step-1000: 60% n = 1"]
