"""The charts, drawn by matplotlib: one drawing for the window, PNG and SVG. No Qt in here.

Every size is in pixels at 100 dots an inch, so that text in a chart is as large as text beside it.
"""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

DPI = 100
LARGEST_E_VALUE = 1e300
MIDDLE_OF_CAPITALS = 0.36
"""How far the middle of a capital letter lies above the line it stands on, in font sizes."""

_OVER = 0.01
"""Pixels added to a figure's sides: its pixels are counted by cutting off, and 401 / 100 · 100 < 401."""

_FALLBACKS = ("Noto Sans", "Noto Sans CJK SC", "Noto Sans Arabic", "Noto Sans Hebrew", "DejaVu Sans")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class ChartStyle:
    """Colours (``#RRGGBB``), font families in order of preference, and the size of body text in pixels."""

    surface: str
    text: str
    muted: str
    border: str
    strong_border: str
    accent: str
    families: tuple[str, ...] = ()
    size: float = 15.0

    def font(self, scale: float = 1.0, *, bold: bool = False) -> FontProperties:
        """The font of a text ``scale`` times the body's size."""
        return FontProperties(
            family=list(_installed(self.families)),
            size=self.size * scale * 72 / DPI,
            weight="bold" if bold else "normal",
        )


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One line of a forest plot.

    Args:
        dimension: ``all``, or the kind of slice (``split``, ``category``, ``rater``).
        name: of the slice, as the study stores it.
        value: share of prompts that prefers b, 0 to 1; None where nothing was judged.
        low: lower end of the interval; None where it is not defined.
        n: prompts it rests on.
    """

    dimension: str
    name: str
    label: str
    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class ForestPlot:
    """Win rates with their intervals. ``headings`` gives the caption above each dimension's rows."""

    a: str
    b: str
    rows: tuple[ForestRow, ...]
    headings: dict[str, str] = field(default_factory=dict)
    left_words: str = "← {} preferred"
    right_words: str = "{} preferred →"

    @property
    def description(self) -> str:
        """The same in words, for those who do not see it."""
        return "\n".join(row_words(row) for row in self.rows)


@dataclass(frozen=True, slots=True)
class EvidenceCurve:
    """The e-value after each prompt.

    Args:
        prompts: how many prompts were judged, rising.
        values: the e-value at each; the curve begins at 1 for no prompts.
    """

    prompts: tuple[int, ...]
    values: tuple[float, ...]
    threshold: float = 20.0
    threshold_words: str = "enough evidence (20)"
    axis_words: str = "prompts judged"

    @property
    def description(self) -> str:
        """The same in words, for those who do not see it."""
        if not self.values:
            return f"{self.axis_words}: 0"
        return f"{self.axis_words}: {self.prompts[-1]}; e-value {e_value_words(self.values[-1])}"


Chart = ForestPlot | EvidenceCurve


@dataclass(frozen=True, slots=True)
class Band:
    """Where a forest plot's row lies, in pixels from the top."""

    row: ForestRow
    top: float
    bottom: float


def row_words(row: ForestRow) -> str:
    """A row of a forest plot in words."""
    return f"{row.label}: {percent(row.value)} {interval(row.low, row.high)} {_count(row)}"


def percent(value: float | None) -> str:
    """A share in whole per cent; a dash where it is not defined."""
    return "–" if value is None else f"{value:.0%}"


def interval(low: float | None, high: float | None) -> str:
    """An interval of shares in whole per cent."""
    return "" if low is None or high is None else f"({low * 100:.0f}–{high * 100:.0f})"


def e_value_words(value: float) -> str:
    """An e-value in as many figures as mean something."""
    if value >= 10_000:
        return "10" + str(int(math.log10(min(value, LARGEST_E_VALUE)))).translate(_SUPERSCRIPTS)
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def height(chart: Chart, style: ChartStyle) -> int:
    """The height in pixels that the chart wants."""
    if isinstance(chart, EvidenceCurve):
        return round(style.size * 11.5)
    return math.ceil(_bands(chart, style)[-1].bottom + _foot(style)) if chart.rows else round(style.size * 4)


def bands(chart: Chart, style: ChartStyle) -> tuple[Band, ...]:
    """The rows that can be picked, from the top."""
    return _bands(chart, style) if isinstance(chart, ForestPlot) else ()


def figure(chart: Chart, style: ChartStyle, width: int, tall: int | None = None) -> Figure:
    """The chart as a figure of the given size in pixels."""
    size = (width + _OVER) / DPI, ((tall or height(chart, style)) + _OVER) / DPI
    drawn = Figure(figsize=size, dpi=DPI, facecolor=style.surface)
    if isinstance(chart, ForestPlot):
        _draw_forest(drawn, chart, style)
    else:
        _draw_evidence(drawn, chart, style)
    return drawn


def rgba(drawn: Figure, scale: float = 1.0) -> tuple[bytes, int, int]:
    """The figure's pixels on a transparent ground, with their width and height."""
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="rgba", dpi=DPI * scale, facecolor="none")
    width, tall = (int(side * DPI * scale) for side in drawn.get_size_inches())
    return buffer.getvalue(), width, tall


