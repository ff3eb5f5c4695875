"""People's records about answers besides judgments: marks, corrections, adjudications, refusals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, NewType

from ftcompare.core.hashing import Json
from ftcompare.core.study import ComparisonId, JudgmentEvent, ResponseId
from ftcompare.core.survey import SurveyAnswer

ExpertId = NewType("ExpertId", int)

MAX_NOTE = 100_000  # maximum number of characters of a mark's comment or suggestion, or of a reason

MAX_CORRECTION = 1_000_000  # maximum number of characters of a corrected answer


class AnnotationKind(StrEnum):
    MARK = "mark"
    CORRECTION = "correction"
    ADJUDICATION = "adjudication"
    REVIEWED = "reviewed"  # the expert read an answer to its end, with or without finding errors
    REFUSAL = "refusal"  # the expert labeled whether an answer refuses the request
    RETRACTION = "retraction"  # an earlier annotation is withdrawn


class Adjudicated(StrEnum):
    """The result of an adjudication, by response a and b of the stored comparison."""

    A = "a"
    B = "b"
    TIE = "tie"
    BOTH_BAD = "both_bad"


class RefusalSaid(StrEnum):
    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Expert:
    """A person who annotates. Two experts' names differ by more than case and surrounding spaces."""

    id: ExpertId
    name: str


@dataclass(frozen=True, slots=True)
class Mark:
    response: ResponseId
    start: int  # index of the first marked character in the stored text, from 0
    end: int  # index after the last marked character; equal to ``start`` where text is missing at that place
    quote: str  # the marked text, by which a mark on a text that has since changed is detected
    error_type: str  # key of a type of the study's error scheme
    severity: str  # key of a severity of the study's error scheme
    comment: str = ""
    suggestion: str = ""  # text that should replace the quote; empty without a suggestion


def with_suggestions(text: str, marks: Iterable[Mark]) -> str:
    """Return the text with the suggestions of its marks; of marks that overlap, only the first counts."""
    parts, end = list[str](), 0
    for mark in sorted(marks, key=lambda mark: (mark.start, mark.end)):
        if mark.suggestion and mark.start >= end:
            parts += text[end : mark.start], mark.suggestion
            end = mark.end
    return "".join((*parts, text[end:]))


@dataclass(frozen=True, slots=True)
class Correction:
    """The whole text that the answer should have been. The stored answer itself is not changed."""

    response: ResponseId
    text: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Adjudication:
    """A senior rater's verdict on a pair that raters judged; it is never counted among their judgments."""

    comparison: ComparisonId
    choice: Adjudicated
    strength: int | None = None  # 1 or more, on the study's scale; None where no strength was given
    reason: str = ""
    after_comments: bool = False  # the expert had seen the raters' comments before giving this verdict
    amends: int = 0  # ``seq`` of the expert's verdict without the comments that this replaces; 0 for none


@dataclass(frozen=True, slots=True)
class Reviewed:
    response: ResponseId


@dataclass(frozen=True, slots=True)
class RefusalLabel:
    response: ResponseId
    label: RefusalSaid


Annotation = Mark | Correction | Adjudication | Reviewed | RefusalLabel


@dataclass(frozen=True, slots=True)
class StoredAnnotation:
    expert: ExpertId
    seq: int  # number of the annotation, from 1 without gaps for each expert
    at: str  # ISO 8601 UTC
    given: Annotation


class AnnotationRow(NamedTuple):
    """The content of a stored annotation apart from its place in the chain."""

    kind: AnnotationKind
    response: ResponseId | None
    comparison: ComparisonId | None
    record: dict[str, Json]  # what has no column of its own
    retracts: int | None = None


class PackAnnotation(NamedTuple):
    """A row of a pack's marks; ``row.response`` is the number of an answer of the pack."""

    seq: int
    row: AnnotationRow
    at: str
    digest: str

    def fields(self) -> dict[str, Json]:
        row = self.row
        act = {"response": row.response, "record": row.record, "retracts": row.retracts}
        return {"seq": self.seq, "kind": row.kind.value, **act, "at": self.at, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class PageResult:
    """A record that a page for a browser saved, with the digests that the page computed."""

    pack: str  # random id of the pack
    rater: str
    page: str  # digest of the page's data
    items: tuple[str, ...]  # digest of what was shown of each item, in order; empty where it was altered
    events: tuple[JudgmentEvent, ...]  # oldest first
    annotations: tuple[PackAnnotation, ...] = ()  # oldest first
    marks: str = ""  # digest of the newest mark; empty if there is none
    survey: tuple[SurveyAnswer, ...] = ()  # answers to the questions around the pairs
