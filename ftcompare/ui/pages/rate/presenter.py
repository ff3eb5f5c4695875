"""Joins the rating page's port to the open study or pack: every intent becomes an operation on its thread."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from ftcompare.app.rate.rater_choice import KnownRaters, known_raters
from ftcompare.app.rate.rating_session import DeskView, RatingDesk, pack_desk, study_desk
from ftcompare.core.errors import BugError, FTCompareError
from ftcompare.core.study import AllocationId, Draft, Guess, Verdict
from ftcompare.store.pack.pack_file import PackFile
from ftcompare.store.study.judgment_log import RatingLog
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.rate.signals import Act, RatingPort
from ftcompare.ui.study_thread.study_tasks import StudyTasks


class DeskLink(QObject):
    """Answers a port.

    Args:
        port: the page's.
        tasks: the way to the study or the pack.
        clock: the time now, in UTC.
        rng: source of order and sides of what is not yet allocated.
        remember_rater: keeps the name for the next time; a pack's rater is not asked for and not kept.
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
        port.guess.connect(self._guess)
        port.practised.connect(self._practised)
        port.undo.connect(self._undo)
        port.return_to_skipped.connect(self._return)
        port.leave_skipped.connect(self._leave_skipped)
        port.save_draft.connect(self._save_draft)
        port.show_file.connect(show_folder)

    def _raters(self) -> None:
        """Whom the page may offer; a pack is begun for the rater whom it was made for."""

        def show(known: KnownRaters | None) -> None:
            if known is None:
                self._begin("")
            else:
                self._port.raters_known.emit(known)

        self._tasks.rate(_raters_of, show, self._refuse(Act.BEGIN))

    def _begin(self, rater: str) -> None:
        def show(view: DeskView) -> None:
            if view.pack is None:
                self._remember_rater(rater)
            self._port.shown.emit(view, Act.BEGIN)

        self._tasks.rate(lambda log: self._opened(log, rater), show, self._refuse(Act.BEGIN))

    def _opened(self, log: RatingLog, rater: str) -> DeskView:
        self._desk = None
        if isinstance(log, PackFile):
            self._desk = pack_desk(log, clock=self._clock)
        elif isinstance(log, StudyFile):
            self._desk = study_desk(log, rater, clock=self._clock, rng=self._rng)
        return self._present().view()

    def _judge(self, allocation: AllocationId, verdict: Verdict) -> None:
        self._do(Act.JUDGE, lambda desk: desk.judge(allocation, verdict))

    def _skip(self, allocation: AllocationId, reason: str, draft: Draft, seconds: float | None) -> None:
        self._do(Act.SKIP, lambda desk: desk.skip(allocation, reason, draft, seconds=seconds))

    def _guess(self, allocation: AllocationId, guess: Guess, seconds: float | None) -> None:
        self._do(Act.GUESS, lambda desk: desk.guess(allocation, guess, seconds=seconds))

    def _practised(self) -> None:
        self._do(Act.PRACTISED, RatingDesk.practised)

    def _undo(self) -> None:
        self._do(Act.UNDO, RatingDesk.undo)

    def _return(self) -> None:
        self._do(Act.RETURN, RatingDesk.return_to_skipped)

    def _leave_skipped(self) -> None:
        self._do(Act.GO_ON, RatingDesk.leave_skipped)

    def _save_draft(self, allocation: AllocationId, draft: Draft) -> None:
        self._tasks.rate(
            lambda _: self._present().save_draft(allocation, draft),
            lambda _: self._port.draft_saved.emit(),
            self._refuse(Act.DRAFT),
        )

    def _do(self, act: Act, operation: Callable[[RatingDesk], DeskView]) -> None:
        self._tasks.rate(
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


def _raters_of(log: RatingLog) -> KnownRaters | None:
    """The people who rate in a study; None in a pack."""
    return known_raters(log) if isinstance(log, StudyFile) else None


def show_folder(path: Path) -> None:
    """Show a file's folder in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
