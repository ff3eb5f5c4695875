"""The kinds of lines in a file of judgments, in words."""

from __future__ import annotations

from collections.abc import Mapping

from ftcompare.core.plurals import counted
from ftcompare.core.records import RecordKind

_NOUNS = {
    RecordKind.REPEAT: "pair asked again",
    RecordKind.CONTROL: "same-answer check",
    RecordKind.GOLD: "known-answer check",
    RecordKind.GUESS: "guess",
}
_PLURALS = {"guess": "guesses", "pair asked again": "pairs asked again"}


def told_kinds(counts: Mapping[str, int]) -> str:
    """The number of each kind that is no vote: "2 pairs asked again, 1 same-answer check"."""
    found = ((_NOUNS[RecordKind(kind)], number) for kind, number in counts.items())
    return ", ".join(counted(number, noun, _PLURALS.get(noun, f"{noun}s")) for noun, number in found)
