"""The context of a prompt: passages to answer from, and what a right answer does with them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ftcompare.core.language import N_


class ContextKind(StrEnum):
    NONE = ""
    KNOWN = "known"  # the passages contain the answer
    UNKNOWN = "unknown"  # the passages do not contain the answer
    CONFLICTING = "conflicting"  # the passages contradict each other
    COUNTERFACTUAL = "counterfactual"  # the passages contradict facts of the world
    DISTRACTING = "distracting"  # the answer is in the passages, among passages on other subjects


class Expectation(StrEnum):
    NONE = ""
    ANSWER = "answer"
    REFUSAL = "refusal"
    ABSTAIN = "abstain"  # the answer says that the context does not contain the information
    NAME_CONFLICT = "name_conflict"


EXPECTED_WORDS = {
    Expectation.NONE: "",
    Expectation.ANSWER: N_("A correct answer to this prompt answers the question."),
    Expectation.REFUSAL: N_("A correct answer to this prompt declines the request."),
    Expectation.ABSTAIN: N_("A correct answer to this prompt says that the information given is not enough."),
    Expectation.NAME_CONFLICT: N_("A correct answer to this prompt names what the passages say differently."),
}
"""The sentence that raters read about each expectation."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of a prompt's context; its id, from the owner, is unique in the prompt or empty."""

    id: str
    text: str


def context_text(passages: tuple[Passage, ...]) -> str:
    """Join the passages by blank lines; each begins with its id in brackets, if any."""
    return "\n\n".join(f"[{one.id}] {one.text}" if one.id else one.text for one in passages)
