"""What comes back of a rater's pack or page besides its judgments: marks, and the whole result of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ftcompare.core.annotations import AnnotationKind
from ftcompare.core.hashing import Json
from ftcompare.core.study import ComparisonId, JudgmentEvent, ResponseId


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
    """What a page for a browser saved; all digests are as the page computed them."""

    pack: str  # random id of the pack
    rater: str
    page: str  # digest of the page's data
    items: tuple[str, ...]  # digest of what was shown of each item, in order; empty where it was altered
    events: tuple[JudgmentEvent, ...]  # oldest first
    annotations: tuple[PackAnnotation, ...] = ()  # oldest first
    marks: str = ""  # digest of the newest mark; empty if there is none
