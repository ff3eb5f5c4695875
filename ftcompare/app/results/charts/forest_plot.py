"""The forest plot: win rates with their intervals, one row each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ftcompare.app.results.charts.chart_style import (
    ChartStyle,
    elided,
    place_text,
    plain_axes,
    size_of,
    text_width,
)
from ftcompare.app.results.presentation.chart_data import ForestPlot, ForestRow, count, interval, percent
from ftcompare.core.study import Split

EVEN = 0.5
MARKERS = {"a": "o", "b": "D", "even": "s", "": "o"}
"""The shape of a rate by the system that is ahead."""


@dataclass(frozen=True, slots=True)
class Band:
    """The position of a forest plot's row, in pixels from the top."""

    row: ForestRow
    top: float
    bottom: float


def forest_height(plot: ForestPlot, style: ChartStyle) -> int:
    if not plot.rows:
        return round(style.size * 4)
    return math.ceil(forest_bands(plot, style)[-1].bottom + (style.size * 3.4))


@dataclass(frozen=True, slots=True)
class _Columns:
    labels: float
    plot_left: float
    plot_right: float
    values: float
    intervals: float
    counts: float


def _row_height(plot: ForestPlot, style: ChartStyle) -> float:
    return style.size * (2.9 if plot.counted else 2.1)


def forest_bands(plot: ForestPlot, style: ChartStyle) -> tuple[Band, ...]:
    """The positions of the rows, from the top."""
    placed = []
    top = 0.0
    before = ""
    for row in plot.rows:
        if row.dimension != before and row.dimension in plot.headings:
            top += style.size * 1.9
        placed.append(Band(row, top, top + _row_height(plot, style)))
        top += _row_height(plot, style)
        before = row.dimension
    return tuple(placed)


def _columns(plot: ForestPlot, style: ChartStyle, width: float) -> _Columns:
    bold, plain = style.font(bold=True), style.font()
    gap = style.size * 1.1
    counts = width - style.size * 0.4
    intervals = counts - max(text_width(count(row), plain) for row in plot.rows) - gap
    spans = (interval(row.low, row.high, plot.decimals) for row in plot.rows)
    values = intervals - max(text_width(span, bold) for span in spans) - style.size * 0.5
    plot_right = values - text_width(percent(1.0, plot.decimals), bold) - gap * 1.6
    wanted = max(text_width(row.label, bold if _leads(row) else plain) for row in plot.rows)
    most = max(width * 0.3, 0 if plot.a else plot_right - style.size * 9)
    labels = style.size * 0.4 + min(wanted, most)
    return _Columns(labels, labels + gap * 1.6, max(plot_right, labels + gap * 3), values, intervals, counts)


def draw_forest(drawn: Figure, plot: ForestPlot, style: ChartStyle) -> None:
    """Draw the plot on an empty figure of its final size."""
    if not plot.rows:
        return
    width, tall = size_of(drawn)
    columns, placed = _columns(plot, style, width), forest_bands(plot, style)
    axes = _forest_axes(drawn, plot, columns, placed[-1].bottom, style)
    for band in placed:
        _draw_row(drawn, band, columns, plot.decimals, style)
    _draw_bars(axes, placed, columns.plot_right - columns.plot_left, style)
    _draw_intervals(axes, plot, placed, style)
    _draw_headings(drawn, plot, placed, (width, tall), style)
    bottom, font = placed[-1].bottom + style.size * 2.3, style.font(0.87)
    if plot.a and plot.b:
        _draw_legend(drawn, plot, (width, tall), bottom, style)
    middle = (columns.plot_left + columns.plot_right) / 2 - text_width(plot.axis_words, font) / 2
    place = max(middle, style.size * 0.4), bottom
    place_text(drawn, place, plot.axis_words, size=(width, tall), side="left", font=font, colour=style.muted)


def _forest_axes(
    drawn: Figure, plot: ForestPlot, columns: _Columns, bottom: float, style: ChartStyle
) -> Axes:
    """Axes whose x runs from 0 to the plot's end, and whose y is pixels from the top of the figure."""
    axes = plain_axes(drawn, (columns.plot_left, 0, columns.plot_right, bottom), style)
    axes.set_xlim(0, plot.end)
    axes.set_ylim(bottom, 0)
    axes.set_yticks([])
    steps = 4 if columns.plot_right - columns.plot_left > style.size * 14 else 2
    ticks = [plot.end * step / steps for step in range(steps + 1)]
    axes.set_xticks(ticks, [percent(tick) for tick in ticks], fontproperties=style.font(0.87))
    for tick in ticks:
        axes.axvline(tick, color=style.border, linewidth=0.8, zorder=0, clip_on=False)
    if plot.middle is not None:
        axes.axvline(plot.middle, color=style.strong_border, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1.5)
    return axes


def _draw_row(drawn: Figure, band: Band, columns: _Columns, decimals: int, style: ChartStyle) -> None:
    width, tall = size_of(drawn)
    row, middle = band.row, _middle(band)
    font = style.font(bold=_leads(row))
    label = elided(row.label, font, columns.labels - style.size * 0.4)
    for x, text, side, face, colour in (
        (style.size * 0.4, label, "left", font, style.text),
        (columns.values, percent(row.value, decimals), "right", font, style.text),
        (columns.intervals, interval(row.low, row.high, decimals), "right", font, style.text),
        (columns.counts, count(row), "right", style.font(), style.muted),
    ):
        place_text(drawn, (x, middle), text, size=(width, tall), side=side, font=face, colour=colour)


