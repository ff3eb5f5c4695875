"""The answers that a scale offers, and their names."""

from __future__ import annotations

from dataclasses import dataclass

from ftcompare.core.scale import Choice, Scale

ALIKE = "Two answers can be the same, or nearly so: “About equal” is then the answer."
"""Hint for pairs with no or nearly no difference."""

CHOICES = {Choice.LEFT: "Left", Choice.BOTH_BAD: "Both bad", Choice.TIE: "Equal", Choice.RIGHT: "Right"}
"""Short names of the answers to a criterion, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that a scale offers, with the command that gives it."""

    command: str
    choice: Choice
    strength: int | None
    title: str


def answers(scale: Scale) -> tuple[Answer, ...]:
    """The answers of a scale, from left to right."""
    left, right = _sided(Choice.LEFT, scale), _sided(Choice.RIGHT, scale)
    between = (
        Answer("rate.both_bad", Choice.BOTH_BAD, None, "Both bad"),
        Answer("rate.tie", Choice.TIE, None, "About equal"),
    )
    return (*left, *between, *reversed(right))


def _sided(choice: Choice, scale: Scale) -> list[Answer]:
    """The answers for one side, the strongest first."""
    side, name = f"rate.{choice.value}", CHOICES[choice]
    if scale.strengths == 1:
        return [Answer(side, choice, None, f"{name} is better")]
    found = [
        Answer(f"{side}_much", choice, scale.strengths, f"{name} is much better"),
        Answer(side, choice, scale.strengths - 1, f"{name} is better"),
    ]
    if scale.strengths > 2:
        found.append(Answer(f"{side}_slightly", choice, 1, f"{name} is slightly better"))
    return found


def stronger(answer: Answer, scale: Scale) -> Answer | None:
    """The answer that a second press of an answer's key gives; None if the scale has no stronger one."""
    wanted = f"{answer.command}_much"
    return next((offered for offered in answers(scale) if offered.command == wanted), None)
