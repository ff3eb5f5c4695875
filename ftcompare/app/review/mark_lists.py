"""Marks as JSON, and the marked passages of an answer with each expert's marks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ftcompare.app.review.marks import MarkedAnswer, ShownMark, StudyMarks
from ftcompare.core.hashing import Json


@dataclass(frozen=True, slots=True)
class MarkedPassage:
    """A stretch of text covered by marks that overlap, directly or through other marks."""

    start: int  # first character of the stretch in the answer; ``end`` is exclusive
    end: int
    text: str  # the text from ``start`` to ``end``
    # for each expert who reviewed the answer, by name: the marks in this stretch; may be empty
    by_expert: dict[str, tuple[ShownMark, ...]]


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
