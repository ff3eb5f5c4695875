"""Fonts of this machine for characters that the report's font lacks: find, subset and prepare them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.unicodedata import script, script_name
from fontTools.varLib.instancer import instantiateVariableFont
from matplotlib.font_manager import findSystemFonts
from matplotlib.ft2font import FT2Font

logging.getLogger(subset.__name__).setLevel(logging.ERROR)  # it reports every table that it drops
Files = Callable[[], Iterable[Path]]
"""Font files to search: TrueType, OpenType and collections (``.ttc``)."""

MOST_FONTS = 8
"""Maximum number of additional embedded fonts, to limit time and file size."""
MOST_NAMED = 4
"""Maximum number of scripts named one by one."""

_RESTRICTED, _WHOLE_ONLY, _BITMAP_ONLY = 0x0002, 0x0100, 0x0200
"""Bits of ``OS/2.fsType`` of a font that must not be embedded, or not as a subset (OpenType 1.9.1)."""
_OUTLINES = frozenset({"glyf", "CFF ", "CFF2"})
_PLAIN, _ODD = ("sans", "regular"), ("serif", "mono", "bold", "italic", "oblique", "thin", "light", "black")
_NORMAL_WEIGHT, _BOLD_WEIGHT = 400, 700
_NO_SCRIPT = ("Common", "Inherited", "Unknown")


@dataclass(frozen=True, slots=True)
class SpareFont:
    """A font reduced to the wanted characters. ``bold`` is None where the family has no bold face."""

    regular: Path
    bold: Path | None
    covers: frozenset[str]


def installed() -> Iterator[Path]:
    """The font files of this machine, in a fixed order."""
    yield from sorted(Path(name) for name in findSystemFonts())


def spare_fonts(wanted: frozenset[str], folder: Path, files: Files = installed) -> tuple[SpareFont, ...]:
    """Write fonts to a folder that cover as many of the characters as possible, for embedding."""
    found: list[SpareFont] = []
    candidates = list(_candidates(wanted, files()))
    while wanted and candidates and len(found) < MOST_FONTS:
        best = max(candidates, key=lambda one: (len(one.covers & wanted), one.rank))
        candidates.remove(best)
        if not best.covers & wanted:
            break
        spare = _made(best.path, best.covers & wanted, folder / str(len(found)))
        if spare is not None:
            found.append(spare)
            wanted -= spare.covers
    return tuple(found)


def scripts_of(characters: Iterable[str]) -> str:
    """The names of the characters' scripts, such as ``Han, Devanagari``."""
    names = {script_name(script(character)).replace("_", " ") for character in characters}
    told = sorted(names - set(_NO_SCRIPT)) + (["symbols"] if names & set(_NO_SCRIPT) else [])
    more = [f"{len(told) - MOST_NAMED} more"] if len(told) > MOST_NAMED else []
    return ", ".join((*told[:MOST_NAMED], *more))


@dataclass(frozen=True, slots=True)
class _Candidate:
    path: Path
    covers: frozenset[str]
    rank: int


def _candidates(wanted: frozenset[str], files: Iterable[Path]) -> Iterator[_Candidate]:
    for path in files:
        with suppress(RuntimeError, OSError):  # skip a broken font
            font = FT2Font(str(path))
            if covers := frozenset(c for c in wanted if font.get_char_index(ord(c))):
                yield _Candidate(path, covers, _rank(path))


def _rank(path: Path) -> int:
    name = path.stem.casefold()
    return sum(word in name for word in _PLAIN) - 2 * sum(word in name for word in _ODD)


def _made(path: Path, wanted: frozenset[str], stem: Path) -> SpareFont | None:
    regular = _cut(path, wanted, stem, _NORMAL_WEIGHT)
    if regular is None:
        return None
    bold = next((_cut(p, wanted, Path(f"{stem}b"), _BOLD_WEIGHT) for p in _bold_files(path)), None)
    covers = _characters(regular)
    return SpareFont(regular, bold if bold and _characters(bold) == covers else None, covers)


def _bold_files(path: Path) -> Iterator[Path]:
    """File names of the bold face: ``-Bold`` for ``-Regular``, ``msyhbd`` for ``msyh``."""
    names = (path.name.replace("Regular", "Bold"), f"{path.stem}bd{path.suffix}")
    yield from (other for name in names if (other := path.with_name(name)) != path and other.is_file())
    if "fvar" in _tables(path):
        yield path


def _tables(path: Path) -> frozenset[str]:
    with TTFont(path, fontNumber=0, lazy=True) as font:
        return frozenset(font.keys())


def _characters(path: Path) -> frozenset[str]:
    with TTFont(path, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap() or {}))


def _cut(path: Path, wanted: frozenset[str], stem: Path, weight: int) -> Path | None:
    """The font reduced to the wanted characters; None where it must not or cannot be embedded."""
    target = stem.with_suffix(".ttf")
    try:
        with TTFont(path, fontNumber=_face(path, wanted), lazy=True, recalcTimestamp=False) as font:
            if not _may_be_embedded(font):
                return None
            options = subset.Options(layout_features=["*"], notdef_outline=True, hinting=False)
            cutter = subset.Subsetter(options)
            # HarfBuzz needs the space glyph to substitute invisible characters.
            cutter.populate(unicodes=[ord(character) for character in (*wanted, " ")])
            cutter.subset(font)
            _one_of(font, weight).save(target)
    except Exception:  # noqa: BLE001 - a font can be broken in any way, and is then passed over
        return None
    return target


def _may_be_embedded(font: TTFont) -> bool:
    terms = font["OS/2"].fsType
    # Fonts without outlines, such as emoji fonts, consist of images and cannot be used as text.
    drawn = bool(_OUTLINES & set(font.keys()))
    return not terms & (_WHOLE_ONLY | _BITMAP_ONLY) and terms & 0xF != _RESTRICTED and drawn


def _one_of(font: TTFont, weight: int) -> TTFont:
    """The face of a weight in a variable font; other fonts unchanged."""
    if "fvar" not in font:
        return font
    at = {
        axis.axisTag: min(max(weight, axis.minValue), axis.maxValue)
        if axis.axisTag == "wght"
        else axis.defaultValue
        for axis in font["fvar"].axes
    }
    return instantiateVariableFont(font, at, inplace=True)


def _face(path: Path, wanted: frozenset[str]) -> int:
    """The face of a collection for the language, since Chinese and Japanese forms of characters differ."""
    used = {script(character) for character in wanted}
    tag = "JP" if used & {"Hira", "Kana"} else "KR" if "Hang" in used else "SC"
    count = FT2Font(str(path)).num_faces
    names = [FT2Font(str(path), face_index=number).family_name for number in range(count)]
    plain = [number for number, name in enumerate(names) if name.split()[-1:] == [tag] and "Mono" not in name]
    return plain[0] if plain else 0
