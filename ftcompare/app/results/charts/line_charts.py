"""Charts with a line or points on two axes: evidence over prompts, checkpoints, and reliability."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ftcompare.app.results.charts.chart_style import (
    DPI,
    ChartStyle,
    draw_grid,
    elided,
    place_text,
    plain_axes,
    size_of,
    text_width,
)
from ftcompare.app.results.presentation.chart_data import (
    LARGEST_E_VALUE,
    CheckpointChart,
    CheckpointPoint,
    EvidenceCurve,
    ReliabilityDiagram,
    ReliabilityPanel,
    e_value_words,
    percent,
    power_of_ten,
)

SMALL = 0.87
"""Size of the texts at an axis, in sizes of body text."""
BROKEN = (0, (4, 3))
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
WIDEST = 1.35
"""Maximum ratio of a panel's width to its height; wider panels only spread the points."""


def _interval(axes: Axes, x: float, y: float, ends: tuple[float | None, float | None], **look: Any) -> None:
    low, high = ends
    if low is not None and high is not None:
        axes.errorbar([x], [y], yerr=[[max(y - low, 0.0)], [max(high - y, 0.0)]], zorder=2, **look)


def _point(axes: Axes, x: float, y: float, size: float, style: ChartStyle, name: str) -> None:
    axes.plot(
        [x],
        [y],
        marker="o",
        markersize=style.size * size,
        color=style.accent,
        markeredgecolor=style.surface,
        markeredgewidth=0.8,
        zorder=3,
        clip_on=False,
        gid=name,
    )


def _write_beside(
    axes: Axes, value: float, words: str, look: dict[str, Any], offset: tuple[float, float]
) -> None:
    """Write a text to the right of the axes at a value."""
    axes.annotate(
        words,
        (1, value),
        xycoords=axes.get_yaxis_transform(),
        xytext=offset,
        textcoords="offset points",
        va="center",
        annotation_clip=False,
        parse_math=False,
        **look,
    )


def evidence_height(style: ChartStyle) -> int:
    return round(style.size * 11.5)


def draw_evidence(drawn: Figure, curve: EvidenceCurve, style: ChartStyle) -> None:
    """Draw the e-value after each prompt on a logarithmic scale, with the threshold."""
    (width, tall), small = size_of(drawn), style.font(SMALL)
    left = style.size * 0.4 + max(text_width("0.01", small), text_width("10⁻¹⁰⁰", small)) + style.size * 0.5
    right = width - text_width(curve.threshold_words, small) - style.size * 1.2
    axes = plain_axes(drawn, (left, 8, right, tall - style.size * 3.1), style)
    _scale_evidence(axes, curve, style)
    values = [1.0, *(min(max(v, 1 / LARGEST_E_VALUE), LARGEST_E_VALUE) for v in curve.values)]
    prompts = [0, *curve.prompts]
    axes.axhline(curve.threshold, color=style.strong_border, linewidth=1.2, linestyle=BROKEN, gid="enough")
    axes.plot(prompts, values, color=style.accent, linewidth=1.8, solid_joinstyle="round", gid="evidence")
    axes.plot(
        prompts[-1:], values[-1:], marker="o", markersize=style.size * 0.42, color=style.accent, clip_on=False
    )
    _label_evidence(axes, curve, values[-1], style)


def _scale_evidence(axes: Axes, curve: EvidenceCurve, style: ChartStyle) -> None:
    low = math.floor(math.log10(max(min((0.5, *curve.values)), 1 / LARGEST_E_VALUE)))
    high = math.ceil(math.log10(min(max((100.0, *curve.values)), LARGEST_E_VALUE)))
    last = max(curve.prompts[-1] if curve.prompts else 0, 1)
    axes.set_yscale("log")
    axes.set_ylim(10.0**low, 10.0**high)
    axes.set_xlim(0, last)
    step = math.ceil((high - low) / 4)
    powers = [p for p in range(low, high + 1) if p % step == 0]
    axes.set_yticks(
        [10.0**p for p in powers],
        [(f"{10.0**p:g}" if -3 <= p <= 4 else power_of_ten(p)) for p in powers],
        fontproperties=style.font(SMALL),
    )
    axes.set_yticks([], minor=True)
    places = _round_steps(last)
    axes.set_xticks(places, [str(p) for p in places], fontproperties=style.font(SMALL))
    draw_grid(axes, (10.0**power for power in powers), style)


