"""Raters' remarks beside verdicts: comments, flags and skipped pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ftcompare.app.review.terminology import JudgedPair, judged_pairs
from ftcompare.core.disclosure import Subject
from ftcompare.core.study import AllocationId, EventKind
from ftcompare.store.records import JudgmentEvent
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class Comments:
    """The remarks and their numbers."""

    # number of judgments of ordinary pairs with a comment; ``flagged`` the number that the rater flagged
    commented: int = 0
    flagged: int = 0
    skipped: int = 0  # number of pairs that stay skipped
    # reasons of skips, most frequent first; empty while texts are left out
    reasons: tuple[tuple[str, int], ...] = ()
    # judgments with a comment, flagged ones first, then by time; empty while texts are left out or writers
    # withheld
    pairs: tuple[JudgedPair, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.commented or self.flagged or self.skipped)


def gathered_comments(study: StudyFile, *, texts: bool) -> Comments:
    """Read the remarks; ``texts`` adds their texts, where writers may be shown."""
    judged, skips = judged_pairs(study), _standing_skips(study)
    commented = [pair for pair in judged if pair.comment.strip()]
    found = Comments(len(commented), sum(pair.flagged for pair in judged), len(skips))
    if not texts or not study.settings.read().disclosure.tells(Subject.WRITERS):
        return found
    reasons = Counter(reason.strip() for reason in skips if reason.strip())
    told = tuple(sorted(commented, key=lambda pair: not pair.flagged))
    return replace(found, reasons=tuple(reasons.most_common()), pairs=told)


def _standing_skips(study: StudyFile) -> list[str]:
    """The reason of each standing skip; an empty one where none was given."""
    return [e.reason for rater in study.raters.all() for e in _of_rater(study.judgments.events(rater.id))]


def _of_rater(events: Iterable[JudgmentEvent]) -> tuple[JudgmentEvent, ...]:
    """The standing skips among one rater's events."""
    skips: dict[AllocationId, JudgmentEvent] = {}
    for event in events:
        if event.kind is EventKind.SKIP:
            skips[event.allocation] = event
        elif event.kind is EventKind.RETRACTION:
            skip = skips.get(event.allocation)
            if skip is not None and skip.seq == event.retracts:
                del skips[event.allocation]
    return tuple(skips.values())
