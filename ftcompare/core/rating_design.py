"""How a study is rated: number of raters, share of pairs, checks of raters, and their instructions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ftcompare.core.errors import UserError
from ftcompare.core.scale import Choice
from ftcompare.core.study import Message

MAX_SHARE = 0.5
MAX_RATERS = 500
MAX_PRACTICE = 20
MAX_END_GUESSES = 50

SKIP_REASONS = (
    "I cannot judge this topic",
    "The prompt is unclear",
    "A text is broken or missing",
    "I know which system wrote this",
    "Other",
)
"""What a rater who skips a pair may say."""


class ReferenceShown(StrEnum):
    """When raters see the reference answer of a prompt, where it has one."""

    NEVER = "never"
    ON_KEY = "on_key"  # the rater opens it; each judgment says whether it was opened
    ALWAYS = "always"


class ContextShown(StrEnum):
    """How raters see the context of a prompt, where it has one."""

    NEVER = "never"
    FOLDED = "folded"  # a key opens it
    OPEN = "open"


class ConversationJudged(StrEnum):
    """What of a conversation of several turns is judged."""

    WHOLE = "whole"
    LAST = "last"  # the answer to its last turn; what stands before is shown


class LiveHistory(StrEnum):
    """What a further turn of the live page follows."""

    OWN = "own"  # each system's own answers
    BETTER = "better"  # for both systems the answer that was preferred


@dataclass(frozen=True, slots=True)
class PracticeItem:
    """A pair to practise on, never counted.

    Args:
        left: text shown on the left.
        expected: what the owner would have answered; None where any answer will do.
        because: shown after the answer; may be empty.
    """

    messages: tuple[Message, ...]
    left: str
    right: str
    expected: Choice | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class GoldItem:
    """A pair of which one answer is known to be better."""

    messages: tuple[Message, ...]
    better: str
    worse: str


@dataclass(frozen=True, slots=True)
class RatingDesign:
    """The owner's settings of the rating.

    Args:
        raters: planned number of raters, at most `MAX_RATERS`; 0 for any number.
        each: judgments a pair; 0 for every pair by every rater. Needs ``raters`` and is at most that.
        repeats: share of a rater's pairs that come again with sides swapped, 0 to `MAX_SHARE`.
        controls: share of pairs that show two answers of one system.
        gold: share of pairs with a known better answer.
        guess_share: share of the pairs after which the rater is asked which side was fine-tuned.
        end_guesses: pairs that are shown again at the end with the same question.
        instructions: what raters read before they begin; may be empty.
        practice: pairs to practise on, not counted.
        reference: when raters see the reference answer.
        context: how raters see the context.
        expectation: raters are told what a right answer does, where the prompt says so.
        conversations: what of a conversation is judged.
        live_history: what a further turn of the live page follows.

    Raises:
        UserError: ``rating-design``, in words.
    """

    raters: int = 0
    each: int = 0
    repeats: float = 0.0
    controls: float = 0.0
    gold: float = 0.0
    guess_share: float = 0.0
    end_guesses: int = 0
    instructions: str = ""
    practice: tuple[PracticeItem, ...] = ()
    reference: ReferenceShown = ReferenceShown.NEVER
    context: ContextShown = ContextShown.FOLDED
    expectation: bool = True
    conversations: ConversationJudged = ConversationJudged.WHOLE
    live_history: LiveHistory = LiveHistory.OWN

    def __post_init__(self) -> None:
        problem = next(_problems(self), "")
        if problem:
            raise UserError(problem, code="rating-design")

    @property
    def shares_out(self) -> bool:
        """Whether raters share the pairs, rather than each judging all."""
        return self.each > 0


def _problems(design: RatingDesign) -> Iterator[str]:
    shares = {"hidden repeats": design.repeats, "controls": design.controls}
    shares |= {"gold items": design.gold, "guesses": design.guess_share}
    for name, share in shares.items():
        if not 0 <= share <= MAX_SHARE:
            yield f"The share of {name} is 0% to {MAX_SHARE:.0%}, not {share:.0%}."
    if design.raters < 0 or design.each < 0:
        yield "A number of raters or judgments is 0 or more."
    if design.raters > MAX_RATERS:
        yield f"At most {MAX_RATERS} raters can be planned for, not {design.raters:,}."
    if design.each > design.raters:
        yield f"{design.each} judgments a pair need at least {design.each} raters."
    if not 0 <= design.end_guesses <= MAX_END_GUESSES:
        yield f"At the end at most {MAX_END_GUESSES} pairs are shown again."
    if len(design.practice) > MAX_PRACTICE:
        yield f"At most {MAX_PRACTICE} pairs are for practice."
