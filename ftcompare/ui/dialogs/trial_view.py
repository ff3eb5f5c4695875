"""A dialog that begins a run, and the trial in a dialog: its progress, then its outcomes as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.generate.trial import TRIED, TrialRow
from ftcompare.app.setup.consent import agree_to_place
from ftcompare.app.study.opening import StudyFile
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.errors import FTCompareError
from ftcompare.ui.dialogs.frames import NamedDialog
from ftcompare.ui.engine.engine_link import engine_host
from ftcompare.ui.safe_text import one_line, tip
from ftcompare.ui.study_thread.study_tasks import OwnedTasks, StudyTasks
from ftcompare.ui.theme.theme import XL, L, M, S
from ftcompare.ui.widgets.controls import (
    Heading,
    Muted,
    PlainButton,
    PrimaryButton,
    ScrollColumn,
    label,
    named,
)
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.layouts import STRETCH, Slot, filled, in_column, in_grid, in_row
from ftcompare.ui.widgets.study_work import StudyWork

TITLES = ("Prompt", "Question", "Reply", "How it counts")
WIDTHS = (3, 3, 4, 3)  # shares of the columns
LONGEST = 80  # characters of a line of a cell; the whole text is in its tip
NOT_AGREED = "suite-not-agreed"  # code of an error whose place is a base without consent
NOTHING_STORED = "Only a trial: nothing was stored."

Attempt = Callable[[StudyFile, ProgressCallback], tuple[TrialRow, ...]]


class TrialPanel(QWidget):
    """The progress with Cancel, then the table or the problem."""

    changed = Signal()  # it began, ended, or was canceled

    def __init__(self, tasks: StudyTasks, titles: Sequence[str] = TITLES) -> None:
        super().__init__()
        self._titles = titles
        self._tasks, self._own_tasks = tasks, OwnedTasks(self, tasks)
        self._work = StudyWork(tasks, lambda name: name or "Starting the trial")
        self._outcome = Slot()
        in_column(self._work, self._outcome, gap=S, of=self)
        self._work.cancel.setText("Stop the trial")
        self._work.cancelled.connect(self.changed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Trial")

    @property
    def running(self) -> bool:
        return self._work.running

    def run(self, attempt: Attempt) -> None:
        self.setFocus()  # where Enter does nothing while it runs
        self._outcome.set_content(QWidget())
        engine_host(self._tasks).seat("", self).shut_down()  # two models may not fit into memory
        self._work.run(
            attempt, lambda rows: self._show(_table(self._titles, rows)), partial(self._on_failed, attempt)
        )
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


def _table(titles: Sequence[str], rows: tuple[TrialRow, ...]) -> QWidget:
    holder = QWidget()
    grid = in_grid(L, S, of=holder)
    for column, (title, width) in enumerate(zip(titles, WIDTHS, strict=True)):
        grid.addWidget(label(title, "small"), 0, column)
        grid.setColumnStretch(column, width)
        for line, row in enumerate(rows, start=1):
            text = row[column]
            cell = label("\n".join(one_line(part, LONGEST) for part in text.splitlines()[:2]), wrap=True)
            cell.setToolTip(tip(text))
            cell.setAccessibleName(f"{title}: {one_line(text)}")
            grid.addWidget(cell, line, column, Qt.AlignmentFlag.AlignTop)
    grid.addWidget(Muted(NOTHING_STORED, small=True), len(rows) + 1, 0, 1, len(titles))
    return holder


DIALOG_WIDTH, LEAST_HEIGHT, USUAL_HEIGHT = 900, 470, 660
ABOVE = 60
"""Height in pixels of the window that is not covered."""


class RunDialog(NamedDialog):
    """Begins a run: a file, its settings, and a trial. ``stem`` begins the names of its parts."""

    tried = "pairs"  # what it is tried on
    columns: Sequence[str] = TITLES  # titles of the columns of the trial's table
    advice: ClassVar[Mapping[str, str]] = {}  # by the code of a fault of the run, where the remedy is

    def __init__(
        self, stem: str, title: str, confirm: str, tasks: StudyTasks, parent: QWidget, backend: str
    ) -> None:
        super().__init__(f"run_{stem}_dialog", title, parent, modal=True, kept=True)
        room = parent.window().height() - ABOVE
        self.resize(DIALOG_WIDTH, max(LEAST_HEIGHT, min(USUAL_HEIGHT, room)))
        self._title, self._tasks, self.backend = title, OwnedTasks(self, tasks), backend
        self.attempt = PlainButton(f"Try on {TRIED} {self.tried}", name=f"{stem}_try", act=self._try)
        self.trial = TrialPanel(tasks, self.columns)
        self.missing = named(label("", "small", wrap=True), f"{stem}_missing")
        self.confirm = PrimaryButton(confirm, name=f"{stem}_confirm", act=self.accept)
        self.cancel = PlainButton("Cancel", name=f"{stem}_cancel", act=self.reject)
        self.trial.changed.connect(self._show)

    @property
    def answer(self) -> Any:
        """The settings of the run; None while something is missing."""
        raise NotImplementedError

    def attempt_of(self, answer: Any) -> Attempt:
        raise NotImplementedError

    def arrange(self, *body: QWidget, consents: QWidget) -> None:
        buttons = in_row((self.missing, 1), self.attempt, self.cancel, self.confirm, gap=L)
        heading = Heading(self._title, level=2)
        parts = (heading, (ScrollColumn(*body), 1), self.trial, consents, buttons)
        in_column(*parts, gap=M, margins=(XL, XL, XL, XL), of=self)

    def accept(self) -> None:
        if self.answer is not None and not self.trial.running:
            super().accept()

    def done(self, result: int) -> None:
        self.trial.clear()
        super().done(result)

    def _try(self) -> None:
        self.trial.run(self.attempt_of(self.answer))

    def _show(self) -> None:
        for button in (self.attempt, self.confirm):
            button.setEnabled(self.answer is not None and not self.trial.running)
