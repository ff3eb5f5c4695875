"""People's labels whether an answer declines, given without knowing which system wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ftcompare.core.annotations import AnnotationKind, Expert, RefusalLabel, RefusalSaid
from ftcompare.core.context import Passage
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import digest
from ftcompare.core.person_names import folded_name
from ftcompare.core.study import Message, ResponseId
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class RefusalQuestion:
    """One answer, with what was asked.

    Args:
        messages: of the prompt.
        later_turns: of a conversation, what was asked after the first answer.
        earlier: answers before the last one of a conversation.
        text: the answer, as it is stored.
        said: what this person said of it before; None where it is new.
    """

    response: ResponseId
    messages: tuple[Message, ...]
    context: tuple[Passage, ...]
    later_turns: tuple[str, ...]
    earlier: tuple[str, ...]
    text: str
    said: RefusalSaid | None = None


@dataclass(frozen=True, slots=True)
class RefusalsView:
    """All that the page shows; no system is reachable from it.

    Args:
        rater: who is asked.
        question: None when all are answered.
        done: answers of which this person has said whether they decline, or that it cannot be told.
        undo: whether there is something to take back.
    """

    rater: str
    question: RefusalQuestion | None
    done: int
    total: int
    undo: bool


def refusals_to_label(study: StudyFile) -> int:
    """How many answers a person is asked about."""
    return len(study.declining.to_label())


def refusals_labelled(study: StudyFile, rater: str) -> int:
    """Of how many a person has said whether they decline."""
    expert = _expert(study, rater)
    return study.declining.count_said(expert.id) if expert else 0


def refusals_view(study: StudyFile, rater: str) -> RefusalsView:
    """The next answer in this person's own order, which is drawn from the study's secret."""
    return _view(study, rater)


def label_refusal(
    study: StudyFile, rater: str, response: ResponseId, said: RefusalSaid, *, now: datetime
) -> RefusalsView:
    """Stores what a person says of an answer, in the place of what was said before; then the next answer.

    Raises:
        UserError: ``no-expert-name``; ``answer-unknown``: nobody is asked about this answer.
    """
    with study.atomic():
        if response not in study.declining.to_label():
            raise UserError("Nobody is asked about this answer.", code="answer-unknown")
        expert = study.annotations.expert(rater, of_rater=True)
        study.annotations.add(expert.id, RefusalLabel(response, said), now=now)
    return _view(study, rater)


def undo_refusal(study: StudyFile, rater: str, *, now: datetime) -> RefusalsView:
    """Takes back the newest that this person said; its answer comes back to be asked about again."""
    expert = _expert(study, rater)
    undone = study.annotations.undo(expert.id, AnnotationKind.REFUSAL, now=now) if expert else None
    again = undone.given if undone else None
    return _view(study, rater, again if isinstance(again, RefusalLabel) else None)


def _view(study: StudyFile, rater: str, again: RefusalLabel | None = None) -> RefusalsView:
    expert, asked = _expert(study, rater), _drawn(study, rater)
    said = {response for _, response, _ in study.declining.said(expert.id)} if expert else set()
    left = [response for response in asked if response not in said]
    shown = again.response if again and again.response in asked else next(iter(left), None)
    before = again.label if again and shown == again.response else None
    question = None if shown is None else _question(study, shown, before)
    return RefusalsView(rater, question, len(asked) - len(left), len(asked), bool(said))


def _expert(study: StudyFile, rater: str) -> Expert | None:
    wanted = folded_name(rater)
    return next((known for known in study.annotations.experts() if folded_name(known.name) == wanted), None)


def _drawn(study: StudyFile, rater: str) -> Sequence[ResponseId]:
    """The answers in an order that differs from person to person and says nothing of who wrote them."""
    whose = digest("refusal-order", [study.settings.concealed_order(0), folded_name(rater)])
    return sorted(study.declining.to_label(), key=lambda response: digest(whose, [response]))


def _question(study: StudyFile, response: ResponseId, said: RefusalSaid | None) -> RefusalQuestion:
    found = study.annotated.one(response)
    spec, answer = found.prompt.spec, found.response
    return RefusalQuestion(
        response, spec.messages, spec.context, spec.later_turns, answer.answers[:-1], answer.text, said
    )
