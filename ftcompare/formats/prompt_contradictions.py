"""Contradictions within a prompt, reported when it is read, before responses or judgments exist."""

from __future__ import annotations

from dataclasses import dataclass

from ftcompare.core.context import Expectation
from ftcompare.core.prompt_check import CheckKind, RefusalCheck
from ftcompare.core.study import PromptSpec
from ftcompare.formats.prompt_checks import stored_checks
from ftcompare.formats.record_fields import shown

MOST_NAMED = 8
"""Maximum number of labels named one by one."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The error of a prompt as a sentence, and how to correct it."""

    what: str
    how: str


def contradiction(spec: PromptSpec) -> Contradiction | None:
    """The first contradiction within a prompt; None for a valid one."""
    return _missing(spec) or _no_right_label(spec) or _refusal(spec)


def _missing(spec: PromptSpec) -> Contradiction | None:
    """A check of the labels or of the reference, which the prompt does not have."""
    kinds = {check.kind for check in stored_checks(spec.checks)}
    if CheckKind.LABEL in kinds and not spec.labels:
        how = 'Add the field "labels" with the answers to choose from.'
        return Contradiction("A label is checked, and the prompt has no labels.", how)
    if CheckKind.REFERENCE in kinds and not spec.reference.strip():
        how = 'Add the field "reference" with the accepted answer, or leave the check out.'
        return Contradiction("The reference is checked, and the prompt has no reference.", how)
    return None


def _no_right_label(spec: PromptSpec) -> Contradiction | None:
    """Labels without a right one: if accepted answers are given, one label must be among them."""
    accepted = [text.strip() for text in (spec.reference, *spec.more_references) if text.strip()]
    right = {text.casefold() for text in accepted}
    if not spec.labels or not accepted or any(label.casefold() in right for label in spec.labels):
        return None
    named = [shown(label) for label in spec.labels[:MOST_NAMED]]
    more = f" and {len(spec.labels) - MOST_NAMED} more" if len(spec.labels) > MOST_NAMED else ""
    what = f"reference is {shown(accepted[0])}, which is none of the labels: {', '.join(named)}{more}."
    return Contradiction(what, "Give the right label as the reference, or leave one of the two out.")


def _refusal(spec: PromptSpec) -> Contradiction | None:
    wanted = {Expectation.REFUSAL: True, Expectation.ANSWER: False}.get(spec.expects)
    given = [check.refused for check in stored_checks(spec.checks) if isinstance(check, RefusalCheck)]
    if wanted is None or not given or wanted in given:
        return None
    check = f'{{"refusal": {str(given[0]).lower()}}}'
    what = f"The prompt expects {spec.expects.value!r}, and a check wants the opposite: {check}."
    return Contradiction(
        what, "Leave the check out: it follows from what is expected. Or correct one of them."
    )
