"""The Checkpoints tab: the results of successive checkpoints, the release gate, and suite runs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from ftcompare.app import application_paths
from ftcompare.app.application_paths import STUDY_SUFFIX
from ftcompare.app.release.presentation import AFTER_UNBLINDING
from ftcompare.app.release.suite_file import SUITE_FORM, read_suite
from ftcompare.app.release.suite_presentation import suite_picture, suite_run_lines, suite_told
from ftcompare.app.release.suite_run import FinishedRun, runs_of
from ftcompare.app.release.suite_trial import try_suite
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import FTCompareError
from ftcompare.formats.toml_draft import TomlDraft
from ftcompare.ui.dialogs.toml_form import TomlForm
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.release.checkpoints_panel import LedgerPanel
from ftcompare.ui.pages.release.gate_panel import GatePanel
from ftcompare.ui.pages.results.tabs import ResultsData, ResultsTab
from ftcompare.ui.safe_text import visible
from ftcompare.ui.study_thread.study_tasks import OwnedTasks
from ftcompare.ui.theme.theme import L, M
from ftcompare.ui.widgets.button_groups import follow_layout
from ftcompare.ui.widgets.controls import Card, Muted, PlainButton, SectionLabel, label, named
from ftcompare.ui.widgets.file_dialogs import choose_folder, start_of
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row, put

GATE_SUFFIX = ".toml"


class CheckpointsTab(ResultsTab):
    """Checkpoints, runs of a suite, and the gate. Studies and gate files can be dropped on it."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._shown: ResultsData | None = None
        self._told = False
        self.ledger = LedgerPanel(context)
        self.suites = SuitePanel(context)
        self.gate = GatePanel(context)
        self._not_yet = self._not_yet_card()
        in_column(self._not_yet, self.ledger, self.suites, self.gate, STRETCH, gap=L, of=self)
        for panel in (self.ledger, self.suites, self.gate):
            panel.explained.connect(self.explained)
        self.setAcceptDrops(True)

    def show_results(self, shown: ResultsData) -> None:
        before, self._shown = self._shown, shown
        if before is not None and before.found is shown.found:
            return
        self._told = shown.disclosure.tells(Subject.CHECKPOINTS)
        self._not_yet.setVisible(not self._told)
        self.ledger.setVisible(self._told)
        self.suites.setVisible(self._told)
        if self._told:
            self.ledger.show_study()
        self.gate.show_study(shown.info)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        for panel in (self.ledger, self.gate):
            panel.work.resume()

    def hideEvent(self, event: QHideEvent) -> None:
        """Pause, so that the study's thread is free for the visible page."""
        super().hideEvent(event)
        if not event.spontaneous():
            for panel in (self.ledger, self.gate):
                panel.work.pause()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(self._dropped(event.mimeData())):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        studies, gates = self._dropped(event.mimeData())
        event.acceptProposedAction()
        if studies:
            self.ledger.add(studies)
        if gates:
            self.gate.choose(gates[0])

    def _dropped(self, data: QMimeData) -> tuple[list[Path], list[Path]]:
        files = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        studies = [path for path in files if path.suffix == STUDY_SUFFIX and self._told]
        return studies, [path for path in files if path.suffix == GATE_SUFFIX]

    def _not_yet_card(self) -> Card:
        card = Card()
        card.body.addWidget(SectionLabel("Checkpoints"))
        card.body.addWidget(Muted(AFTER_UNBLINDING))
        card.hide()
        return card


MOST_LINES = 60  # lines of runs that are listed, the newest

PURPOSE = (
    "A fixed test set asks every new adapter the same prompts. Open the folder of its runs here to see the "
    "share of prompts that each run passes. Programs judge these answers."
)


class SuitePanel(QWidget):
    """Choose a folder of runs and show them. `explained` carries explanations."""

    explained = Signal(object)

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._tasks = OwnedTasks(self, context.tasks)
        choose, set_up = "Show the runs of a fixed test set…", "Set up a fixed test set…"
        self.choose_button = PlainButton(choose, icon="folder-open", name="suite_choose", act=self._ask)
        self.edit_button = PlainButton(set_up, icon="file-plus", name="suite_edit", act=self._set_up)
        self.chart = FigureCard(context, "Prompts passed", "suite-runs", explain=self.explained.emit)
        self.lines = named(label("", wrap=True), "suite_lines")
        self._purpose = Muted(PURPOSE)
        card = Card()
        put(card.body, SectionLabel("Runs of a fixed test set"), self._purpose, self.lines)
        card.body.addLayout(in_row(self.choose_button, self.edit_button, STRETCH, gap=M))
        in_column(card, self.chart, gap=L, of=self)
        self.chart.hide()
        self.lines.hide()
        follow_layout(self)

    def show_runs_of(self, folder: Path) -> None:
        self._tasks.call(partial(runs_of, (folder,)), self._on_runs, self._on_failed)

    def _set_up(self) -> None:
        form = TomlForm(TomlDraft(SUITE_FORM), self._context.tasks, self.window(), try_suite)
        form.saved.connect(self.check)
        form.open()

    def check(self, path: Path) -> None:
        """Read the file of a fixed test set, with all files that it names, and show what is in it."""
        read = partial(read_suite, path)
        self._tasks.call(read, lambda suite: self._tell(suite_told(suite)), self._on_failed)

    def _ask(self) -> None:
        start = start_of(str(application_paths.default_study_folder()))
        chosen = choose_folder(self, "Show the runs of a fixed test set", start)
        if chosen is not None:
            self.show_runs_of(chosen)

    def _on_runs(self, runs: tuple[FinishedRun, ...]) -> None:
        picture = suite_picture(runs)
        self.chart.setVisible(picture is not None)
        if picture is not None:
            self.chart.show_picture(picture)
        self._tell([*suite_run_lines(runs)][-MOST_LINES:])

    def _tell(self, lines: Iterable[str]) -> None:
        self.lines.setText(visible("\n".join(lines)))
        self.lines.show()
        self._purpose.hide()

    def _on_failed(self, error: FTCompareError) -> None:
        self._context.bar.show_error(error)