def png(drawn: Figure, scale: float = 2.0) -> bytes:
    """The figure as a PNG file."""
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="png", dpi=DPI * scale, metadata={"Software": None})
    return buffer.getvalue()


def svg(drawn: Figure) -> bytes:
    """The figure as an SVG file, its text kept as text and the same at each saving."""
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "ftcompare"}):
        drawn.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


@cache
def _installed(families: tuple[str, ...]) -> tuple[str, ...]:
    """Those that matplotlib can find: it warns about each one that it cannot."""
    known = set(font_manager.get_font_names())
    if families and families[0] not in known:
        _learn_new_fonts()
        known = set(font_manager.get_font_names())
    return tuple(dict.fromkeys(name for name in (*families, *_FALLBACKS) if name in known))


def _learn_new_fonts() -> None:
    """Matplotlib keeps a list of the fonts that it once found; those installed since are missing."""
    listed = {entry.fname for entry in font_manager.fontManager.ttflist}
    for path in font_manager.findSystemFonts():
        if path not in listed:
            with contextlib.suppress(RuntimeError, OSError, UnicodeDecodeError, KeyError):
                font_manager.fontManager.addfont(path)


def _width(text: str, font: FontProperties) -> float:
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return width * DPI / 72


def _elided(text: str, font: FontProperties, room: float) -> str:
    if _width(text, font) <= room:
        return text
    kept = len(text)
    while kept > 1 and _width(text[:kept] + "…", font) > room:
        kept -= 1
    return text[:kept].rstrip() + "…"


# --- forest plot ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Columns:
    """Right or left edges in pixels."""

    labels: float
    plot_left: float
    plot_right: float
    values: float
    intervals: float
    counts: float


def _row_height(style: ChartStyle) -> float:
    return style.size * 2.1


def _foot(style: ChartStyle) -> float:
    """Room for the tick labels and the words below them."""
    return style.size * 3.4


def _bands(plot: ForestPlot, style: ChartStyle) -> tuple[Band, ...]:
    placed = []
    top = 0.0
    before = ""
    for row in plot.rows:
        if row.dimension != before and row.dimension in plot.headings:
            top += style.size * 1.9
        placed.append(Band(row, top, top + _row_height(style)))
        top += _row_height(style)
        before = row.dimension
    return tuple(placed)


def _columns(plot: ForestPlot, style: ChartStyle, width: float) -> _Columns:
    bold, plain = style.font(bold=True), style.font()
    gap = style.size * 1.1
    counts = width - style.size * 0.4
    intervals = counts - max(_width(_count(row), plain) for row in plot.rows) - gap
    values = intervals - max(_width(interval(r.low, r.high), bold) for r in plot.rows) - style.size * 0.5
    plot_right = values - _width("100%", bold) - gap * 1.6
    wanted = max(_width(row.label, bold if row.dimension == "all" else plain) for row in plot.rows)
    labels = style.size * 0.4 + min(wanted, width * 0.3)
    return _Columns(labels, labels + gap * 1.6, max(plot_right, labels + gap * 3), values, intervals, counts)


def _count(row: ForestRow) -> str:
    return f"n = {row.n}"


def _draw_forest(drawn: Figure, plot: ForestPlot, style: ChartStyle) -> None:
    if not plot.rows:
        return
    width, tall = (float(side) * DPI for side in drawn.get_size_inches())
    columns, placed = _columns(plot, style, width), _bands(plot, style)
    axes = _forest_axes(drawn, columns, placed[-1].bottom, (width, tall), style)
    for band in placed:
        _draw_row(drawn, axes, band, columns, (width, tall), style)
    _draw_headings(drawn, plot, placed, (width, tall), style)
    _draw_directions(axes, plot, columns, style)


def _forest_axes(
    drawn: Figure, columns: _Columns, bottom: float, size: tuple[float, float], style: ChartStyle
) -> Axes:
    """Axes from 0 to 100% whose y is pixels from the top of the figure."""
    width, tall = size
    across = (columns.plot_right - columns.plot_left) / width
    axes = drawn.add_axes((columns.plot_left / width, 1 - bottom / tall, across, bottom / tall))
    axes.set_facecolor("none")
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom, 0)
    axes.set_yticks([])
    steps = 4 if columns.plot_right - columns.plot_left > style.size * 14 else 2
    ticks = [step / steps for step in range(steps + 1)]
    axes.set_xticks(ticks, [percent(tick) for tick in ticks], fontproperties=style.font(0.87))
    axes.tick_params(length=0, pad=style.size * 0.4 * 72 / DPI, labelcolor=style.muted)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for tick in ticks:
        axes.axvline(tick, color=style.border, linewidth=0.8, zorder=0, clip_on=False)
    axes.axvline(0.5, color=style.strong_border, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1)
    return axes


