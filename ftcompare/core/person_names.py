"""Names of raters and experts: how they are stored, and when two names mean one person."""

from __future__ import annotations

import unicodedata

MAX_EXPERT_NAME = 100
"""Characters of an expert's name."""


def kept_name(name: str) -> str:
    """A name as a study keeps it: in Unicode's form NFC, without spaces around it."""
    return unicodedata.normalize("NFC", name).strip()


def folded_name(name: str) -> str:
    """Equal for names of one person: case, spaces around them and Unicode's form do not tell people apart."""
    return unicodedata.normalize("NFC", kept_name(name).casefold())
