"""Error marks on answers: their scheme; add, change, take back, read, and list them; overlaps; as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ftcompare.app.review.answer_names import named_answers
from ftcompare.app.review.experts import find_expert, names_by_expert
from ftcompare.app.study.shown_names import system_names
from ftcompare.core.annotations import (
    AnnotationKind,
    ExpertId,
    Mark,
    Reviewed,
    StoredAnnotation,
)
from ftcompare.core.disclosure import Subject, Withheld
from ftcompare.core.error_scheme import MQM_CORE, ErrorScheme, ErrorType, Severity
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.study import Prompt, PromptId, Response, ResponseId, SystemId
from ftcompare.formats.error_scheme import error_scheme_toml as error_scheme_toml
from ftcompare.formats.error_scheme import read_error_scheme
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class ShownMark:
    """A standing mark."""

    expert: str  # name of the expert
    number: int  # number of the mark in the expert's chain of annotations
    given: Mark
    error_type: ErrorType
    severity: Severity
    at: str  # time of the mark, ISO 8601 UTC

    @property
    def words(self) -> str:
        """The mark's type, severity and passage, on one line."""
        quote = " ".join(self.given.quote.split())
        passage = f"“{quote}”" if quote else "between two characters"
        return f"{self.error_type.label}, {self.severity.label.lower()}: {passage}"


@dataclass(frozen=True, slots=True)
class MarkedAnswer:
    """An answer with the experts' marks."""

    response: ResponseId
    prompt: Prompt
    name: str  # name of its system, or a letter while writers are withheld (see `answer_names`)
    system: str  # the system's name; empty while writers are withheld
    text: str
    marks: tuple[ShownMark, ...]  # in the order of the text
    reviewed_by: tuple[str, ...]  # names of the experts who marked or looked through the answer
    done_by: tuple[str, ...]  # names of the experts who recorded that they looked through the whole answer


@dataclass(frozen=True, slots=True)
class StudyMarks:
    """All marks of a study."""

    scheme: ErrorScheme
    answers: tuple[MarkedAnswer, ...]
    withheld: Withheld | None  # why no system is named; None where systems are named

    @property
    def count(self) -> int:
        return sum(len(answer.marks) for answer in self.answers)


@dataclass(frozen=True, slots=True)
class MarkedPassage:
    """A stretch of text covered by marks that overlap, directly or through other marks."""

    start: int  # first character of the stretch in the answer; ``end`` is exclusive
    end: int
    text: str  # the text from ``start`` to ``end``
    # for each expert who reviewed the answer, by name: the marks in this stretch; may be empty
    by_expert: dict[str, tuple[ShownMark, ...]]


def error_scheme(study: StudyFile) -> ErrorScheme:
    """The error scheme of the study's marks: MQM core unless another was set."""
    return study.error_schemes.read()


def set_error_scheme(study: StudyFile, path: Path | None, *, now: datetime) -> ErrorScheme:
    """Replace the study's error scheme by that of a file, or by MQM core for None, and return it.

    Raises:
        UserError: as `read_error_scheme`; ``scheme-in-use`` when existing marks have a type or severity that
            the new scheme lacks.
    """
    scheme = read_error_scheme(path) if path else MQM_CORE
    study.error_schemes.set(scheme, now=now)
    return scheme


def study_marks(study: StudyFile) -> StudyMarks:
    """Every answer that an expert marked or looked through, by prompt and then in the order of answers."""
    reader = _Reader(study)
    answers = tuple(answer for prompt in reader.prompts() for answer in reader.answers(prompt))
    return StudyMarks(reader.scheme, answers, reader.withheld)


def answer_marks(study: StudyFile, response: ResponseId) -> MarkedAnswer:
    """One answer with its marks, which may be none.

    Raises:
        UserError: ``answer-unknown`` for an answer that may not be read now.
    """
    reader = _Reader(study, response)
    return reader.one(response)


