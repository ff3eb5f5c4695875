"""All that the live page shows: texts and places, no system, nothing of how the answers came to be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ftcompare.core.blinding import BlindItem
from ftcompare.core.scale import Scale

MISSING = "model-missing"
"""Code of the error that says that a model is not where the study has it."""


class LiveStage(StrEnum):
    """What is going on. In ASK a prompt can be typed, in VOTE a pair is there; else one waits."""

    ASK = "ask"
    LOADING = "loading"
    CHECKING = "checking"
    WRITING = "writing"
    VOTE = "vote"


@dataclass(frozen=True, slots=True)
class LiveView:
    """All that the live page shows.

    Args:
        notice: a label that must stand beside the study's text; may be empty.
        item: the pair to vote on; None in every stage but VOTE.
        votes: live votes of this rater that stand.
        undo: what Undo would take back, in words; empty where there is nothing.
        problem: why there is no pair, in words that tell nothing of a system; may be empty.
        more: whether there is more to tell of the problem, to those who may know the systems.
    """

    stage: LiveStage
    notice: str
    scale: Scale
    item: BlindItem | None
    votes: int
    undo: str
    problem: str = ""
    more: bool = False

    @property
    def waiting(self) -> bool:
        """Whether the engine is at work on a prompt."""
        return self.stage not in (LiveStage.ASK, LiveStage.VOTE)
