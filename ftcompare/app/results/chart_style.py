"""Colors, fonts, and functions to measure and place text, shared by all charts.

Sizes are pixels at `DPI`.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

DPI = 100
MIDDLE_OF_CAPITALS = 0.36
"""Height of the middle of a capital letter above the baseline, in font sizes."""

_FALLBACKS = (
    *("Noto Sans", "Segoe UI", "Arial Unicode MS", "Noto Sans CJK SC", "Noto Sans CJK JP", "PingFang SC"),
    *("Hiragino Sans", "Microsoft YaHei", "Yu Gothic", "Malgun Gothic"),
    *("Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari", "DejaVu Sans"),
)
"""Font families for characters that the application's font lacks; the last one comes with matplotlib."""


@dataclass(frozen=True, slots=True)
class ChartStyle:
    """Colors (``#RRGGBB``), font families in order of preference, and the size of body text in pixels."""

    surface: str
    text: str
    muted: str
    border: str
    strong_border: str
    accent: str
    system_a: str = "#0072B2"  # where the first system of a pair is preferred; ``system_b`` likewise
    system_b: str = "#E69F00"
    families: tuple[str, ...] = ()
    size: float = 15.0

    def font(self, scale: float = 1.0, *, bold: bool = False) -> FontProperties:
        """The font of a text ``scale`` times the size of body text.

        It is cached: callers must not modify it.
        """
        return _font(self.families, self.size * scale * 72 / DPI, bold)


PAPER = ChartStyle(
    surface="#FFFFFF",
    text="#1E2227",
    muted="#59606C",
    border="#DBDAD6",
    strong_border="#8A8F98",
    accent="#2B5CCB",
    families=("DejaVu Sans",),
)
"""The style for documents: light colors, and the font that comes with matplotlib."""


@lru_cache(256)
def _font(families: tuple[str, ...], points: float, bold: bool) -> FontProperties:
    weight = "bold" if bold else "normal"
    return FontProperties(family=list(_installed(families)), size=points, weight=weight)


@cache
def _installed(families: tuple[str, ...]) -> tuple[str, ...]:
    """The families that matplotlib can find; it warns about each one that is missing."""
    known = set(font_manager.get_font_names())
    if families and families[0] not in known:
        # Add fonts that were installed since matplotlib cached its list of fonts.
        listed = {entry.fname for entry in font_manager.fontManager.ttflist}
        for path in font_manager.findSystemFonts():
            if path not in listed:
                with contextlib.suppress(RuntimeError, OSError, UnicodeDecodeError, KeyError):
                    font_manager.fontManager.addfont(path)
        known = set(font_manager.get_font_names())
    return tuple(dict.fromkeys(name for name in (*families, *_FALLBACKS) if name in known))


@contextlib.contextmanager
def missing_glyphs_are_boxes() -> Iterator[None]:
    """Draw a character that no installed font has as a box, without matplotlib's warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        yield


@lru_cache(4096)
def text_width(text: str, font: FontProperties) -> float:
    """Width of a text in pixels. Results are cached: measuring takes a millisecond, and texts repeat."""
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return width * DPI / 72


def elided(text: str, font: FontProperties, room: float) -> str:
    """Shorten a text to a width by cutting its middle, because names often differ at their ends."""
    if text_width(text, font) <= room:
        return text
    kept = len(text)
    while kept > 2 and text_width(_without_middle(text, kept), font) > room:
        kept -= 1
    return _without_middle(text, kept)


def _without_middle(text: str, kept: int) -> str:
    tail = kept // 2
    return f"{text[: kept - tail].rstrip()}…{text[len(text) - tail :].strip()}"


def size_of(drawn: Figure) -> tuple[float, float]:
    """Width and height of a figure in pixels."""
    width, tall = (float(side) * DPI for side in drawn.get_size_inches())
    return width, tall


def plain_axes(drawn: Figure, box: tuple[float, float, float, float], style: ChartStyle) -> Axes:
    """Axes without a frame, between the left, top, right, and bottom pixels of ``box``."""
    (width, tall), (left, top, right, bottom) = size_of(drawn), box
    axes = drawn.add_axes((left / width, 1 - bottom / tall, (right - left) / width, (bottom - top) / tall))
    axes.set_facecolor("none")
    axes.tick_params(length=0, pad=style.size * 0.4 * 72 / DPI, labelcolor=style.muted)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes


def draw_grid(axes: Axes, ticks: Iterable[float], style: ChartStyle) -> None:
    for tick in ticks:
        axes.axhline(tick, color=style.border, linewidth=0.8, zorder=0, clip_on=False)


def place_text(
    drawn: Figure,
    place: tuple[float, float],
    text: str,
    *,
    size: tuple[float, float],
    side: str,
    font: FontProperties,
    colour: str,
    ground: str = "",
) -> None:
    """Write a text beside a position, with its capitals centered vertically on it.

    ``place`` is in pixels from the left and the top; ``size`` is the figure's size in pixels. ``side`` says
    which end of the text, ``left`` or ``right``, is at the position. ``ground`` colors a box behind it.
    """
    x, y = place
    box = {"facecolor": ground, "edgecolor": "none", "pad": 1} if ground else None
    drawn.text(
        x / size[0],
        1 - (y + font.get_size_in_points() * DPI / 72 * MIDDLE_OF_CAPITALS) / size[1],
        text,
        ha=side,
        va="baseline",
        color=colour,
        fontproperties=font,
        parse_math=False,
        bbox=box,
    )
