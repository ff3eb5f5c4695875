"""A trial in a dialog: its progress, then its outcomes as a table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.generate.trial import TrialRow
from ftcompare.app.setup.consent import agree_to_place
from ftcompare.app.study.opening import StudyFile
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.errors import FTCompareError
from ftcompare.ui.engine.engine_link import engine_host
from ftcompare.ui.safe_text import one_line, tip
from ftcompare.ui.study_thread.study_tasks import OwnedTasks, StudyTasks
from ftcompare.ui.theme.theme import L, S
from ftcompare.ui.widgets.controls import Muted, PlainButton, label
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.layouts import STRETCH, Slot, filled, in_column, in_grid, in_row
from ftcompare.ui.widgets.study_work import StudyWork

TITLES = ("Prompt", "Asked", "Reply", "How it counts")
WIDTHS = (3, 3, 4, 3)  # shares of the columns
LONGEST = 80  # characters of a line of a cell; the whole text is in its tip
NOT_AGREED = "suite-not-agreed"  # code of an error whose place is a base without consent
NOTHING_STORED = "Only a trial: nothing was stored."

Attempt = Callable[[StudyFile, ProgressCallback], tuple[TrialRow, ...]]


class TrialPanel(QWidget):
    """The progress with Cancel, then the table or the problem."""

    changed = Signal()  # it began, ended, or was canceled

    def __init__(self, tasks: StudyTasks) -> None:
        super().__init__()
        self._tasks, self._own_tasks = tasks, OwnedTasks(self, tasks)
        self._work = StudyWork(tasks, lambda name: name or "Starting the trial")
        self._outcome = Slot()
        in_column(self._work, self._outcome, gap=S, of=self)
        self._work.cancelled.connect(self.changed)

    @property
    def running(self) -> bool:
        return self._work.running

    def run(self, attempt: Attempt) -> None:
        self._outcome.set_content(QWidget())
        engine_host(self._tasks).seat("", self).shut_down()  # two models may not fit into memory
        self._work.run(attempt, lambda rows: self._show(_table(rows)), partial(self._on_failed, attempt))
        self.changed.emit()

    def clear(self) -> None:
        """Cancel the trial, or remove its outcome."""
        self._outcome.set_content(QWidget())
        self._work.stop()

    def _show(self, outcome: QWidget) -> None:
        self._outcome.set_content(outcome)
        self.changed.emit()

    def _on_failed(self, attempt: Attempt, error: FTCompareError) -> None:
        """Show the problem; for a base without consent, offer to agree and try again."""
        message = FieldMessage()
        if error.code != NOT_AGREED:
            message.show_error(error)
            self._show(message)
            return
        message.show_problem(f"{error.what.removesuffix('.')}: {error.where}")
        allow = PlainButton("Allow, and try again", name="trial_allow")
        agree = partial(agree_to_place, error.where)
        again = partial(self.run, attempt)
        allow.clicked.connect(lambda: self._own_tasks.call(agree, lambda _: again(), message.show_error))
        self._show(filled(in_column(message, in_row(allow, STRETCH), gap=S)))


def _table(rows: tuple[TrialRow, ...]) -> QWidget:
    holder = QWidget()
    grid = in_grid(L, S, of=holder)
    for column, (title, width) in enumerate(zip(TITLES, WIDTHS, strict=True)):
        grid.addWidget(label(title, "small"), 0, column)
        grid.setColumnStretch(column, width)
        for line, row in enumerate(rows, start=1):
            text = row[column]
            cell = label("\n".join(one_line(part, LONGEST) for part in text.splitlines()[:2]), wrap=True)
            cell.setToolTip(tip(text))
            cell.setAccessibleName(f"{title}: {one_line(text)}")
            grid.addWidget(cell, line, column, Qt.AlignmentFlag.AlignTop)
    grid.addWidget(Muted(NOTHING_STORED, small=True), len(rows) + 1, 0, 1, len(TITLES))
    return holder
