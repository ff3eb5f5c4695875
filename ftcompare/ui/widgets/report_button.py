"""The button that writes the results as a report, and says how far it is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog

from ftcompare.app.paths import default_study_folder
from ftcompare.core.errors import FTCompareError
from ftcompare.store.study_file import StudyFile
from ftcompare.ui.context import PageContext
from ftcompare.ui.widgets.basics import PlainButton


class ReportButton(PlainButton):
    """Asks where to, then writes on the study's thread: a web page or a PDF, by the file's suffix."""

    _told = Signal(str)

    def __init__(self, context: PageContext) -> None:
        super().__init__("", icon="file-text")
        self._words = self.tr("Save report…")
        self.setText(self._words)
        self._context = context
        self.setObjectName("save_report")
        self.setToolTip(self.tr("Write these results as a web page or a PDF to hand on"))
        self.clicked.connect(self._ask)
        self._told.connect(self._show_progress)

    def _ask(self) -> None:
        kinds = f"{self.tr('Web page')} (*.html);;PDF (*.pdf)"
        proposed = str(default_study_folder() / "report.html")
        chosen, kind = QFileDialog.getSaveFileName(self, self.tr("Save the report"), proposed, kinds)
        if chosen:
            suffix = ".pdf" if "pdf" in kind else ".html"
            path = Path(chosen)
            self.save(path if path.suffix else path.with_suffix(suffix))

    def save(self, path: Path) -> None:
        """Write the report to a file."""

        def write(study: StudyFile) -> None:
            from ftcompare.app.report import form_of, write_report

            write_report(study, [(path, form_of(path))], now=datetime.now(UTC), told=self._told.emit)

        self.setEnabled(False)
        self._context.tasks.run(write, lambda _: self._on_written(path), self._on_failed)

    def _show_progress(self, words: str) -> None:
        if not self.isEnabled():
            self.setText(f"{words}…")

    def _on_written(self, path: Path) -> None:
        self._rest()
        self._context.bar.show_good(self.tr("Saved {}").format(path.name))

    def _on_failed(self, error: FTCompareError) -> None:
        self._rest()
        self._context.bar.show_error(error)

    def _rest(self) -> None:
        self.setEnabled(True)
        self.setText(self._words)