def add_mark(study: StudyFile, name: str, mark: Mark, *, now: datetime) -> int:
    """Store a mark under an expert's name and return its number in the expert's chain.

    Raises:
        UserError: as `Annotations.add`; ``no-expert-name``; ``answer-unknown`` for an answer that may not be
            read now.
    """
    with study.atomic():
        _require_readable(study, mark.response)
        return study.annotations.add(study.annotations.expert(name).id, mark, now=now)


def change_mark(study: StudyFile, name: str, number: int, mark: Mark, *, now: datetime) -> int:
    """Replace a mark of the same expert; raises as `add_mark` and `take_back_mark`."""
    with study.atomic():
        _require_readable(study, mark.response)
        return study.annotations.replace(_who_marked(study, name), number, mark, now=now)


def take_back_mark(study: StudyFile, name: str, number: int, *, now: datetime) -> StoredAnnotation:
    """Take back one of the expert's own marks and return it.

    Raises:
        UserError: ``annotation-gone``; ``mark-of-another`` when this expert has no marks.
    """
    return study.annotations.retract(_who_marked(study, name), number, now=now)


def _who_marked(study: StudyFile, name: str) -> ExpertId:
    expert = find_expert(study, name)
    if expert is None:
        how = "Ask the one who made it."
        raise UserError("Only who made a mark can take it back.", how=how, code="mark-of-another")
    return expert


def undo_mark(study: StudyFile, name: str, *, now: datetime) -> StoredAnnotation | None:
    """Take back the expert's newest standing mark and return it; None when there is none.

    If that mark replaced another one, the replaced mark stands again.
    """
    expert = find_expert(study, name)
    return study.annotations.undo(expert, AnnotationKind.MARK, now=now) if expert is not None else None


def set_looked_through(
    study: StudyFile, name: str, response: ResponseId, *, done: bool, now: datetime
) -> None:
    """Record that the expert has looked through an answer, with or without marks; or take that back.

    Raises:
        UserError: ``no-expert-name``; ``answer-unknown``.
    """
    with study.atomic():
        _require_readable(study, response)
        expert = study.annotations.expert(name).id
        if done:
            study.annotations.add(expert, Reviewed(response), now=now)
            return
        for one in [*study.annotations.standing(AnnotationKind.REVIEWED, response=response, expert=expert)]:
            study.annotations.retract(expert, one.seq, now=now)


def _require_readable(study: StudyFile, response: ResponseId) -> None:
    """Refuse an answer that may not be read: while writers are withheld, one that stands in no pair.

    Raises:
        UserError: ``answer-unknown``.
    """
    _Reader(study, response).one(response)


class _Reader:
    """Reads answers with their marks, of the whole study or of one answer."""

    def __init__(self, study: StudyFile, response: ResponseId | None = None) -> None:
        self._study = study
        told = study.settings.read().disclosure
        self.withheld = told.withheld(Subject.ANNOTATIONS)
        self._names: Mapping[SystemId, str] | None = None if self.withheld else system_names(study)
        self.scheme = study.error_schemes.read()
        self._experts = names_by_expert(study)
        self._given: dict[ResponseId, list[StoredAnnotation]] = {}
        for kind in (AnnotationKind.MARK, AnnotationKind.REVIEWED):
            for one in study.annotations.standing(kind, response=response):
                if isinstance(one.given, Mark | Reviewed):
                    self._given.setdefault(one.given.response, []).append(one)

    def prompts(self) -> Iterator[PromptId]:
        """The prompts with a reviewed answer, in the order in which they were added."""
        reviewed = {self._prompt_of(response) for response in self._given}
        return (prompt.id for prompt in self._study.prompts.all() if prompt.id in reviewed)

    def answers(self, prompt: PromptId) -> Iterator[MarkedAnswer]:
        """The reviewed answers to a prompt, as far as they may be read."""
        spec = self._study.answers.prompt(prompt)
        for response, name in named_answers(self._study, spec, self._names):
            if response.id in self._given:
                yield self._answer(response, spec, name)

    def one(self, response: ResponseId) -> MarkedAnswer:
        self._given.setdefault(response, [])
        prompt = self._prompt_of(response)
        found = next((one for one in self.answers(prompt) if one.response == response), None)
        if found is None:
            raise UserError("The study has no such answer that can be read now.", code="answer-unknown")
        return found

    def _prompt_of(self, response: ResponseId) -> PromptId:
        return self._study.answers.prompt_of(response)

    def _answer(self, response: Response, prompt: Prompt, name: str) -> MarkedAnswer:
        given = self._given[response.id]
        marks = (
            shown_mark(self.scheme, self._experts[one.expert], one, one.given)
            for one in given
            if isinstance(one.given, Mark)
        )
        names = [self._experts[one.expert] for one in given]
        done = [self._experts[one.expert] for one in given if isinstance(one.given, Reviewed)]
        return MarkedAnswer(
            response=response.id,
            prompt=prompt,
            name=name,
            system="" if self._names is None else self._names[response.system],
            text=response.text,
            marks=in_order(marks),
            reviewed_by=tuple(sorted(set(names))),
            done_by=tuple(sorted(set(done))),
        )


