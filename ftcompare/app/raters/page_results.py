"""The content of a file that a rater sent back, as far as the file itself says; merging verifies it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ftcompare.app.raters.packs import outside_copy
from ftcompare.core.annotations import AnnotationKind
from ftcompare.core.hashing import Json
from ftcompare.core.study import EventKind
from ftcompare.formats.browser_pack.result import ResultAnnotation, ResultEvent, is_result, read_result
from ftcompare.store.pack.pack_file import PACK_RATER
from ftcompare.store.records import JudgmentEvent

__all__ = ["ResultInfo", "describe_returned", "is_result", "result_info_json"]


@dataclass(frozen=True, slots=True)
class ResultInfo:
    """What a rater did in a page or in a pack.

    Args:
        pack: random id of the pack.
        items: number of pairs of the pack.
        judged: number of pairs that are judged; ``skipped`` likewise.
        guesses: number of answered guesses.
        marks: number of errors that are marked.
        first: time of the first judgment, ISO 8601 in UTC, by the rater's clock; empty if there is none.
        last: time of the last act.
        chains: digests of the judgments and of the marks, by their numbers.
    """

    path: Path
    pack: str
    rater: str
    items: int
    judged: int
    skipped: int
    guesses: int
    marks: int
    first: str
    last: str
    chains: tuple[Mapping[int, str], ...]


_Event = ResultEvent | JudgmentEvent


def describe_returned(path: Path) -> ResultInfo:
    """Describe the result of a page, or a pack.

    Raises:
        UserError: as `read_result` and `outside_copy`.
    """
    if is_result(path):
        found = read_result(path)
        about = (path, found.pack, found.rater, len(found.items))
        return _described(about, found.events, found.annotations)
    with outside_copy(path) as pack:
        rows = pack.annotations.rows() if pack.annotations.scheme is not None else ()
        marks = [
            ResultAnnotation(o.seq, o.row.kind, o.row.response, {}, o.row.retracts, o.at, o.digest)
            for o in rows
        ]
        about = (path, pack.name, pack.rater_name, pack.judgments.progress(PACK_RATER).total)
        return _described(about, [*pack.judgments.events(PACK_RATER)], marks)


def _described(
    about: tuple[Path, str, str, int], events: Sequence[_Event], marks: Sequence[ResultAnnotation]
) -> ResultInfo:
    standing = _not_retracted(events)
    kinds = [event.kind for event in _standing(standing).values()]
    times = [event.at for event in events]
    return ResultInfo(
        *about,
        judged=kinds.count(EventKind.JUDGMENT),
        skipped=kinds.count(EventKind.SKIP),
        guesses=sum(event.kind is EventKind.GUESS for event in standing),
        marks=_marks(marks),
        first=min(times, default=""),
        last=max((*times, *(one.at for one in marks)), default=""),
        chains=({one.seq: one.digest for one in events}, {one.seq: one.digest for one in marks}),
    )


def _not_retracted(events: Sequence[_Event]) -> list[_Event]:
    gone = {event.retracts for event in events if event.kind is EventKind.RETRACTION}
    return [event for event in events if event.kind is not EventKind.RETRACTION and event.seq not in gone]


def _marks(annotations: Sequence[ResultAnnotation]) -> int:
    gone = {row.retracts for row in annotations}
    return sum(row.kind is AnnotationKind.MARK and row.seq not in gone for row in annotations)


def _standing(events: Iterable[_Event]) -> dict[int, _Event]:
    """The last judgment or skip of each pair."""
    told = (EventKind.JUDGMENT, EventKind.SKIP)
    return {event.allocation: event for event in events if event.kind in told}


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
