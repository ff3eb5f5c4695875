"""Replaces characters without a visible shape by their codes, so that no part of a text is hidden."""

from __future__ import annotations

_KEPT = "\n\t\u200c\u200d\u00ad\u00a0\u202f\u2009\u3000"


def visible_text(text: str) -> str:
    """Replace every invisible character except line ends by its code."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in _KEPT else spelled(c) for c in text.replace("\r\n", "\n"))


def spelled(character: str) -> str:
    """Return the code of an invisible character: ``⟨U+202E⟩``."""
    return f"⟨U+{ord(character):04X}⟩"


def without_middle(line: str, limit: int) -> str:
    if len(line) <= limit:
        return line
    tail = limit // 2
    return f"{line[: limit - tail - 1].rstrip()}…{line[-tail:].lstrip()}"