def _label_evidence(axes: Axes, curve: EvidenceCurve, last: float, style: ChartStyle) -> None:
    """Label the threshold, and the last value where the two labels do not overlap."""
    small = style.font(SMALL)
    axes.set_xlabel(curve.axis_words, color=style.muted, fontproperties=small, labelpad=2)
    offset = style.size * 0.7 * 72 / DPI
    line = axes.transData.transform((0, curve.threshold))[1]
    reached = axes.transData.transform((0, last))[1]
    apart = style.size * 1.25
    shift = (
        0.0 if abs(reached - line) >= apart else math.copysign(apart - abs(reached - line), reached - line)
    )
    muted = {"color": style.muted, "fontproperties": small}
    _write_beside(axes, curve.threshold, curve.threshold_words, muted, (offset, 0.0))
    bold = {"color": style.text, "fontproperties": style.font(SMALL, bold=True)}
    _write_beside(axes, last, e_value_words(last), bold, (offset, shift * 72 / DPI))


def _round_steps(last: int) -> list[int]:
    """About four round tick positions from 0 to the last prompt; the last one always has a tick."""
    rough = last / 3
    unit = 10 ** math.floor(math.log10(rough)) if rough >= 1 else 1
    step = max(1, next(unit * k for k in (1, 2, 4, 5, 10) if unit * k >= rough or k == 10))
    places = [p for p in range(0, last, step) if last - p > step * 0.45]
    return [*places, last]


def checkpoints_height(style: ChartStyle) -> int:
    return round(style.size * 19)


def draw_checkpoints(drawn: Figure, chart: CheckpointChart, style: ChartStyle) -> None:
    """Draw each checkpoint's win rate against the base, with its interval, in order."""
    if not chart.points:
        return
    width, tall = size_of(drawn)
    left = style.size * 1.3 + text_width("100%", style.font(SMALL))
    right = width - text_width(chart.even_words, style.font(0.8)) - style.size
    bottom = tall - style.size * 4
    axes = plain_axes(drawn, (left, style.size * 1.2, right, bottom), style)
    _scale_checkpoints(axes, chart, style)
    values = [point.value for point in chart.points]
    axes.plot(range(len(values)), values, color=style.border, linewidth=1.2, zorder=1)
    look = {"color": style.text, "linewidth": 1.5, "capsize": style.size * 0.22}
    for place, point in enumerate(chart.points):
        _interval(axes, place, point.value, (point.low, point.high), **look)
        if inner := point.narrower:
            axes.plot([place] * 2, inner, color=style.text, linewidth=4.5, zorder=2, gid="these-raters")
        _point(axes, place, point.value, 0.52, style, "rate-checkpoint")
    step = (right - left) / len(chart.points)
    # Step between named checkpoints: 1 if all labels fit without touching, else 2, and so on.
    font = style.font(SMALL, bold=True)
    widest = max(text_width(point.figures, font) for point in chart.points)
    every = max(1, math.ceil((widest + style.size * 0.6) / step))
    for place in range(0, len(chart.points), every):
        middle = left + step * (place + 0.5)
        _name_checkpoint(drawn, chart.points[place], (middle, bottom), step * every - style.size * 0.6, style)


def _scale_checkpoints(axes: Axes, chart: CheckpointChart, style: ChartStyle) -> None:
    axes.set_xlim(-0.5, len(chart.points) - 0.5)
    ticks = _ticks(chart)
    axes.set_ylim(ticks[0], ticks[-1])
    axes.set_xticks([])
    axes.set_yticks(ticks, [percent(tick) for tick in ticks], fontproperties=style.font(SMALL))
    draw_grid(axes, ticks, style)
    axes.axhline(0.5, color=style.strong_border, linewidth=1.1, linestyle=BROKEN, zorder=1, gid="even")
    muted = {"color": style.muted, "fontproperties": style.font(0.8)}
    _write_beside(axes, 0.5, chart.even_words, muted, (style.size * 0.5 * 72 / DPI, 0))


