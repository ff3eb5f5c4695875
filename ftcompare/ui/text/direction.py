"""The reading direction of a text."""

from __future__ import annotations

import unicodedata

LOOKED_AT = 4_000
"""Number of characters that are searched for the first letter: a megabyte of brackets would take 50 ms."""


def reads_from_right(text: str) -> bool:
    """Whether the first letter with a direction belongs to a right-to-left script.

    False if there is no such letter among the first `LOOKED_AT` characters.
    """
    directions = map(unicodedata.bidirectional, text[:LOOKED_AT])
    return next((found != "L" for found in directions if found in ("L", "R", "AL")), False)
