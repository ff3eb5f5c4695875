"""Fonts of a few square glyphs, made by a test: as a file, a collection, with axes, or not to be embedded."""

from __future__ import annotations

from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.ttLib.ttCollection import TTCollection

EM = 1000


def tiny_font(
    family: str, letters: str, *, terms: int = 0, weights: bool = False, bold: bool = False
) -> TTFont:
    """A TrueType font.

    Args:
        family: its name.
        letters: what it has a square for, beside the blank.
        terms: ``OS/2.fsType``, what may be done with it.
        weights: it is variable, from 100 (its own) to 900.
        bold: its name and weight say so.
    """
    names = [".notdef", "space", *(f"u{ord(letter):04X}" for letter in letters)]
    made = FontBuilder(EM, isTTF=True)
    made.setupGlyphOrder(names)
    made.setupCharacterMap({32: "space"} | {ord(letter): f"u{ord(letter):04X}" for letter in letters})
    made.setupGlyf({name: _square() for name in names})
    made.setupHorizontalMetrics(dict.fromkeys(names, (EM, 0)))
    made.setupHorizontalHeader(ascent=800, descent=-200)
    style = "Bold" if bold else "Regular"
    made.setupNameTable({"familyName": family, "styleName": style, "fullName": f"{family} {style}"})
    made.setupOS2(sTypoAscender=800, usWeightClass=700 if bold else 400, fsType=terms)
    made.setupPost()
    if weights:
        made.setupFvar([("wght", 100, 100, 900, "Weight")], [])
        made.setupGvar({name: [] for name in names})
    return made.font


def _square() -> object:
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for corner in ((100, 800), (900, 800), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()


def saved(font: TTFont, path: Path) -> Path:
    font.save(path)
    return path


def collection(path: Path, *fonts: TTFont) -> Path:
    together = TTCollection()
    together.fonts = list(fonts)
    together.save(path)
    return path
