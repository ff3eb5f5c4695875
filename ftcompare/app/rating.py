"""One rater at work: the next pair, a judgment, a skip, undo. No system is reachable from a view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from statistics import median

from ftcompare.core.blinding import BlindItem
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import AllocationId, Draft, EventKind, RaterId, Verdict
from ftcompare.store.study_file import StudyFile
from ftcompare.store.views import Undone

SKIP_REASONS = (
    "I cannot judge this topic",
    "The prompt is unclear",
    "A text is broken or missing",
    "I know which system wrote this",
    "Other",
)

UNBLINDED = "unblinded"
"""Code of the error that ends rating for good."""

_UNDO_WORDS = {
    Choice.LEFT: "Left is better",
    Choice.RIGHT: "Right is better",
    Choice.TIE: "About equal",
    Choice.BOTH_BAD: "Both bad",
}


@dataclass(frozen=True, slots=True)
class DeskView:
    """All that the rating page shows.

    Args:
        item: the pair to judge; None when nothing is left.
        upcoming: the pair after it, so that it can be laid out ahead.
        position: 1-based place of the item in this rater's work.
        seconds_left: estimate for what remains; None before the first timed judgment.
        undo: what Undo would take back, in words; empty where there is nothing.
        notice: a label that must stand beside the study's text; may be empty.
    """

    title: str
    notice: str
    scale: Scale
    item: BlindItem | None
    upcoming: BlindItem | None
    position: int
    total: int
    judged: int
    skipped: int
    seconds_left: float | None
    undo: str

    @property
    def remaining(self) -> int:
        """Pairs neither judged nor skipped."""
        return self.total - self.judged - self.skipped


class RatingDesk:
    """A rater's place in a study. Every act is stored before its view is returned.

    Every act raises UserError ``unblinded`` once the study is unblinded.

    Args:
        study: the open study.
        rater_name: who judges; added to the study if new.
        clock: the time now, in UTC.
        rng: source of the order and the sides of what is not yet allocated.
    """

    def __init__(
        self, study: StudyFile, rater_name: str, *, clock: Callable[[], datetime], rng: Random
    ) -> None:
        _refuse_unblinded(study)
        self._study = study
        self._clock = clock
        self._rater: RaterId = study.add_rater(rater_name).id
        study.allocate(self._rater, rng=rng, now=clock())
        settings = study.study()
        self._title, self._notice, self._scale = settings.title, settings.notice, settings.scale

    def view(self) -> DeskView:
        """What to show now."""
        progress = self._study.progress(self._rater)
        item = self._study.next_item(self._rater)
        done = progress.judged + progress.skipped
        return DeskView(
            title=self._title,
            notice=self._notice,
            scale=self._scale,
            item=item,
            upcoming=self._study.following_item(self._rater, item.allocation) if item else None,
            position=min(done + 1, progress.total),
            total=progress.total,
            judged=progress.judged,
            skipped=progress.skipped,
            seconds_left=_seconds_left(progress.seconds, progress.total - done),
            undo=_undo_words(self._study.last_event(self._rater)),
        )

    def judge(self, allocation: AllocationId, verdict: Verdict) -> DeskView:
        """Store a judgment; returns after the commit."""
        _refuse_unblinded(self._study)
        self._study.judge(allocation, verdict, now=self._clock())
        return self.view()

    def skip(self, allocation: AllocationId, reason: str, draft: Draft, *, seconds: float | None) -> DeskView:
        """Put a pair aside with a reason; it can be returned to at the end."""
        _refuse_unblinded(self._study)
        self._study.skip(
            allocation,
            reason,
            comment=draft.comment,
            flagged=draft.flagged,
            seconds=seconds,
            now=self._clock(),
        )
        return self.view()

    def undo(self) -> DeskView:
        """Take back the newest judgment or skip; its pair, comment and flag come back."""
        _refuse_unblinded(self._study)
        self._study.undo(self._rater, now=self._clock())
        return self.view()

    def return_to_skipped(self) -> DeskView:
        """Bring all skipped pairs back."""
        self._study.return_to_skipped(self._rater, now=self._clock())
        return self.view()

    def save_draft(self, allocation: AllocationId, draft: Draft) -> None:
        """Keep a comment or a flag that is not submitted yet."""
        self._study.save_draft(allocation, draft)


def _refuse_unblinded(study: StudyFile) -> None:
    """Who may know the systems' names cannot judge blind, and results that are out do not change."""
    if not study.study().blinded:
        raise UserError(
            "This study is unblinded: a judgment given now would not be blind.",
            how="Look at the results; to judge more, make a new study.",
            code=UNBLINDED,
        )


def _seconds_left(recent: tuple[float, ...], remaining: int) -> float | None:
    """Median of the last judgments times what remains: a long break does not spoil it."""
    return median(recent) * remaining if recent else None


def _undo_words(last: Undone | None) -> str:
    if last is None:
        return ""
    if last.kind is EventKind.SKIP:
        return "Skip"
    return _UNDO_WORDS[last.verdict.choice] if last.verdict else ""
