"""The evidence curve: the e-value after each prompt on a logarithmic scale, with the threshold."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ftcompare.app.results.charts.chart_style import DPI, ChartStyle, text_width
from ftcompare.app.results.presentation.chart_data import (
    LARGEST_E_VALUE,
    EvidenceCurve,
    e_value_words,
    power_of_ten,
)


def evidence_height(style: ChartStyle) -> int:
    return round(style.size * 11.5)


def draw_evidence(drawn: Figure, curve: EvidenceCurve, style: ChartStyle) -> None:
    """Draw the curve on an empty figure of its final size."""
    width, tall = (float(side) * DPI for side in drawn.get_size_inches())
    small = style.font(0.87)
    left = style.size * 0.4 + max(text_width("0.01", small), text_width("10⁻¹⁰⁰", small)) + style.size * 0.5
    right = width - text_width(curve.threshold_words, small) - style.size * 1.2
    bottom = style.size * 3.1
    axes = drawn.add_axes((left / width, bottom / tall, (right - left) / width, 1 - (bottom + 8) / tall))
    axes.set_facecolor("none")
    _scale_evidence(axes, curve, style)
    values = [1.0, *(min(max(v, 1 / LARGEST_E_VALUE), LARGEST_E_VALUE) for v in curve.values)]
    prompts = [0, *curve.prompts]
    axes.axhline(
        curve.threshold, color=style.strong_border, linewidth=1.2, linestyle=(0, (4, 3)), gid="enough"
    )
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
        fontproperties=style.font(0.87),
    )
    axes.set_yticks([], minor=True)
    places = _round_steps(last)
    axes.set_xticks(places, [str(p) for p in places], fontproperties=style.font(0.87))
    axes.tick_params(length=0, pad=style.size * 0.4 * 72 / DPI, labelcolor=style.muted)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for power in powers:
        axes.axhline(10.0**power, color=style.border, linewidth=0.8, zorder=0, clip_on=False)


def _label_evidence(axes: Axes, curve: EvidenceCurve, last: float, style: ChartStyle) -> None:
    """Label the threshold, and the last value where the two labels do not overlap."""
    small = style.font(0.87)
    axes.set_xlabel(curve.axis_words, color=style.muted, fontproperties=small, labelpad=2)
    right = axes.get_yaxis_transform()
    offset = style.size * 0.7 * 72 / DPI
    line = axes.transData.transform((0, curve.threshold))[1]
    reached = axes.transData.transform((0, last))[1]
    apart = style.size * 1.25
    shift = (
        0.0 if abs(reached - line) >= apart else math.copysign(apart - abs(reached - line), reached - line)
    )
    for value, words, font, colour, up in (
        (curve.threshold, curve.threshold_words, small, style.muted, 0.0),
        (last, e_value_words(last), style.font(0.87, bold=True), style.text, shift * 72 / DPI),
    ):
        axes.annotate(
            words,
            (1, value),
            xycoords=right,
            xytext=(offset, up),
            textcoords="offset points",
            va="center",
            color=colour,
            fontproperties=font,
            parse_math=False,
            annotation_clip=False,
        )


def _round_steps(last: int) -> list[int]:
    """About four round tick positions from 0 to the last prompt; the last one always has a tick."""
    rough = last / 3
    unit = 10 ** math.floor(math.log10(rough)) if rough >= 1 else 1
    step = max(1, next(unit * k for k in (1, 2, 4, 5, 10) if unit * k >= rough or k == 10))
    places = [p for p in range(0, last, step) if last - p > step * 0.45]
    return [*places, last]
