"""The chart of checkpoints: each checkpoint's win rate against the base, with its interval, in order."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ftcompare.app.results.charts.chart_style import DPI, ChartStyle, elided, place_text, text_width
from ftcompare.app.results.presentation.chart_data import CheckpointChart, CheckpointPoint, percent


def checkpoints_height(style: ChartStyle) -> int:
    return round(style.size * 19)


def draw_checkpoints(drawn: Figure, chart: CheckpointChart, style: ChartStyle) -> None:
    """Draw the chart on an empty figure of its final size."""
    if not chart.points:
        return
    width, tall = (float(side) * DPI for side in drawn.get_size_inches())
    left = style.size * 1.3 + text_width("100%", style.font(0.87))
    right = width - text_width(chart.even_words, style.font(0.8)) - style.size
    top, bottom = style.size * 1.2, tall - style.size * 4
    axes = drawn.add_axes((left / width, 1 - bottom / tall, (right - left) / width, (bottom - top) / tall))
    _scale(axes, chart, style)
    values = [point.value for point in chart.points]
    axes.plot(range(len(values)), values, color=style.border, linewidth=1.2, zorder=1)
    for place, point in enumerate(chart.points):
        _draw_point(axes, place, point, style)
    step = (right - left) / len(chart.points)
    # Step between named checkpoints: 1 if all labels fit without touching, else 2, and so on.
    font = style.font(0.87, bold=True)
    widest = max(text_width(point.figures, font) for point in chart.points)
    every = max(1, math.ceil((widest + style.size * 0.6) / step))
    for place in range(0, len(chart.points), every):
        middle = left + step * (place + 0.5)
        _name(drawn, chart.points[place], (middle, bottom), step * every - style.size * 0.6, style)


def _scale(axes: Axes, chart: CheckpointChart, style: ChartStyle) -> None:
    axes.set_facecolor("none")
    axes.set_xlim(-0.5, len(chart.points) - 0.5)
    ticks = _ticks(chart)
    axes.set_ylim(ticks[0], ticks[-1])
    axes.set_xticks([])
    axes.set_yticks(ticks, [percent(tick) for tick in ticks], fontproperties=style.font(0.87))
    axes.tick_params(length=0, pad=style.size * 0.4 * 72 / DPI, labelcolor=style.muted)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for tick in ticks:
        axes.axhline(tick, color=style.border, linewidth=0.8, zorder=0, clip_on=False)
    axes.axhline(0.5, color=style.strong_border, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1, gid="even")
    axes.annotate(
        chart.even_words,
        (1, 0.5),
        xycoords=axes.get_yaxis_transform(),
        xytext=(style.size * 0.5 * 72 / DPI, 0),
        textcoords="offset points",
        va="center",
        annotation_clip=False,
        color=style.muted,
        fontproperties=style.font(0.8),
        parse_math=False,
    )


def _ticks(chart: CheckpointChart) -> list[float]:
    """Lines around 50% and all intervals, every 5, 10, or 20 percent."""
    ends = [45.0, 55.0]
    for point in chart.points:
        found = (point.value, point.low, point.high, *(point.narrower or ()))
        ends += [100 * end for end in found if end is not None]
    step = next(one for one in (5, 10, 20) if max(ends) - min(ends) <= 6 * one)
    return [step * n / 100 for n in range(math.floor(min(ends) / step), math.ceil(max(ends) / step) + 1)]


def _draw_point(axes: Axes, place: int, point: CheckpointPoint, style: ChartStyle) -> None:
    if point.low is not None and point.high is not None:
        axes.errorbar(
            [place],
            [point.value],
            yerr=[[max(point.value - point.low, 0.0)], [max(point.high - point.value, 0.0)]],
            color=style.text,
            linewidth=1.5,
            capsize=style.size * 0.22,
            zorder=2,
        )
    if point.narrower:
        axes.plot(
            [place, place], point.narrower, color=style.text, linewidth=4.5, zorder=2, gid="these-raters"
        )
    axes.plot(
        [place],
        [point.value],
        marker="o",
        markersize=style.size * 0.52,
        color=style.accent,
        markeredgecolor=style.surface,
        markeredgewidth=0.8,
        zorder=3,
        clip_on=False,
        gid="rate-checkpoint",
    )


def _name(
    drawn: Figure, point: CheckpointPoint, place: tuple[float, float], room: float, style: ChartStyle
) -> None:
    width, tall = (float(side) * DPI for side in drawn.get_size_inches())
    lines = (
        (point.name, style.font(0.87), style.text),
        (point.figures, style.font(0.87, bold=True), style.text),
        (f"n = {point.n}", style.font(0.8), style.muted),
    )
    for number, (words, font, colour) in enumerate(lines):
        short = elided(words, font, room)
        x = max(place[0] - text_width(short, font) / 2, 0.0)
        y = place[1] + style.size * (1 + 1.2 * number)
        place_text(drawn, (x, y), short, size=(width, tall), side="left", font=font, colour=colour)