def shown_mark(scheme: ErrorScheme, expert: str, stored: StoredAnnotation, given: Mark) -> ShownMark:
    """A stored mark for display; the current scheme may lack its type and severity."""
    kind, severity = scheme.error_type(given.error_type), scheme.severity(given.severity)
    return ShownMark(
        expert=expert,
        number=stored.seq,
        given=given,
        error_type=kind or ErrorType(given.error_type, given.error_type),
        severity=severity or Severity(given.severity, given.severity, 0.0),
        at=stored.at,
    )


def in_order(marks: Iterable[ShownMark]) -> tuple[ShownMark, ...]:
    return tuple(sorted(marks, key=lambda one: (one.given.start, one.given.end, one.expert, one.number)))


def passages(answer: MarkedAnswer) -> tuple[MarkedPassage, ...]:
    """The marked passages of an answer in their order, with the experts' marks for comparison."""
    return tuple(_passage(answer, marks) for marks in _overlapping(answer))


def _overlapping(answer: MarkedAnswer) -> Iterator[list[ShownMark]]:
    held: list[ShownMark] = []
    end = 0
    for mark in answer.marks:
        if held and mark.given.start >= end and mark.given.start != held[0].given.start:
            yield held
            held = []
        held.append(mark)
        end = max(mark.given.end, end) if len(held) > 1 else mark.given.end
    if held:
        yield held


def _passage(answer: MarkedAnswer, marks: list[ShownMark]) -> MarkedPassage:
    start, end = marks[0].given.start, max(mark.given.end for mark in marks)
    by_expert = {name: tuple(mark for mark in marks if mark.expert == name) for name in answer.reviewed_by}
    return MarkedPassage(start, end, answer.text[start:end], by_expert)


def marks_json(found: StudyMarks) -> dict[str, Json]:
    """The ``marks --json`` document: an entry for each reviewed answer; ``system`` is null while withheld."""
    return {
        "error_scheme": found.scheme.name,
        "marks": found.count,
        "withheld": found.withheld.text if found.withheld else None,
        "answers": [
            {
                "prompt_id": answer.prompt.spec.key,
                "answer": answer.name,
                "system": answer.system or None,
                "reviewed_by": list(answer.reviewed_by),
                "looked_through_by": list(answer.done_by),
                "marks": [_mark_json(mark) for mark in answer.marks],
            }
            for answer in found.answers
        ],
    }


def _mark_json(mark: ShownMark) -> dict[str, Json]:
    given = mark.given
    return {
        "expert": mark.expert,
        "number": mark.number,
        "start": given.start,
        "end": given.end,
        "quote": given.quote,
        "error_type": given.error_type,
        "severity": given.severity,
        "weight": mark.severity.weight,
        "comment": given.comment,
        "suggestion": given.suggestion,
        "at": mark.at,
    }
