"""What is in a result of a pack for browsers, as far as the file itself says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ftcompare.core.annotations import AnnotationKind
from ftcompare.core.hashing import Json
from ftcompare.core.study import EventKind
from ftcompare.formats.browser_pack.result import ResultAnnotation, ResultEvent, is_result, read_result

__all__ = ["ResultInfo", "describe_result", "is_result", "result_info_json"]


@dataclass(frozen=True, slots=True)
class ResultInfo:
    """What a rater did in a page.

    Args:
        pack: random id of the pack.
        items: pairs of the pack.
        judged, skipped: pairs, as the rater left them.
        guesses: answered.
        marks: errors that are marked.
        last: ISO 8601 UTC of the last act, by the clock of the rater's machine; empty for none.
    """

    pack: str
    rater: str
    items: int
    judged: int
    skipped: int
    guesses: int
    marks: int
    last: str


def describe_result(path: Path) -> ResultInfo:
    """What is in a result; it is verified when it is merged, and not before.

    Raises:
        UserError: as `read_result`.
    """
    result = read_result(path)
    standing = _standing(result.events)
    kinds = [event.kind for event in standing.values()]
    return ResultInfo(
        pack=result.pack,
        rater=result.rater,
        items=len(result.items),
        judged=kinds.count(EventKind.JUDGMENT),
        skipped=kinds.count(EventKind.SKIP),
        guesses=sum(event.kind is EventKind.GUESS for event in _not_retracted(result.events)),
        marks=_marks(result.annotations),
        last=max((*(one.at for one in result.events), *(one.at for one in result.annotations)), default=""),
    )


def _not_retracted(events: Sequence[ResultEvent]) -> list[ResultEvent]:
    gone = {event.retracts for event in events if event.kind is EventKind.RETRACTION}
    return [event for event in events if event.kind is not EventKind.RETRACTION and event.seq not in gone]


def _marks(annotations: Sequence[ResultAnnotation]) -> int:
    gone = {row.retracts for row in annotations}
    return sum(row.kind is AnnotationKind.MARK and row.seq not in gone for row in annotations)


def _standing(events: Sequence[ResultEvent]) -> dict[int, ResultEvent]:
    """The last verdict or skip of each pair."""
    told = (EventKind.JUDGMENT, EventKind.SKIP)
    return {event.allocation: event for event in _not_retracted(events) if event.kind in told}


def result_info_json(info: ResultInfo) -> dict[str, Json]:
    """``info --json`` of a result."""
    return {
        "result_of_pack": info.pack,
        "rater": info.rater,
        "items": info.items,
        "judged": info.judged,
        "skipped": info.skipped,
        "guesses": info.guesses,
        "marks": info.marks,
        "last": info.last,
    }
