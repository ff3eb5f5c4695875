"""Joins the rating page's port to the open study: every intent becomes an operation on its thread."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from random import Random

from PySide6.QtCore import QObject

from ftcompare.app.rating import DeskView, RatingDesk, study_desk
from ftcompare.core.errors import BugError, FTCompareError
from ftcompare.core.study import AllocationId, Draft, RaterKind, Verdict
from ftcompare.store.study_file import StudyFile
from ftcompare.ui.pages.rate_port import Act, RatingPort
from ftcompare.ui.tasks import StudyTasks


class DeskLink(QObject):
    """Answers a port.

    Args:
        port: the page's.
        tasks: the way to the study.
        clock: the time now, in UTC.
        rng: source of order and sides of what is not yet allocated.
        remember_rater: keeps the name for the next time.
    """

    def __init__(
        self,
        port: RatingPort,
        tasks: StudyTasks,
        *,
        clock: Callable[[], datetime],
        rng: Random,
        remember_rater: Callable[[str], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._port = port
        self._tasks = tasks
        self._clock = clock
        self._rng = rng
        self._remember_rater = remember_rater
        self._desk: RatingDesk | None = None
        port.ask_raters.connect(self._raters)
        port.begin.connect(self._begin)
        port.judge.connect(self._judge)
        port.skip.connect(self._skip)
        port.undo.connect(self._undo)
        port.return_to_skipped.connect(self._return)
        port.save_draft.connect(self._save_draft)

    def _raters(self) -> None:
        def names(study: StudyFile) -> tuple[str, ...]:
            return tuple(r.name for r in study.raters() if r.kind is RaterKind.HUMAN)

        self._tasks.run(names, self._port.raters_known.emit, self._refuse(Act.BEGIN))

    def _begin(self, rater: str) -> None:
        def open_desk(study: StudyFile) -> DeskView:
            self._desk = study_desk(study, rater, clock=self._clock, rng=self._rng)
            return self._desk.view()

        def show(view: DeskView) -> None:
            self._remember_rater(rater)
            self._port.shown.emit(view, Act.BEGIN)

        self._tasks.run(open_desk, show, self._refuse(Act.BEGIN))

    def _judge(self, allocation: AllocationId, verdict: Verdict) -> None:
        self._do(Act.JUDGE, lambda desk: desk.judge(allocation, verdict))

    def _skip(self, allocation: AllocationId, reason: str, draft: Draft, seconds: float | None) -> None:
        self._do(Act.SKIP, lambda desk: desk.skip(allocation, reason, draft, seconds=seconds))

    def _undo(self) -> None:
        self._do(Act.UNDO, RatingDesk.undo)

    def _return(self) -> None:
        self._do(Act.RETURN, RatingDesk.return_to_skipped)

    def _save_draft(self, allocation: AllocationId, draft: Draft) -> None:
        self._tasks.run(
            lambda _: self._present().save_draft(allocation, draft),
            lambda _: self._port.draft_saved.emit(),
            self._refuse(Act.DRAFT),
        )

    def _do(self, act: Act, operation: Callable[[RatingDesk], DeskView]) -> None:
        self._tasks.run(
            lambda _: operation(self._present()),
            lambda view: self._port.shown.emit(view, act),
            self._refuse(act),
        )

    def _present(self) -> RatingDesk:
        if self._desk is None:
            raise BugError("Nobody has begun to rate.", code="no-desk")
        return self._desk

    def _refuse(self, act: Act) -> Callable[[FTCompareError], None]:
        return partial(self._refused, act)

    def _refused(self, act: Act, error: FTCompareError) -> None:
        self._port.refused.emit(error, act)