def _ticks(chart: CheckpointChart) -> list[float]:
    """Lines around 50% and all intervals, every 5, 10, or 20 percent."""
    ends = [45.0, 55.0]
    for point in chart.points:
        found = (point.value, point.low, point.high, *(point.narrower or ()))
        ends += [100 * end for end in found if end is not None]
    step = next(one for one in (5, 10, 20) if max(ends) - min(ends) <= 6 * one)
    return [step * n / 100 for n in range(math.floor(min(ends) / step), math.ceil(max(ends) / step) + 1)]


def _name_checkpoint(
    drawn: Figure, point: CheckpointPoint, place: tuple[float, float], room: float, style: ChartStyle
) -> None:
    lines = (
        (point.name, style.font(SMALL), style.text),
        (point.figures, style.font(SMALL, bold=True), style.text),
        (f"n = {point.n}", style.font(0.8), style.muted),
    )
    for number, (words, font, colour) in enumerate(lines):
        short = elided(words, font, room)
        x = max(place[0] - text_width(short, font) / 2, 0.0)
        y = place[1] + style.size * (1 + 1.2 * number)
        place_text(drawn, (x, y), short, size=size_of(drawn), side="left", font=font, colour=colour)


def reliability_height(style: ChartStyle) -> int:
    return round(style.size * 22)


def draw_reliability(drawn: Figure, diagram: ReliabilityDiagram, style: ChartStyle) -> None:
    """Draw the share of correct answers by confidence, with one panel for each system."""
    if not diagram.panels:
        return
    width, tall = size_of(drawn)
    left = style.size * 1.6 + text_width("100%", style.font(SMALL)) + style.size
    gap, top, bottom = left, style.size * 2.2, tall - style.size * 4.6
    number = len(diagram.panels)
    room = (width - left - style.size * 1.5 - gap * (number - 1)) / number
    side = min(room, (bottom - top) * WIDEST)
    for place, panel in enumerate(diagram.panels):
        start = left + place * (side + gap)
        axes = plain_axes(drawn, (start, top, start + side, bottom), style)
        _scale_reliability(axes, diagram, style, named=place == 0)
        for one in panel.points:
            ends = (one.low, one.high)
            _interval(axes, one.confidence, one.correct, ends, color=style.muted, linewidth=0.9)
            _point(axes, one.confidence, one.correct, 0.46, style, "reliability-point")
        _name_panel(drawn, panel, (start, start + side, top), style)


def _scale_reliability(axes: Axes, diagram: ReliabilityDiagram, style: ChartStyle, *, named: bool) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    words, small = [percent(tick) for tick in SHARES], style.font(SMALL)
    axes.set_xticks(SHARES, words, fontproperties=small)
    axes.set_yticks(SHARES, words, fontproperties=small)
    draw_grid(axes, SHARES, style)
    axes.plot(
        [0, 1], [0, 1], color=style.strong_border, linewidth=1.1, linestyle=BROKEN, zorder=1, gid="even"
    )
    axes.set_xlabel(diagram.axis_words, color=style.muted, fontproperties=small, labelpad=2)
    if named:
        axes.set_ylabel(diagram.side_words, color=style.muted, fontproperties=small, labelpad=2)


def _name_panel(
    drawn: Figure, panel: ReliabilityPanel, place: tuple[float, float, float], style: ChartStyle
) -> None:
    """Write the system's name above its panel and the count below its axis."""
    (start, end, top), size = place, size_of(drawn)
    for words, at, font, colour in (
        (panel.name, top - style.size * 1.2, style.font(SMALL, bold=True), style.text),
        (panel.count, size[1] - style.size * 0.9, style.font(0.8), style.muted),
    ):
        short = elided(words, font, end - start + style.size)
        place_text(drawn, (start, at), short, size=size, side="left", font=font, colour=colour)
