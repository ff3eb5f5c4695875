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
"""The reasons that a rater who skips a pair can choose."""


class ReferenceShown(StrEnum):
    """When raters see the reference answer of a prompt, where it has one."""

    NEVER = "never"
    ON_KEY = "on_key"  # the rater opens it with a key; each judgment records whether it was opened
    ALWAYS = "always"


class ContextShown(StrEnum):
    """How raters see the context of a prompt, where it has one."""

    NEVER = "never"
    FOLDED = "folded"  # hidden until the rater opens it with a key
    OPEN = "open"


class ConversationJudged(StrEnum):
    """Which part of a conversation with several turns is judged."""

    WHOLE = "whole"
    LAST = "last"  # only the answer to its last turn; the earlier turns are shown


class LiveHistory(StrEnum):
    """The conversation that precedes a further turn on the live page."""

    OWN = "own"  # each system's own answers
    BETTER = "better"  # for both systems, the answers that were preferred


@dataclass(frozen=True, slots=True)
class PracticeItem:
    """A practice pair, whose judgment is never counted."""

    messages: tuple[Message, ...]
    left: str  # text shown on the left
    right: str  # text shown on the right
    expected: Choice | None = None  # the answer that the owner expects; None where any answer is accepted
    because: str = ""  # explanation shown after the answer; may be empty


@dataclass(frozen=True, slots=True)
class GoldItem:
    """A pair in which one answer is known to be better."""

    messages: tuple[Message, ...]
    better: str
    worse: str


@dataclass(frozen=True, slots=True)
class RatingDesign:
    """The owner's settings of the rating."""

    raters: int = 0  # planned number of raters, at most `MAX_RATERS`; 0 for any number
    each: int = 0  # judgments per pair, at most ``raters``; 0 means that every rater judges every pair
    repeats: float = 0.0  # share of a rater's pairs that are repeated with sides swapped, 0 to `MAX_SHARE`
    controls: float = 0.0  # share of pairs that show two answers of one system, 0 to `MAX_SHARE`
    gold: float = 0.0  # share of pairs with a known better answer, 0 to `MAX_SHARE`
    # share of the pairs after which the rater is asked which side was fine-tuned, 0 to `MAX_SHARE`
    guess_share: float = 0.0
    end_guesses: int = 0  # number of pairs that are shown again at the end with the same question
    instructions: str = ""  # what raters read before they begin; may be empty
    practice: tuple[PracticeItem, ...] = ()  # practice pairs, not counted
    reference: ReferenceShown = ReferenceShown.NEVER  # when raters see the reference answer
    context: ContextShown = ContextShown.FOLDED  # how raters see the context
    expectation: bool = True  # whether raters see what a right answer does, where the prompt says so
    conversations: ConversationJudged = ConversationJudged.WHOLE  # which part of a conversation is judged
    # the conversation that precedes a further turn on the live page
    live_history: LiveHistory = LiveHistory.OWN

    def __post_init__(self) -> None:
        problem = next(_problems(self), "")
        if problem:
            raise UserError(problem, code="rating-design")

    @property
    def shares_out(self) -> bool:
        """Whether the pairs are divided among the raters, instead of every rater judging every pair."""
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
