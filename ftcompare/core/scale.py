"""What a rater may answer: choices, strengths, and the scale that a study asks with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ftcompare.core.errors import UserError

DEFAULT_QUESTION = "Which answer would you rather have given?"
MAX_STRENGTH = 3


class Choice(StrEnum):
    """A verdict as the rater gives it, by place and not by system."""

    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"
    BOTH_BAD = "both_bad"

    @property
    def decisive(self) -> bool:
        """Whether one side was preferred."""
        return self in (Choice.LEFT, Choice.RIGHT)


@dataclass(frozen=True, slots=True)
class Scale:
    """The question put to raters and how finely they may answer.

    Args:
        question: one sentence shown above the answers.
        strengths: 1 (better) to 3 (slightly better, better, much better).
    """

    question: str = DEFAULT_QUESTION
    strengths: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.strengths <= MAX_STRENGTH:
            raise UserError(
                f"A scale has 1 to {MAX_STRENGTH} strengths, not {self.strengths}.", code="scale-strengths"
            )

    def accepts(self, choice: Choice, strength: int | None) -> bool:
        """Whether an answer is one that this scale offers."""
        if strength is None:
            return True
        return choice.decisive and 1 <= strength <= self.strengths
