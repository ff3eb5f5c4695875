"""Makes text from models and files safe to show: no hidden characters, nothing that slows layout."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from html import escape as escaped
from textwrap import wrap

from PySide6.QtWidgets import QApplication

from ftcompare.core.language import N_, tr
from ftcompare.core.study import Split
from ftcompare.markup.blocks import without_middle

LONGEST = 200


def short_name(name: str, limit: int = 28) -> str:
    """Return a long name without its middle: names of models differ at their ends."""
    return without_middle(one_line(name, LONGEST), limit)


def split_name(split: Split) -> str:
    return tr({Split.NONE: N_("no split"), Split.HELD_OUT: N_("unseen")}.get(split, split.value))


SHOWN_AT_ONCE = 24_000
"""Largest number of characters of an answer shown at once, about eight pages; a click shows the rest."""

BARS_AT_ONCE, LINES_AT_ONCE, MARKS_AT_ONCE = 400, 600, 1_200
"""Limits for Markdown shown at once: vertical bars, lines, and characters that may be markup.

Table cells and list items are slow to lay out. For some runs of markup characters, the parser's time grows
with the square of their length.
"""

ALL_AT_ONCE, ALL_LINES = 256_000, 20_000
"""Largest number of characters and lines shown as a whole on demand; longer texts are shown in parts."""

ALL_OF_MARKDOWN = 2
"""How many times the limits at once can be shown on demand for Markdown, whose layout is slow."""

NEAR = 200  # number of characters before the end of a part that are searched for a space at which to end it

TIP_WIDTH = 80  # largest number of characters in a line of a tooltip

LONGEST_RUN = 80  # number of characters without a space after which a line break is allowed

LONGEST_WORD = 32
"""The same for Markdown, where words are not broken elsewhere: a table with long words is wide, and scrolls.
"""

SOFT_BREAK = "\u200b"

_LIMITS = (("*_`~[]!<>&$\\^", MARKS_AT_ONCE), ("|", BARS_AT_ONCE), ("\n", LINES_AT_ONCE))

_KEPT_FORMAT = frozenset("\u200c\u200d\u00ad\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2")
"""Format characters that letters need (joiners, soft hyphen), or that are visible."""


def _is_hidden(code: int) -> bool:
    character = chr(code)
    if character in "\n\t" or character in _KEPT_FORMAT:
        return False
    noncharacter = 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
    drawn_by_qt = code == 0xFFFC
    return noncharacter or drawn_by_qt or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _as_class(codes: list[int]) -> str:
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges) + "]"


@cache
def _hidden() -> re.Pattern[str]:
    """Any hidden character. Compiled when a text first needs it: it takes long to look at all code points."""
    planes = (*range(0x10000), *range(0x11000, 0x14000), *range(0x1BC00, 0x1D200), *range(0xE0000, 0xE0200))
    noncharacters = (0x10000 * plane + 0xFFFE + last for plane in range(1, 17) for last in (0, 1))
    return re.compile(_as_class([code for code in (*planes, *noncharacters) if _is_hidden(code)]))


def escape(character: str) -> str:
    """The visible name of a character without a glyph: ``⟨U+202E⟩``."""
    return f"⟨U+{ord(character):04X}⟩"


def visible(text: str) -> str:
    """The text with normalized line ends and every hidden character replaced by its visible name.

    Hidden characters are control characters (also terminal escapes), direction overrides, zero-width
    characters except joiners, lone surrogates, and the code points that Qt uses internally.
    """
    if _all_visible(text):
        return text
    return _hidden().sub(lambda match: escape(match.group()), text.replace("\r\n", "\n"))


def _all_visible(text: str) -> bool:
    """Whether there is certainly no hidden character, by a fast check; False means uncertain."""
    return "\ufffc" not in text and text.replace("\n", "").replace("\t", "").isprintable()


def soft_broken(text: str, longest: int = LONGEST_RUN) -> str:
    """The text with allowed line breaks in long runs: without them, one long word makes a layout slow."""
    if max(map(len, text.split()), default=0) <= longest:
        return text
    return _long_run(longest).sub(lambda match: match.group() + SOFT_BREAK, text)


@cache
def _long_run(longest: int) -> re.Pattern[str]:
    return re.compile(rf"\S{{{longest}}}(?=\S)")


def beginning(text: str, *, markdown: bool = False) -> str:
    """Return what is laid out without a noticeable pause; hidden characters count as their visible names."""
    part = text if len(text) <= SHOWN_AT_ONCE else text[:SHOWN_AT_ONCE].removesuffix("\r")
    for characters, most in _LIMITS if markdown else ():
        part = _up_to(part, characters, most)
    while (size := len(visible(part))) > SHOWN_AT_ONCE:
        part = part[: len(part) * SHOWN_AT_ONCE // size].removesuffix("\r")
    return part


def fits(text: str, *, markdown: bool = False) -> bool:
    if not markdown:
        return len(text) <= ALL_AT_ONCE and text.count("\n") <= ALL_LINES
    if len(text) > ALL_OF_MARKDOWN * SHOWN_AT_ONCE:
        return False
    return all(_beyond(text, characters, ALL_OF_MARKDOWN * most) is None for characters, most in _LIMITS)


def longest_whole(text: str) -> str:
    """Return a plain text if it `fits`, otherwise its beginning, never splitting a CR LF."""
    part = text if len(text) <= ALL_AT_ONCE else text[:ALL_AT_ONCE].removesuffix("\r")
    return _up_to(part, "\n", ALL_LINES)


def parts(text: str, *, markdown: bool = False) -> list[str]:
    return list(each_part(text, markdown=markdown))


def each_part(text: str, *, markdown: bool = False) -> Iterator[str]:
    """Split a text into parts that are laid out without a pause, if possible not within words or lines."""
    at = 0
    while at < len(text):
        part = beginning(text[at : at + SHOWN_AT_ONCE + 2], markdown=markdown)
        if at + len(part) < len(text):
            part = _to_a_blank(part, len(part) // 2 if markdown else NEAR)
        yield part
        at += len(part)


def _to_a_blank(part: str, near: int) -> str:
    """The part up to its last line end; if that is far from its end, up to the last space."""
    place = part.rfind("\n", len(part) - near)
    place = max(part.rfind(blank, len(part) - NEAR) for blank in " \t\n") if place < 0 else place
    return part[: place + 1] if place > 0 else part


def _up_to(text: str, characters: str, most: int) -> str:
    """The lines before the one with the (``most`` + 1)-th occurrence of one of the characters."""
    place = _beyond(text, characters, most)
    return text if place is None else text[: text.rfind("\n", 0, place) + 1] or text[:place]


def _beyond(text: str, characters: str, most: int) -> int | None:
    """Position of the (``most`` + 1)-th occurrence of one of the characters; None if there are fewer."""
    match = _more_than(characters, most).match(text)
    return match.end() if match else None


@cache
def _more_than(characters: str, most: int) -> re.Pattern[str]:
    """A pattern with one match over ``most`` + 1 characters: ten times as fast as separate matches."""
    one = f"[{re.escape(characters)}]"
    other = f"[^{re.escape(characters)}]*+"
    return re.compile(f"(?:{other}{one}){{{most}}}+{other}(?={one})")


def tip(text: str) -> str:
    """Return a tooltip in lines of at most `TIP_WIDTH` characters; Qt neither breaks nor escapes them."""
    lines = (part for line in visible(text).split("\n") for part in wrap(line, TIP_WIDTH) or [""])
    shown = "\n".join(lines)
    return "<qt>{}</qt>".format(escaped(shown).replace("\n", "<br>")) if "<" in shown else shown


def one_line(text: str, limit: int = 120) -> str:
    line = " ".join(visible(text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


LOOKED_AT = 4_000
"""Number of characters that are searched for the first letter: a megabyte of brackets would take 50 ms."""


def reads_from_right(text: str) -> bool:
    """Return whether the first letter with a direction, among `LOOKED_AT`, is of a right-to-left script."""
    directions = map(unicodedata.bidirectional, text[:LOOKED_AT])
    return next((found != "L" for found in directions if found in ("L", "R", "AL")), False)


def in_own_direction(text: str) -> str:
    """Return a text for a list whose items Qt would all show in the direction of the window."""
    return f"\u2066{text}\u2069" if QApplication.isRightToLeft() and not reads_from_right(text) else text
