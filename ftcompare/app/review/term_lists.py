"""The lists of terms that the terms page offers."""

from __future__ import annotations

from enum import StrEnum


class TermList(StrEnum):
    """Which terms, words or phrases are listed.

    ALL: every one. LEARNT: those that another system uses on more prompts than the first, decided by q. LOST:
    on fewer prompts. OUTDATED: deprecated and superseded terms that another system uses. MIXED: two terms of
    one concept in one answer.
    """

    ALL = "all"
    LEARNT = "learnt"
    LOST = "lost"
    OUTDATED = "deprecated"
    MIXED = "mixed"


OF_WORDS = (TermList.ALL, TermList.LEARNT, TermList.LOST)
"""The lists of words and phrases, which have no status and no concept."""


def list_title(which: TermList, *, tuned: bool) -> str:
    """The title of a list; ``tuned`` when the first system is a base and the others are fine-tuned."""
    return {
        TermList.ALL: "All",
        TermList.LEARNT: "Terms learnt" if tuned else "Used more",
        TermList.LOST: "Terms lost" if tuned else "Used less",
        TermList.OUTDATED: "Deprecated terms still used" if tuned else "Deprecated terms used",
        TermList.MIXED: "Two terms of one concept in one answer",
    }[which]