def _draw_row(
    drawn: Figure, axes: Axes, band: Band, columns: _Columns, size: tuple[float, float], style: ChartStyle
) -> None:
    row, whole = band.row, band.row.dimension == "all"
    middle = (band.top + band.bottom) / 2
    font = style.font(bold=whole)
    label = _elided(row.label, font, columns.labels - style.size * 0.4)
    for x, text, side, face, colour in (
        (style.size * 0.4, label, "left", font, style.text),
        (columns.values, percent(row.value), "right", font, style.text),
        (columns.intervals, interval(row.low, row.high), "right", font, style.text),
        (columns.counts, _count(row), "right", style.font(), style.muted),
    ):
        _text(drawn, (x, middle), text, size=size, side=side, font=face, colour=colour)
    _draw_interval(axes, row, middle, style)


def _draw_interval(axes: Axes, row: ForestRow, middle: float, style: ChartStyle) -> None:
    whole = row.dimension == "all"
    if row.low is not None and row.high is not None:
        cap = style.size * 0.3
        axes.plot([row.low, row.high], [middle] * 2, color=style.text, linewidth=1.5, zorder=2, clip_on=False)
        for end in (row.low, row.high):
            ends = [middle - cap, middle + cap]
            axes.plot([end] * 2, ends, color=style.text, linewidth=1.5, zorder=2, clip_on=False)
    if row.value is not None:
        axes.plot(
            [row.value],
            [middle],
            marker="D" if whole else "o",
            markersize=style.size * (0.5 if whole else 0.52),
            color=style.accent,
            markeredgecolor=style.surface,
            markeredgewidth=0.8,
            zorder=3,
            clip_on=False,
            gid=f"rate-{row.dimension}",
        )


def _draw_headings(
    drawn: Figure, plot: ForestPlot, placed: Sequence[Band], size: tuple[float, float], style: ChartStyle
) -> None:
    before = ""
    for band in placed:
        heading = plot.headings.get(band.row.dimension, "")
        if band.row.dimension != before and heading:
            place = (style.size * 0.4, band.top - style.size * 0.65)
            font = style.font(0.8, bold=True)
            _text(drawn, place, heading, size=size, side="left", font=font, colour=style.muted)
        before = band.row.dimension


def _draw_directions(axes: Axes, plot: ForestPlot, columns: _Columns, style: ChartStyle) -> None:
    """Which way is which, below the axis on either side of its middle."""
    across = columns.plot_right - columns.plot_left
    font, gap = style.font(0.87), style.size * 0.6
    room = across / 2 + style.size * 4
    bottom = axes.get_ylim()[0] + style.size * 2.3
    for words, name, place, side in (
        (plot.left_words, plot.a, 0.5 - gap / across, "right"),
        (plot.right_words, plot.b, 0.5 + gap / across, "left"),
    ):
        short = _elided(name, font, room - _width(words.format(""), font))
        axes.text(
            place,
            bottom,
            words.format(short),
            ha=side,
            va="center",
            color=style.muted,
            fontproperties=font,
            parse_math=False,
        )


def _text(
    drawn: Figure,
    place: tuple[float, float],
    text: str,
    *,
    size: tuple[float, float],
    side: str,
    font: FontProperties,
    colour: str,
) -> None:
    x, y = place
    drawn.text(
        x / size[0],
        1 - (y + font.get_size_in_points() * DPI / 72 * MIDDLE_OF_CAPITALS) / size[1],
        text,
        ha=side,
        va="baseline",
        color=colour,
        fontproperties=font,
        parse_math=False,
    )


# --- evidence curve ------------------------------------------------------------------------------


def _draw_evidence(drawn: Figure, curve: EvidenceCurve, style: ChartStyle) -> None:
    width, tall = (float(side) * DPI for side in drawn.get_size_inches())
    small = style.font(0.87)
    left = style.size * 0.4 + max(_width("0.01", small), _width("10⁻¹⁰⁰", small)) + style.size * 0.5
    right = width - _width(curve.threshold_words, small) - style.size * 1.2
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
    axes.set_yticks([10.0**p for p in powers], [_power(p) for p in powers], fontproperties=style.font(0.87))
    axes.set_yticks([], minor=True)
    places = _round_steps(last)
    axes.set_xticks(places, [str(p) for p in places], fontproperties=style.font(0.87))
    axes.tick_params(length=0, pad=style.size * 0.4 * 72 / DPI, labelcolor=style.muted)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for power in powers:
        axes.axhline(10.0**power, color=style.border, linewidth=0.8, zorder=0, clip_on=False)


def _label_evidence(axes: Axes, curve: EvidenceCurve, last: float, style: ChartStyle) -> None:
    """Name the line, and the value reached where that does not touch the line's name."""
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


def _power(power: int) -> str:
    return f"{10.0**power:g}" if -3 <= power <= 4 else "10" + str(power).translate(_SUPERSCRIPTS)


def _round_steps(last: int) -> list[int]:
    """About four places from 0 to the last, at round numbers; the last one is always named."""
    rough = last / 3
    unit = 10 ** math.floor(math.log10(rough)) if rough >= 1 else 1
    step = max(1, next(unit * k for k in (1, 2, 4, 5, 10) if unit * k >= rough or k == 10))
    places = [p for p in range(0, last, step) if last - p > step * 0.45]
    return [*places, last]
