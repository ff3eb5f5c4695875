"""The kinds of lines in a file of judgments, in words."""

from __future__ import annotations

from collections.abc import Mapping

from ftcompare.core.plurals import counted
from ftcompare.core.records import RecordKind

_NOUNS = {
    RecordKind.REPEAT: "hidden repeat",
    RecordKind.CONTROL: "control",
    RecordKind.GOLD: "gold item",
    RecordKind.GUESS: "guess",
}


def told_kinds(counts: Mapping[str, int]) -> str:
    """How many there are of each kind that is no vote: "2 hidden repeats, 1 control"."""
    found = ((_NOUNS[RecordKind(kind)], number) for kind, number in counts.items())
    return ", ".join(
        counted(number, noun, "guesses" if noun == "guess" else f"{noun}s") for noun, number in found
    )
