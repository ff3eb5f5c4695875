"""Text from models and files made fit to be shown: nothing hidden, nothing that stalls a layout."""

from __future__ import annotations

import re
import unicodedata

SHOWN_FIRST = 200_000
"""Characters shown at first; the rest is a click away."""

LONGEST_RUN = 80
"""Characters without a space after which a line may break."""

SOFT_BREAK = "\u200b"

_KEPT_FORMAT = frozenset("\u200c\u200d\u00ad\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2")
"""Format characters that letters need (joiners, soft hyphen) or that are visible by themselves."""


def _is_hidden(code: int) -> bool:
    character = chr(code)
    if character in "\n\t" or character in _KEPT_FORMAT:
        return False
    noncharacter = 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
    drawn_by_qt = code == 0xFFFC
    return noncharacter or drawn_by_qt or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _as_class(codes: list[int]) -> str:
    """A regular expression for these characters, as ranges."""
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges) + "]"


_PLANES = (*range(0x10000), *range(0x11000, 0x14000), *range(0x1BC00, 0x1D200), *range(0xE0000, 0xE0200))
_HIDDEN = re.compile(_as_class([code for code in _PLANES if _is_hidden(code)]))
_LONG_RUN = re.compile(rf"\S{{{LONGEST_RUN}}}(?=\S)")


def escape(character: str) -> str:
    """The visible name of a character that has no shape: ``⟨U+202E⟩``."""
    return f"⟨U+{ord(character):04X}⟩"


def visible(text: str) -> str:
    """The text with line ends as they are shown and every hidden character spelled out.

    Hidden are control characters (and so terminal escapes), direction overrides, zero-width
    characters but the joiners, lone surrogates, and the code points that Qt uses for itself.
    """
    return _HIDDEN.sub(lambda match: escape(match.group()), text.replace("\r\n", "\n"))


def soft_broken(text: str) -> str:
    """The text with break opportunities in long runs: without them one long word stalls a layout."""
    return _LONG_RUN.sub(lambda match: match.group() + SOFT_BREAK, text)


def one_line(text: str, limit: int = 120) -> str:
    """The beginning of a text for a list or a title, safe to show."""
    line = " ".join(visible(text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
