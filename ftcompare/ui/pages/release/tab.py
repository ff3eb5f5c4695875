"""The Checkpoints tab: the results of successive checkpoints, and the release gate."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QShowEvent

from ftcompare.app.application_paths import STUDY_SUFFIX
from ftcompare.app.release.presentation import AFTER_UNBLINDING
from ftcompare.core.disclosure import Subject
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.release.gate_panel import GatePanel
from ftcompare.ui.pages.release.history_panel import LedgerPanel
from ftcompare.ui.pages.release.suite_panel import SuitePanel
from ftcompare.ui.pages.results.tabs import ResultsTab, Shown
from ftcompare.ui.theme.theme import L
from ftcompare.ui.widgets.controls import Card, Muted, SectionLabel
from ftcompare.ui.widgets.layouts import STRETCH, in_column

GATE_SUFFIX = ".toml"


class CheckpointsTab(ResultsTab):
    """The ledger, runs of a suite, and the gate. Studies and gate files can be dropped on it."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._shown: Shown | None = None
        self._told = False
        self.ledger = LedgerPanel(context)
        self.suites = SuitePanel(context)
        self.gate = GatePanel(context)
        self._not_yet = self._not_yet_card()
        in_column(self._not_yet, self.ledger, self.suites, self.gate, STRETCH, gap=L, of=self)
        for panel in (self.ledger, self.suites, self.gate):
            panel.explained.connect(self.explained)
        self.setAcceptDrops(True)

    def show_results(self, shown: Shown) -> None:
        """Show the study's checkpoints; they do not depend on the chosen pair."""
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

    # --- Qt --------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Resume work that was paused while the tab was hidden."""
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
        """Take studies, once systems go by their names, and a gate file."""
        if any(self._dropped(event.mimeData())):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add the studies to the ledger, or hold this one to the gate."""
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
