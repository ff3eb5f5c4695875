"""Names of raters and experts: how they are stored, and when two names mean one person."""

from __future__ import annotations

import unicodedata

MAX_EXPERT_NAME = 100  # maximum number of characters of an expert's name


def kept_name(name: str) -> str:
    """Return a name as stored: in Unicode normal form C, without surrounding spaces."""
    return unicodedata.normalize("NFC", name).strip()


def folded_name(name: str) -> str:
    """Return a key that is equal for names that look the same: by case, spaces, and compatible characters."""
    shown = (c for c in name if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf"))
    folded = unicodedata.normalize("NFKC", "".join(shown)).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())
