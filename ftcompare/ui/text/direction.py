"""From which side a text is read."""

from __future__ import annotations

import unicodedata

LOOKED_AT = 4_000
"""Characters among which the first letter is looked for: a megabyte of brackets would take 50 ms."""


def reads_from_right(text: str) -> bool:
    """Whether the first letter with a direction is of a script that is written from the right.

    A text without one among its first `LOOKED_AT` characters is read from the left.
    """
    directions = map(unicodedata.bidirectional, text[:LOOKED_AT])
    return next((found != "L" for found in directions if found in ("L", "R", "AL")), False)
