"""The context of a prompt: passages to answer from, and what a right answer does with them.

Kinds of context and what is expected are fields of a prompt, so that results can be told by kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ContextKind(StrEnum):
    """The relation of the passages to the question."""

    NONE = ""
    KNOWN = "known"  # the answer stands in them
    UNKNOWN = "unknown"  # it does not
    CONFLICTING = "conflicting"  # they say different things
    COUNTERFACTUAL = "counterfactual"  # they say what is not so in the world
    DISTRACTING = "distracting"  # the answer stands in them, among passages on something else


class Expectation(StrEnum):
    """What a right answer to a prompt does."""

    NONE = ""
    ANSWER = "answer"
    REFUSAL = "refusal"
    ABSTAIN = "abstain"  # says that the context does not tell
    NAME_CONFLICT = "name_conflict"


EXPECTED_WORDS = {
    Expectation.NONE: "",
    Expectation.ANSWER: "A right answer here answers the question.",
    Expectation.REFUSAL: "A right answer here declines the request.",
    Expectation.ABSTAIN: "A right answer here says that it cannot be told from what is given.",
    Expectation.NAME_CONFLICT: "A right answer here names what the passages say differently.",
}
"""What raters are told of a prompt."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of a prompt's context. ``id`` is the owner's, unique in the prompt; it may be empty."""

    id: str
    text: str


def context_text(passages: tuple[Passage, ...]) -> str:
    """Passages as one text: each after its id in brackets, where it has one, with a blank line between."""
    return "\n\n".join(f"[{one.id}] {one.text}" if one.id else one.text for one in passages)
