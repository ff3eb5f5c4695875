"""The runs of a suite in a folder: the share of prompts that each passes, and the gate's result."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app import application_paths
from ftcompare.app.release.suite_history import suite_picture, suite_run_lines
from ftcompare.app.release.suite_ledger import FinishedRun, runs_of
from ftcompare.core.errors import FTCompareError
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.safe_text import visible
from ftcompare.ui.study_thread.owned_tasks import OwnedTasks
from ftcompare.ui.theme.theme import L
from ftcompare.ui.widgets.controls import Card, Muted, PlainButton, SectionLabel, label, named
from ftcompare.ui.widgets.file_dialogs import choose_folder, start_of
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row, put
from ftcompare.ui.widgets.tab_order import follow_layout

MOST_LINES = 60
"""Lines of runs that are listed, the newest."""

PURPOSE = (
    "A suite asks every new adapter the same prompts, in one command: “ftcompare suite run”. Its runs can be "
    "shown here, each with the share of prompts that it passes. Programs judge them, beside what people said."
)


class SuitePanel(QWidget):
    """Choose a folder of runs and show them. `explained` carries explanations."""

    explained = Signal(object)

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._tasks = OwnedTasks(self, context.tasks)
        choose = PlainButton("Show the runs of a suite…", icon="folder-open")
        self.choose_button = named(choose, "suite_choose")
        self.chart = FigureCard(
            context.theme, context.bar, "Prompts passed", "suite-runs", explain=self.explained.emit
        )
        self.lines = named(label("", wrap=True), "suite_lines")
        self._purpose = Muted(PURPOSE)
        card = Card()
        put(card.body, SectionLabel("Runs of a suite"), self._purpose, self.lines)
        card.body.addLayout(in_row(self.choose_button, STRETCH))
        in_column(card, self.chart, gap=L, of=self)
        self.chart.hide()
        self.lines.hide()
        self.choose_button.clicked.connect(self._ask)
        follow_layout(self)

    def show_runs_of(self, folder: Path) -> None:
        """Read the runs in a folder, or the one that it is of."""
        self._tasks.call(partial(runs_of, (folder,)), self._on_runs, self._on_failed)

    def _ask(self) -> None:
        start = start_of(str(application_paths.default_study_folder()))
        chosen = choose_folder(self, "Show the runs of a suite", start)
        if chosen is not None:
            self.show_runs_of(chosen)

    def _on_runs(self, runs: tuple[FinishedRun, ...]) -> None:
        picture = suite_picture(runs)
        self.chart.setVisible(picture is not None)
        if picture is not None:
            self.chart.show_picture(picture)
        told = [*suite_run_lines(runs)][-MOST_LINES:]
        self.lines.setText(visible("\n".join(told)))
        self.lines.show()
        self._purpose.hide()

    def _on_failed(self, error: FTCompareError) -> None:
        self._context.bar.show_error(error)
