"""The charts, drawn with matplotlib for the window, PNG, SVG and reports. This package does not use Qt.

All sizes are pixels at 100 dots per inch, so that text in a chart is as large as the text around it.
"""

from __future__ import annotations

import io

import matplotlib as mpl
from matplotlib.figure import Figure

from ftcompare.app.results.charts.chart_style import DPI, PAPER, ChartStyle, missing_glyphs_are_boxes
from ftcompare.app.results.charts.forest_plot import Band, draw_forest, forest_bands, forest_height
from ftcompare.app.results.charts.line_charts import (
    checkpoints_height,
    draw_checkpoints,
    draw_evidence,
    draw_reliability,
    evidence_height,
    reliability_height,
)
from ftcompare.app.results.presentation.chart_data import (
    Chart,
    CheckpointChart,
    EvidenceCurve,
    ForestPlot,
    ForestRow,
    ReliabilityDiagram,
    e_value_words,
    row_words,
)
from ftcompare.formats.text_files import xml_text

__all__ = [
    "DPI",
    "PAPER",
    "Band",
    "Chart",
    "ChartStyle",
    "CheckpointChart",
    "EvidenceCurve",
    "ForestPlot",
    "ForestRow",
    "ReliabilityDiagram",
    "bands",
    "e_value_words",
    "figure",
    "height",
    "pixels",
    "png",
    "rgba",
    "row_words",
    "svg",
]

_OVER = 0.01
"""Pixels added to a figure's sides, since matplotlib truncates and 401 / 100 · 100 < 401 in floats."""


def height(chart: Chart, style: ChartStyle) -> int:
    """The preferred height of a chart in pixels."""
    if isinstance(chart, ForestPlot):
        return forest_height(chart, style)
    if isinstance(chart, ReliabilityDiagram):
        return reliability_height(style)
    return checkpoints_height(style) if isinstance(chart, CheckpointChart) else evidence_height(style)


def bands(chart: Chart, style: ChartStyle) -> tuple[Band, ...]:
    """The rows of a chart that can be selected, from the top; empty for charts without rows."""
    return forest_bands(chart, style) if isinstance(chart, ForestPlot) else ()


@missing_glyphs_are_boxes()
def figure(chart: Chart, style: ChartStyle, width: int, tall: int | None = None) -> Figure:
    """Draw a chart as a figure of the given size in pixels."""
    size = (width + _OVER) / DPI, ((tall or height(chart, style)) + _OVER) / DPI
    drawn = Figure(figsize=size, dpi=DPI, facecolor=style.surface)
    if isinstance(chart, ForestPlot):
        draw_forest(drawn, chart, style)
    elif isinstance(chart, CheckpointChart):
        draw_checkpoints(drawn, chart, style)
    elif isinstance(chart, ReliabilityDiagram):
        draw_reliability(drawn, chart, style)
    else:
        draw_evidence(drawn, chart, style)
    return drawn


@missing_glyphs_are_boxes()
def rgba(drawn: Figure, scale: float = 1.0) -> tuple[bytes, int, int]:
    """The figure's RGBA pixels on a transparent background, with their width and height."""
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="rgba", dpi=DPI * scale, facecolor="none")
    width, tall = (int(side * DPI * scale) for side in drawn.get_size_inches())
    return buffer.getvalue(), width, tall


def pixels(
    chart: Chart, style: ChartStyle, width: int, tall: int, scale: float = 1.0
) -> tuple[bytes, int, int]:
    """Draw a chart at a size in pixels, and return it as `rgba` does."""
    return rgba(figure(chart, style, width, tall), scale)


@missing_glyphs_are_boxes()
def png(drawn: Figure, scale: float = 2.0) -> bytes:
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="png", dpi=DPI * scale, metadata={"Software": None})
    return buffer.getvalue()


@missing_glyphs_are_boxes()
def svg(drawn: Figure) -> bytes:
    """The figure as an SVG file. Text stays text, and the same figure gives the same file."""
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "ftcompare"}):
        drawn.savefig(buffer, format="svg", metadata={"Date": None})
    return xml_text(buffer.getvalue().decode()).encode()