def _draw_bars(axes: Axes, placed: Sequence[Band], across: float, style: ChartStyle) -> None:
    """Draw the judgments of each row: those that prefer b from the left, neither, and those that prefer a."""
    font, tall = style.font(0.8, bold=True), style.size * 1.2
    sides = ((style.system_b, "#1E2227"), (style.border, style.text), (style.system_a, "#FFFFFF"))
    for band in placed:
        left, total, y = 0.0, sum(band.row.judged), _middle(band) - style.size * 0.3
        for number, (ground, ink) in zip(band.row.judged, sides, strict=False):
            share = number / total if total else 0.0
            bar = Rectangle((left, y - tall / 2), share, tall, facecolor=ground, linewidth=0, gid="judged")
            axes.add_patch(bar)
            shown = f"{number:,.0f}"
            if share * across > text_width(shown, font) + style.size * 0.4:
                axes.text(
                    left + share / 2,
                    y,
                    shown,
                    ha="center",
                    va="center_baseline",
                    color=ink,
                    fontproperties=font,
                    parse_math=False,
                )
            left += share


def _draw_legend(
    drawn: Figure, plot: ForestPlot, size: tuple[float, float], y: float, style: ChartStyle
) -> None:
    """Write below the axis whom the parts of the bars prefer, in their order."""
    font, gap = style.font(0.87), style.size
    marks = ("◆", style.system_b, plot.b), ("■", style.strong_border, ""), ("●", style.system_a, plot.a)
    words = {name: f"{{}}{' preferred' if name else 'neither'}" for _, _, name in marks}
    room = size[0] - 7 * gap - sum(text_width(text.format(""), font) for text in words.values())
    x = style.size * 0.4
    for shape, colour, name in marks:
        text = words[name].format(elided(name, font, room / 2))
        place_text(drawn, (x, y), shape, size=size, side="left", font=font, colour=colour)
        place_text(drawn, (x + 1.2 * gap, y), text, size=size, side="left", font=font, colour=style.muted)
        x += 2.2 * gap + text_width(text, font)


def _draw_intervals(axes: Axes, plot: ForestPlot, placed: Sequence[Band], style: ChartStyle) -> None:
    """Draw all intervals in one call; dozens of single calls would block the window."""
    cap, lines = style.size * 0.3, []
    for band in placed:
        low, high, y = band.row.low, band.row.high, _line(band, style)
        if low is not None and high is not None:
            lines += [((low, y), (high, y)), *(((x, y - cap), (x, y + cap)) for x in (low, high))]
    whiskers = LineCollection(lines, colors=style.text, linewidths=1.5, zorder=2, clip_on=False)
    axes.add_collection(whiskers, autolim=False)
    _draw_rates(axes, plot, placed, style)


def _draw_rates(axes: Axes, plot: ForestPlot, placed: Sequence[Band], style: ChartStyle) -> None:
    """Draw the rates, those of a pair in the color and shape of the system that is ahead."""
    points: dict[str, list[tuple[float, float]]] = {}
    for band in placed:
        if (value := band.row.value) is not None:
            points.setdefault(_ahead(plot, value), []).append((value, _line(band, style)))
    for ahead, known in points.items():
        axes.plot(
            *zip(*known, strict=True),
            linestyle="none",
            marker=MARKERS[ahead],
            markersize=style.size * 0.52,
            color={"a": style.system_a, "b": style.system_b}.get(ahead, style.accent),
            markeredgecolor=style.text,
            markeredgewidth=0.8,
            zorder=3,
            clip_on=False,
            gid=f"rate-{ahead}",
        )


def _ahead(plot: ForestPlot, rate: float) -> str:
    """The system that a rate is in favor of, or of: a key of `MARKERS`; empty in a chart of no pair."""
    if not (plot.a and plot.b):
        return plot.of
    return "even" if rate == plot.middle else "a" if rate < EVEN else "b"


def _leads(row: ForestRow) -> bool:
    """Whether a row answers the question of the study: all prompts, or those that training did not see."""
    return row.dimension == "all" or (row.dimension, row.name) == ("split", Split.HELD_OUT.value)


def _line(band: Band, style: ChartStyle) -> float:
    """The position of a row's interval, which is below its bar."""
    return _middle(band) + (style.size * 0.75 if band.row.judged else 0.0)


def _middle(band: Band) -> float:
    return (band.top + band.bottom) / 2


def _draw_headings(
    drawn: Figure, plot: ForestPlot, placed: Sequence[Band], size: tuple[float, float], style: ChartStyle
) -> None:
    before = ""
    for band in placed:
        heading = plot.headings.get(band.row.dimension, "")
        if band.row.dimension != before and heading:
            place = (style.size * 0.4, band.top - style.size * 0.65)
            font = style.font(0.8, bold=True)
            # a long interval crosses the grid lines
            colours = {"colour": style.muted, "ground": style.surface}
            place_text(drawn, place, heading, size=size, side="left", font=font, **colours)
        before = band.row.dimension
