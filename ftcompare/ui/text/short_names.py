"""Shortened names of systems for places with little room, and names of splits."""

from __future__ import annotations

from ftcompare.core.study import Split
from ftcompare.ui.safe_text import one_line

LONGEST = 200


def short_name(name: str, limit: int = 28) -> str:
    """Return a long name without its middle: names of models differ at their ends."""
    line = one_line(name, LONGEST)
    if len(line) <= limit:
        return line
    tail = limit // 2
    return f"{line[: limit - tail - 1].rstrip()}…{line[-tail:].lstrip()}"


def split_name(split: Split) -> str:
    return "no split" if split is Split.NONE else split.value.replace("_", " ")
