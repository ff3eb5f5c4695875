"""From which side a text is read."""

from __future__ import annotations

import unicodedata


def reads_from_right(text: str) -> bool:
    """Whether the first letter with a direction is of a script that is written from the right."""
    directions = map(unicodedata.bidirectional, text)
    return next((found != "L" for found in directions if found in ("L", "R", "AL")), False)
