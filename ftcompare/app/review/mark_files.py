"""Export and import of marks: Web Annotations (JSON-LD) or a CSV table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from ftcompare.app.overwrite_guard import require_output
from ftcompare.app.review.marks import MarkedAnswer, study_marks
from ftcompare.app.study.shown_names import system_names
from ftcompare.core.annotations import Annotation, AnnotationKind, ExpertId, Mark, Reviewed, StoredAnnotation
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import UserError
from ftcompare.core.study import Response, ResponseId
from ftcompare.formats.judgments_csv import safe_cell
from ftcompare.formats.marks import (
    MarkRecord,
    around,
    read_annotations,
    read_marks_csv,
    text_digest,
    write_annotations,
    write_marks_csv,
)
from ftcompare.store.study.study_file import StudyFile

CSV, JSON_LD = ".csv", (".jsonld", ".json")


@dataclass(frozen=True, slots=True)
class MarksTaken:
    """The result of an import."""

    # number of new marks; ``reviewed`` is the number of new notes that an answer was looked through
    added: int
    reviewed: int
    there: int  # number of records that the study already had
    taken_back: int = 0  # number of records that their expert took back in this study; they stay taken back


def mark_records(study: StudyFile) -> tuple[MarkRecord, ...]:
    """All marks and all notes that an answer was looked through, by prompt, then in order of answers."""
    return tuple(record for answer in study_marks(study).answers for record in _records(answer))


def _records(answer: MarkedAnswer) -> Iterator[MarkRecord]:
    key, digest, system = answer.prompt.spec.key, text_digest(answer.text), answer.system
    for mark in answer.marks:
        given = mark.given
        prefix, suffix = around(answer.text, given.start, given.end)
        shared = _shared(given)
        yield MarkRecord(mark.expert, key, digest, system, prefix=prefix, suffix=suffix, at=mark.at, **shared)
    for name in answer.done_by:
        yield MarkRecord(name, key, digest, system, reviewed=True)


def _shared(mark: Mark | MarkRecord) -> dict[str, Any]:
    """What a mark and its record in a file have in common."""
    return {one.name: getattr(mark, one.name) for one in fields(Mark) if one.name != "response"}


def write_marks(study: StudyFile, path: Path, *, replace: bool) -> int:
    """Write all marks to a file and return their number: CSV for the suffix ``.csv``, else Web Annotations.

    Raises:
        UserError: as `require_output`; ``unknown-suffix``; ``no-rows`` when there are no marks.
    """
    require_output(path, inputs=(study.path,), replace=replace)
    _require_suffix(path)
    records = mark_records(study)
    if not records:
        what = "Nobody has marked anything in this study, or looked an answer through."
        raise UserError(what, where=study.path.name, code="no-rows")
    if path.suffix.lower() == CSV:
        write_marks_csv(path, records, replace=replace)
    else:
        write_annotations(path, records, study.settings.read().title, replace=replace)
    return len(records)


def take_in_marks(study: StudyFile, path: Path, *, now: datetime) -> MarksTaken:
    """Import the marks of a file, all or none; records that the study already has are skipped.

    Records that their expert took back in this study are skipped too, since the file may be older than that.

    An answer is identified by its prompt's id and its text; when two systems gave the same text, also by the
    system's name if the file contains it.

    Raises:
        UserError: ``bad-line`` with the position of a mark whose answer, type or severity the study does not
            have, or whose passage is not in the answer; errors of the readers; ``unknown-suffix``.
    """
    _require_suffix(path)
    records = read_marks_csv(path) if path.suffix.lower() == CSV else read_annotations(path)
    with study.atomic():
        taking = _Taking(study)
        for record in records:
            taking.take(record, now)
    return MarksTaken(taking.added, taking.reviewed, taking.there, taking.taken_back)


def _require_suffix(path: Path) -> None:
    if path.suffix.lower() not in (CSV, *JSON_LD):
        what = "The name does not say which kind of file."
        how = "End the name in .csv for a table, or in .jsonld for Web Annotations."
        raise UserError(what, where=path.name, how=how, code="unknown-suffix")


_ByAnswer: TypeAlias = dict[tuple[ExpertId, ResponseId], list[Annotation]]


def _by_answer(stored: Iterable[StoredAnnotation]) -> _ByAnswer:
    found: _ByAnswer = {}
    for one in stored:
        if isinstance(one.given, Mark | Reviewed):
            found.setdefault((one.expert, one.given.response), []).append(one.given)
    return found


class _Taking:
    """Imports one record after another."""

    def __init__(self, study: StudyFile) -> None:
        self._study = study
        self._answers = _answers(study)
        told = study.settings.read().disclosure
        names = system_names(study) if told.tells(Subject.ANNOTATIONS) else {}
        self._system: Mapping[int, str] = {int(system): name for system, name in names.items()}
        kinds, annotations = (AnnotationKind.MARK, AnnotationKind.REVIEWED), study.annotations
        self._standing = _by_answer(one for kind in kinds for one in annotations.standing(kind))
        self._gone = _by_answer(one for kind in kinds for one in annotations.taken_back(kind))
        self.added = self.reviewed = self.there = self.taken_back = 0

    def take(self, record: MarkRecord, now: datetime) -> None:
        """Add the mark or note of a record, unless the study has it."""
        answers = self._answers_of(record)
        expert = self._study.annotations.expert(record.expert).id
        if self._known(self._standing, record, expert, answers):
            self.there += 1
            return
        if self._known(self._gone, record, expert, answers):
            self.taken_back += 1
            return
        given = _given(record, answers[0])
        try:
            self._study.annotations.add(expert, given, now=now)
        except UserError as error:
            raise UserError(error.what, where=record.where, how=error.how, code="bad-line") from error
        self.added += not record.reviewed
        self.reviewed += record.reviewed

    def _known(
        self, among: _ByAnswer, record: MarkRecord, expert: ExpertId, answers: Sequence[Response]
    ) -> bool:
        """Whether an annotation equals the record. Each annotation matches one record only."""
        for answer in answers:
            same, given = _same(record, answer), among.get((expert, answer.id), [])
            found = next((one for one in given if same(one)), None)
            if found is not None:
                given.remove(found)
                return True
        return False

    def _answers_of(self, record: MarkRecord) -> Sequence[Response]:
        found = self._answers.get((record.prompt_id, record.answer), [])
        named = [one for one in found if record.system and self._system.get(one.system) == record.system]
        if not found:
            what = f"To the prompt “{record.prompt_id[:60]}” no answer has the text that was marked."
            how = "Take marks into the study that they were made in, or a copy of it. Nothing was taken."
            raise UserError(what, where=record.where, how=how, code="bad-line")
        return named or found


def _answers(study: StudyFile) -> dict[tuple[str, str], list[Response]]:
    keys = {prompt.id: prompt.spec.key for prompt in study.prompts.all()}
    found: dict[tuple[str, str], list[Response]] = {}
    for one in study.responses.all():
        if one.prompt in keys:
            found.setdefault((keys[one.prompt], text_digest(one.text)), []).append(one)
    return found


def _given(record: MarkRecord, answer: Response) -> Mark | Reviewed:
    if record.reviewed:
        return Reviewed(answer.id)
    passage = answer.text[record.start : record.end]
    quote = passage if record.escaped and record.quote == safe_cell(passage) else record.quote
    return Mark(answer.id, **_shared(record) | {"quote": quote})


def _same(record: MarkRecord, answer: Response) -> Callable[[Annotation], bool]:
    """A test whether an annotation on the answer equals the record."""
    wanted = _given(record, answer)

    def same(one: Annotation) -> bool:
        if not (record.escaped and isinstance(one, Mark) and isinstance(wanted, Mark)):
            return one == wanted
        said = (wanted.comment, wanted.suggestion)
        escaped = (safe_cell(one.comment), safe_cell(one.suggestion))
        places = ("start", "end", "error_type", "severity")
        return said in (escaped, (one.comment, one.suggestion)) and all(
            getattr(one, name) == getattr(wanted, name) for name in places
        )

    return same
