"""A dialog for a long operation on the study or on files, with progress and Cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtWidgets import QDialog, QWidget

from ftcompare.app.study.opening import StudyFile
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.ui.study_thread.study_tasks import Failed, StudyTasks
from ftcompare.ui.theme.theme import XL, M
from ftcompare.ui.widgets.controls import Heading
from ftcompare.ui.widgets.layouts import in_column
from ftcompare.ui.widgets.study_work import StudyWork

T = TypeVar("T")

WIDTH = 520
SHOWN_AFTER = 3
"""Progress updates, `LOOK_MS` apart, before the dialog is shown; shorter operations show none."""


class WorkDialog(QDialog):
    """Runs one operation, once."""

    def __init__(self, title: str, tasks: StudyTasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModal(True)
        self.setObjectName("work_dialog")
        self.setWindowTitle(title)
        self.setMinimumWidth(WIDTH)
        self.work = StudyWork(tasks, _as_told, settles=True)
        column = in_column(Heading(title, level=2), self.work, gap=M, of=self)
        column.setContentsMargins(XL, XL, XL, XL)
        self._looks = 0
        self.work.lasts.connect(self._on_look)
        self.work.cancelled.connect(self._leave)

    def call(self, work: Callable[[ProgressCallback], T], then: Callable[[T], None], failed: Failed) -> None:
        """Run a function with progress that needs no study; a cancelled one reports no result."""
        self.work.call(work, self._after(then), self._after(failed))

    def run(
        self, operation: Callable[[StudyFile, ProgressCallback], T], then: Callable[[T], None], failed: Failed
    ) -> None:
        """Run an operation on the open study; it reports itself what it did before it was cancelled."""
        self.work.run(operation, self._after(then), self._after(failed))

    def reject(self) -> None:
        """Treat Escape and the window's close button as Cancel; close once the work has ended."""
        self.work.stop()

    def _after(self, report: Callable[[T], None]) -> Callable[[T], None]:
        def done(value: T) -> None:
            self._leave()
            report(value)

        return done

    def _on_look(self) -> None:
        self._looks += 1
        if self._looks == SHOWN_AFTER:
            self.open()

    def _leave(self) -> None:
        super().reject()
        self.deleteLater()


def _as_told(name: str) -> str:
    return name or "Waiting…"
