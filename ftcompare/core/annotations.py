"""What people record about answers besides judging pairs: marks, corrections, adjudications, refusals."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from ftcompare.core.study import ComparisonId, ResponseId

ExpertId = NewType("ExpertId", int)

MAX_NOTE = 100_000
"""Characters of a mark's comment and suggestion each, and of the reason of an adjudication."""

MAX_CORRECTION = 1_000_000
"""Characters of a corrected answer."""


class AnnotationKind(StrEnum):
    """What an expert did."""

    MARK = "mark"
    CORRECTION = "correction"
    ADJUDICATION = "adjudication"
    REVIEWED = "reviewed"  # an answer was looked through, whatever was found
    REFUSAL = "refusal"  # whether an answer declines
    RETRACTION = "retraction"  # one of the others is taken back


class Adjudicated(StrEnum):
    """What an adjudication decides, by the responses of the comparison as it is stored."""

    A = "a"
    B = "b"
    TIE = "tie"
    BOTH_BAD = "both_bad"


class RefusalSaid(StrEnum):
    """What a person says to the question whether an answer declines."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Expert:
    """Who annotates. Names differ by more than case and surrounding spaces."""

    id: ExpertId
    name: str


@dataclass(frozen=True, slots=True)
class Mark:
    """An error in a stored answer.

    Args:
        start: first character, counted from 0 in the text as it is stored.
        end: the character after the last; equal to ``start`` for what is missing there.
        quote: the text between, so that a mark on text that changed is noticed.
        error_type: key of a type of the study's error scheme.
        severity: key of a severity of it.
        suggestion: better words in the place of the quote; empty without.
    """

    response: ResponseId
    start: int
    end: int
    quote: str
    error_type: str
    severity: str
    comment: str = ""
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """A whole text that the answer should have been. The answer itself stays as it is."""

    response: ResponseId
    text: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Adjudication:
    """A senior rater's verdict on a pair that raters judged; it is never counted among theirs.

    Args:
        strength: 1 or more, on the study's scale; None without.
        after_comments: the raters' comments were open before it was given.
        amends: ``seq`` of the same expert's first verdict, given blind, which this one replaces; 0 for none.
    """

    comparison: ComparisonId
    choice: Adjudicated
    strength: int | None = None
    reason: str = ""
    after_comments: bool = False
    amends: int = 0


@dataclass(frozen=True, slots=True)
class Reviewed:
    """An answer that the expert has looked through."""

    response: ResponseId


@dataclass(frozen=True, slots=True)
class RefusalLabel:
    """Whether an answer declines what was asked, as a person says."""

    response: ResponseId
    label: RefusalSaid


Annotation = Mark | Correction | Adjudication | Reviewed | RefusalLabel


@dataclass(frozen=True, slots=True)
class StoredAnnotation:
    """An annotation in its place in an expert's chain.

    Args:
        seq: from 1, without gaps, per expert.
        at: ISO 8601 UTC.
    """

    expert: ExpertId
    seq: int
    at: str
    given: Annotation
