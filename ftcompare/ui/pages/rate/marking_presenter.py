"""Carries out the requests of the marking screen on the thread of the open pack."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from ftcompare.app.study.opening import PackFile
from ftcompare.core.annotations import Mark
from ftcompare.core.errors import BugError
from ftcompare.ui.pages.rate.signals import RatingSignals
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.study_thread.study_tasks import StudyTasks

if TYPE_CHECKING:
    from ftcompare.app.review.pack_marks import MarkedSide, PackMarks

QUOTE_LENGTH = 60


class MarkingPresenter(QObject):
    """Connects the page to the marks of the open pack; arguments as `RatingPresenter`."""

    def __init__(
        self, signals: RatingSignals, tasks: StudyTasks, clock: Callable[[], datetime], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._signals, self._tasks, self._clock = signals, tasks, clock
        signals.list_marks.connect(lambda: self._run(lambda _: ""))
        signals.keep_mark.connect(self._keep)
        signals.take_back_mark.connect(self._take_back)
        signals.undo_mark.connect(lambda: self._run(self._undone))
        signals.look_through.connect(self._look_through)

    def _keep(self, mark: Mark, replaces: int | None) -> None:
        def keep(pack: PackFile) -> str:
            from ftcompare.app.review.pack_marks import keep_mark

            keep_mark(pack, mark, replaces, now=self._clock())
            return ""

        self._run(keep)

    def _take_back(self, number: int) -> None:
        def take_back(pack: PackFile) -> str:
            from ftcompare.app.review.pack_marks import take_back_mark

            take_back_mark(pack, number, now=self._clock())
            return "The mark is taken back."

        self._run(take_back)

    def _look_through(self, side: MarkedSide, done: bool) -> None:
        def look(pack: PackFile) -> str:
            from ftcompare.app.review.pack_marks import set_looked_through

            set_looked_through(pack, side, done=done, now=self._clock())
            return ""

        self._run(look)

    def _undone(self, pack: PackFile) -> str:
        from ftcompare.app.review.pack_marks import undo_mark

        undone = undo_mark(pack, now=self._clock())
        if undone is None or not isinstance(undone.given, Mark):
            return "No mark is left to take back."
        quote = one_line(undone.given.quote, QUOTE_LENGTH)
        return f"Undone: the mark “{quote}”." if quote else "Undone: a mark."

    def _run(self, operation: Callable[[PackFile], str]) -> None:
        """Run an operation in the pack, and then show all marks with the message that it returns."""

        def act(file: object) -> tuple[PackMarks, str]:
            from ftcompare.app.review import terminology  # noqa: F401 - loaded here, used on the window's thread
            from ftcompare.app.review.pack_marks import pairs_to_mark

            if not isinstance(file, PackFile):
                raise BugError("Marks are made in packs alone.", code="no-pack")
            told = operation(file)
            return pairs_to_mark(file), told

        def show(found: tuple[PackMarks, str]) -> None:
            self._signals.marks_listed.emit(*found)

        self._tasks.rate(act, show, self._signals.marks_refused.emit)
