"""The reliability diagram: the share of correct answers by confidence, with one panel for each system."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ftcompare.app.results.charts.chart_style import DPI, ChartStyle, elided, place_text, text_width
from ftcompare.app.results.presentation import chart_data

TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
WIDEST = 1.35
"""Maximum ratio of a panel's width to its height; wider panels only spread the points."""


def reliability_height(style: ChartStyle) -> int:
    return round(style.size * 22)


def draw_reliability(drawn: Figure, diagram: chart_data.ReliabilityDiagram, style: ChartStyle) -> None:
    """Draw the diagram on an empty figure of its final size."""
    if not diagram.panels:
        return
    width, tall = (float(side) * DPI for side in drawn.get_size_inches())
    left = style.size * 1.6 + text_width("100%", style.font(0.87)) + style.size
    gap, top, bottom = left, style.size * 2.2, tall - style.size * 4.6
    number = len(diagram.panels)
    room = (width - left - style.size * 1.5 - gap * (number - 1)) / number
    side = min(room, (bottom - top) * WIDEST)
    for place, panel in enumerate(diagram.panels):
        start = left + place * (side + gap)
        box = (start / width, 1 - bottom / tall, side / width, (bottom - top) / tall)
        axes = drawn.add_axes(box)
        _scale(axes, diagram, style, named=place == 0)
        for point in panel.points:
            _draw_point(axes, point, style)
        _name(drawn, panel, (start, start + side, top), style)


def _scale(axes: Axes, diagram: chart_data.ReliabilityDiagram, style: ChartStyle, *, named: bool) -> None:
    axes.set_facecolor("none")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    words = [chart_data.percent(tick) for tick in TICKS]
    axes.set_xticks(TICKS, words, fontproperties=style.font(0.87))
    axes.set_yticks(TICKS, words, fontproperties=style.font(0.87))
    axes.tick_params(length=0, pad=style.size * 0.4 * 72 / DPI, labelcolor=style.muted)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for tick in TICKS:
        axes.axhline(tick, color=style.border, linewidth=0.8, zorder=0, clip_on=False)
    axes.plot(
        [0, 1], [0, 1], color=style.strong_border, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1, gid="even"
    )
    small = style.font(0.87)
    axes.set_xlabel(diagram.axis_words, color=style.muted, fontproperties=small, labelpad=2)
    if named:
        axes.set_ylabel(diagram.side_words, color=style.muted, fontproperties=small, labelpad=2)


def _draw_point(axes: Axes, point: chart_data.ReliabilityPoint, style: ChartStyle) -> None:
    axes.errorbar(
        [point.confidence],
        [point.correct],
        yerr=[[max(point.correct - point.low, 0.0)], [max(point.high - point.correct, 0.0)]],
        color=style.muted,
        linewidth=0.9,
        zorder=2,
    )
    axes.plot(
        [point.confidence],
        [point.correct],
        marker="o",
        markersize=style.size * 0.46,
        color=style.accent,
        markeredgecolor=style.surface,
        markeredgewidth=0.8,
        zorder=3,
        clip_on=False,
        gid="reliability-point",
    )


def _name(
    drawn: Figure, panel: chart_data.ReliabilityPanel, place: tuple[float, float, float], style: ChartStyle
) -> None:
    """Write the system's name above its panel and the count below its axis."""
    width, tall = (float(side) * DPI for side in drawn.get_size_inches())
    start, end, top = place
    font, small = style.font(0.87, bold=True), style.font(0.8)
    for words, at, used, colour in (
        (panel.name, top - style.size * 1.2, font, style.text),
        (panel.count, tall - style.size * 0.9, small, style.muted),
    ):
        short = elided(words, used, end - start + style.size)
        place_text(drawn, (start, at), short, size=(width, tall), side="left", font=used, colour=colour)
