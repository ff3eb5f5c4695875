"""Criteria and reasons of the pair in front: what is answered, and which criterion the arrows answer."""

from __future__ import annotations

from dataclasses import replace

from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Draft


def fitting(draft: Draft, scale: Scale) -> Draft:
    """A draft with those criteria and reasons only that the scale asks for, in the scale's order."""
    answered = dict(draft.criteria)
    return replace(
        draft,
        criteria=tuple((name, answered[name]) for name in scale.criteria if name in answered),
        reasons=tuple(reason for reason in scale.reasons if reason in draft.reasons),
    )


def missing(scale: Scale, draft: Draft) -> tuple[str, ...]:
    """Criteria without an answer, in the scale's order."""
    answered = dict(draft.criteria)
    return tuple(name for name in scale.criteria if name not in answered)


def with_answer(scale: Scale, draft: Draft, criterion: str, choice: Choice) -> Draft:
    """The draft with one criterion answered, or answered anew."""
    answered = {**dict(draft.criteria), criterion: choice}
    return fitting(replace(draft, criteria=tuple(answered.items())), scale)


def with_reason_turned(scale: Scale, draft: Draft, reason: str) -> Draft:
    """The draft with one reason ticked that was not, or the other way round."""
    ticked = set(draft.reasons) ^ {reason}
    return fitting(replace(draft, reasons=tuple(ticked)), scale)


class Aim:
    """What the next arrow answers: a criterion, or the whole where ``criterion`` is empty."""

    def __init__(self) -> None:
        self.criterion = ""
        self.reasons_mode = False

    def start(self, scale: Scale, draft: Draft) -> None:
        """A pair comes: the first criterion without an answer, or the whole."""
        self.reasons_mode = False
        self.rest(scale, draft)

    def rest(self, scale: Scale, draft: Draft) -> None:
        """Back to the first criterion without an answer, or to the whole."""
        self.criterion = next(iter(missing(scale, draft)), "")

    def turn(self, scale: Scale, draft: Draft, criterion: str) -> None:
        """Aim at a criterion to answer it or to change it; if it is aimed at already, back."""
        if self.criterion == criterion:
            self.rest(scale, draft)
        else:
            self.criterion = criterion

    def advance(self, scale: Scale, draft: Draft) -> None:
        """A criterion is answered: on to the next one without an answer, or to the whole."""
        left = missing(scale, draft)
        names = scale.criteria
        after = names[names.index(self.criterion) + 1 :] if self.criterion in names else ()
        self.criterion = next((name for name in after if name in left), next(iter(left), ""))

    def leave_detour(self, scale: Scale, draft: Draft) -> bool:
        """Leave the reasons or an answered criterion, if the rater is there; whether they were."""
        before = (self.criterion, self.reasons_mode)
        self.start(scale, draft)
        return before != (self.criterion, self.reasons_mode)
