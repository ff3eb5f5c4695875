"""People label whether an answer declines the request, without knowing which system wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ftcompare.core.annotations import AnnotationKind, Expert, RefusalLabel, RefusalSaid
from ftcompare.core.context import Passage
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import digest
from ftcompare.core.language import tr
from ftcompare.core.study import Message, ResponseId, folded_name
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class RefusalQuestion:
    response: ResponseId
    messages: tuple[Message, ...]  # messages of the prompt
    context: tuple[Passage, ...]
    later_turns: tuple[str, ...]  # for a conversation: the user's messages after the first answer
    earlier: tuple[str, ...]  # for a conversation: the system's answers before its last one
    text: str  # the answer as stored
    # this person's earlier label of the answer, after an undo; None for a new answer
    said: RefusalSaid | None = None


@dataclass(frozen=True, slots=True)
class RefusalsView:
    """The content of the page; it gives no access to any system."""

    rater: str  # name of the person who labels
    question: RefusalQuestion | None  # the next answer to label; None when all are labeled
    done: int  # number of answers that this person has labeled, ``cannot tell`` included
    total: int  # number of answers to label
    undo: bool  # whether there is a label to take back


def refusals_to_label(study: StudyFile) -> int:
    return len(study.declining.to_label())


def refusals_labelled(study: StudyFile, rater: str) -> int:
    expert = _expert(study, rater)
    return study.declining.count_said(expert.id) if expert else 0


def label_refusal(
    study: StudyFile, rater: str, response: ResponseId, label: RefusalSaid, *, now: datetime
) -> RefusalsView:
    with study.atomic():
        if response not in study.declining.to_label():
            raise UserError(tr("Nobody is asked about this answer."), code="answer-unknown")
        expert = study.annotations.expert(rater, of_rater=True)
        study.annotations.add(expert.id, RefusalLabel(response, label), now=now)
    return refusals_view(study, rater)


def undo_refusal(study: StudyFile, rater: str, *, now: datetime) -> RefusalsView:
    """Take back this person's newest label and show its answer again."""
    expert = _expert(study, rater)
    undone = study.annotations.undo(expert.id, AnnotationKind.REFUSAL, now=now) if expert else None
    again = undone.given if undone else None
    return refusals_view(study, rater, again if isinstance(again, RefusalLabel) else None)


def refusals_view(study: StudyFile, rater: str, again: RefusalLabel | None = None) -> RefusalsView:
    """The next answer to label, or one ``again``, in a rater's own order that the study's secret decides."""
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
    """The answers in an order that differs between people and does not depend on the writers."""
    whose = digest("refusal-order", [study.settings.concealed_order(0), folded_name(rater)])
    return sorted(study.declining.to_label(), key=lambda response: digest(whose, [response]))


def _question(study: StudyFile, response: ResponseId, label: RefusalSaid | None) -> RefusalQuestion:
    found = study.annotated.one(response)
    spec, answer = found.prompt.spec, found.response
    return RefusalQuestion(
        response, spec.messages, spec.context, spec.later_turns, answer.answers[:-1], answer.text, label
    )
