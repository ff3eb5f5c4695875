"""Records of votes and outputs that were made elsewhere, independent of their file format."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ftcompare.core.context import ContextKind, Expectation, Passage
from ftcompare.core.study import Message, PromptSpec, RaterKind, Split


class RecordKind(StrEnum):
    """What a line of the ``judgments`` format is. Only ordinary ones are votes; the others tell of raters."""

    ORDINARY = "ordinary"
    REPEAT = "repeat"  # the same pair a second time, sides swapped
    CONTROL = "control"  # the same system twice
    GOLD = "gold"  # ``a`` is known to be better
    GUESS = "guess"  # which side was fine-tuned


@dataclass(frozen=True, slots=True)
class JudgmentRecord:
    """One pairwise vote as the ``judgments`` format holds it.

    Args:
        choice: ``a``, ``b``, ``tie`` or ``both_bad``.
        preference: share of the vote that ``b`` gets, 0 to 1.
        left: ``a``, ``b`` or empty where unknown.
        at: ISO 8601, or empty.
        criteria: names with ``a``, ``b``, ``tie`` or ``both_bad``.
        reasons: ticked.
        reason_sides: of those that are told of one response, ``a`` or ``b``.
        tags: of the prompt.
        prompt_id: the owner's id; empty where the file has none (then equal messages are one prompt).
        sample_a: which of the responses of ``system_a`` to the prompt, from 0; None where not told.
        reference_seen: as in `Verdict`.
        flagged: the rater asked the owner to look at it.
        seconds: active time; None where unknown.
        rater_told: the file names the rater; else ``rater`` is a name for all that it holds.
        exported_from: the mark of the study that wrote this vote; empty where the file does not say.
        later_turns: of a conversation, the user's turns after the first that was answered.
        earlier_a: the answers of ``a`` to all turns but the last; ``earlier_b`` those of ``b``.
    """

    messages: tuple[Message, ...]
    system_a: str
    system_b: str
    response_a: str
    response_b: str
    rater: str
    choice: str
    preference: float
    prompt_id: str = ""
    category: str = ""
    split: Split = Split.NONE
    strength: int | None = None
    left: str = ""
    comment: str = ""
    at: str = ""
    rater_kind: RaterKind = RaterKind.HUMAN
    criteria: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    sample_a: int | None = None
    sample_b: int | None = None
    flagged: bool = False
    seconds: float | None = None
    reason_sides: tuple[tuple[str, str], ...] = ()
    rater_told: bool = True
    exported_from: str = ""
    reference_seen: bool = False
    later_turns: tuple[str, ...] = ()
    earlier_a: tuple[str, ...] = ()
    earlier_b: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """One response made elsewhere, as the ``outputs`` format holds it.

    Args:
        sample: which of the system's responses to this prompt, counted from 0.
        reasoning: where the file holds it beside the response.
        later_turns: of a conversation, the user's turns after the first that was answered.
        earlier: the answers to all turns but the last.
        more_references: of the prompt, as are the fields after it; see `PromptSpec`.
    """

    messages: tuple[Message, ...]
    system: str
    response: str
    prompt_id: str = ""
    category: str = ""
    split: Split = Split.NONE
    reference: str = ""
    tags: tuple[str, ...] = ()
    sample: int = 0
    reasoning: str = ""
    later_turns: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    more_references: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    expects: Expectation = Expectation.NONE
    task: str = ""
    context: tuple[Passage, ...] = ()
    context_kind: ContextKind = ContextKind.NONE

    def prompt(self, key: str) -> PromptSpec:
        """The prompt that was answered, with that id."""
        told = (*ABOUT_PROMPT, "category", "split", "reference", "tags")
        about = {name: getattr(self, name) for name in told}
        return PromptSpec(key, self.messages, later_turns=self.later_turns, **about)


ABOUT_PROMPT = ("more_references", "checks", "labels", "expects", "task", "context", "context_kind")
"""Fields of an `OutputRecord` that are its prompt's, and say what its answers are held to or rest on."""
