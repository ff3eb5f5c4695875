"""Draws mathematics as SVG; returns None where it cannot."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from xml.etree.ElementTree import fromstring, tostring

LONGEST = 500  # maximum number of characters of a formula that is drawn
MOST_EFFORT = 2_000  # maximum `effort` of a formula that is drawn: about two seconds at worst, usually 0.05 s
_SIZE = 20.0  # font size in which formulas are laid out

_WIDEST, _HIGHEST = 200.0, 60.0
"""Maximum width and height of a drawn formula in font sizes: LaTeX can ask for spaces of a kilometre."""

_SHAPES = {"svg", "g", "path", "rect", "line", "polyline", "polygon", "circle", "ellipse"}
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}]|[^\s\\{}]")
_OPENING, _CLOSING = {"{", "\\left", "\\begin"}, {"}", "\\right", "\\end"}
_TWICE = re.compile(r"\\([hv]?phantom|x[a-z]*arrow)")
_ESCAPE = re.compile(r"\\([_%$#&])")
_WORDS = re.compile(r"(\\(?:text|textrm|textbf|textit|textsf|texttt|mbox)\s*\{)([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Drawing:
    svg: str  # in black, with shapes only, without references to external resources
    width: float  # width in font sizes; ``ascent`` and ``descent`` likewise
    ascent: float  # height above the base line
    descent: float  # depth below the base line


def effort(tex: str) -> int:
    """Estimate the work to draw a formula: ziamath (0.13) takes twice as long for each nesting level."""
    depth, found = 0, 0
    for token in _TOKEN.findall(tex):
        if token in _OPENING or _TWICE.match(token):
            depth += 1
        elif token in _CLOSING:
            depth = max(0, depth - 1)
        found += 1 << min(depth, 40)
    return found


def drawable(tex: str) -> bool:
    return 0 < len(tex.strip()) <= LONGEST and effort(tex) <= MOST_EFFORT


def draw(tex: str, *, display: bool) -> Drawing | None:
    """Draw a formula, ``display`` with large operators; None for invalid LaTeX or unknown glyphs."""
    if not drawable(tex):
        return None
    try:
        return _drawn(tex, display=display)
    except Exception:  # noqa: BLE001 - latex2mathml and ziamath raise nearly anything for what they do not know
        return None


def _drawn(tex: str, *, display: bool) -> Drawing | None:
    # The import takes half a second, and most texts have no mathematics.
    from ziamath.config import config
    from ziamath.escapes import unescape
    from ziamath.tex import tex2mml
    from ziamath.zmath import Math

    config.svg2 = False  # Qt does not support SVG 2's <symbol>
    mathml = unescape(tex2mml(_WORDS.sub(_escaped, tex), inline=not display))
    formula = fromstring(mathml)  # noqa: S314 - latex2mathml made it: no document type, no entities of its own
    laid_out = Math(formula, size=_SIZE)
    has_shape = laid_out.font.glyphindex
    if any(c == "\\" or not (c.isspace() or has_shape(c)) for text in formula.itertext() for c in text):
        return None
    picture = laid_out.svgxml()
    _, top, width, height = (float(number) for number in picture.attrib["viewBox"].split())
    fits = 0 < width <= _WIDEST * _SIZE and 0 < height <= _HIGHEST * _SIZE
    if not fits or not {node.tag for node in picture.iter()} <= _SHAPES:
        return None
    svg = tostring(picture, encoding="unicode")
    return Drawing(svg, width / _SIZE, -top / _SIZE, (height + top) / _SIZE)


def _escaped(words: re.Match[str]) -> str:
    """Escape words in a formula: latex2mathml (3.81) copies them to its XML unchanged, with backslashes."""
    plain = _ESCAPE.sub(r"\1", words[2])
    return f"{words[1]}{html.escape(plain, quote=False)}}}"
