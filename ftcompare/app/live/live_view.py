"""The view of the live page: texts and places, no system and nothing about how the answers were made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ftcompare.core.blinding import BlindItem
from ftcompare.core.scale import Scale
from ftcompare.core.study import AllocationId, Message

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
class LivePast:
    """A pair of this session that was voted on or passed by, as it was shown.

    Args:
        answer: the vote in words; empty where there was none.
        in_study: its prompt was added to the study's own.
        later_turns: of a conversation, the user's turns after the first.
    """

    allocation: AllocationId
    messages: tuple[Message, ...]
    left: str
    right: str
    answer: str = ""
    in_study: bool = False
    later_turns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveView:
    """All that the live page shows.

    Args:
        notice: a label that must stand beside the study's text; may be empty.
        item: the pair to vote on; None in every stage but VOTE.
        votes: live votes of this rater that stand.
        undo: what Undo would take back, in words; empty where there is nothing.
        problem: why there is no pair, in words that tell nothing of a system; may be empty.
        past: this session's pairs that are done with, the newest last.
        more: whether there is more to tell of the problem, to those who may know the systems.
        next_turn: number of the turn with which the last pair can be continued; 0 while there is none.
    """

    stage: LiveStage
    notice: str
    scale: Scale
    item: BlindItem | None
    votes: int
    undo: str
    problem: str = ""
    more: bool = False
    past: tuple[LivePast, ...] = ()
    next_turn: int = 0

    @property
    def waiting(self) -> bool:
        """Whether the engine is at work on a prompt."""
        return self.stage not in (LiveStage.ASK, LiveStage.VOTE)
