"""The button that writes the results as a report and shows the progress."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QLocale, QTimer
from PySide6.QtWidgets import QWidget

from ftcompare.app.application_paths import default_study_folder
from ftcompare.app.study.opening import StudyFile
from ftcompare.core.errors import FTCompareError
from ftcompare.ui.dialogs.save_dialog import ask_where
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.report_dialog import ReportDialog
from ftcompare.ui.study_thread.owned_tasks import OwnedTasks
from ftcompare.ui.widgets.controls import PlainButton

SAVE = "Save report…"
LOOK_MS = 100
"""Between two looks at how far it is."""


class ReportButton(PlainButton):
    """Asks for a path, then writes on the study's thread: a web page or a PDF, according to the suffix.

    A report in progress is completed even if the window closes meanwhile.
    """

    def __init__(self, context: PageContext) -> None:
        super().__init__("", icon="file-text")
        self.set_text(SAVE)
        self._context = context
        self._tasks = OwnedTasks(self, context.tasks)
        self._heard = ""
        self._texts = True
        self._proposed = default_study_folder() / "report.html"
        self._passed_on: QWidget | None = None
        self.setObjectName("save_report")
        self.setToolTip("Write these results as a web page or a PDF to hand on")
        self.clicked.connect(self._ask)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)

    def _ask(self) -> None:
        texts = ReportDialog.ask(self, texts=self._texts)
        if texts is None:
            return
        self._texts = texts
        kinds = "Web page (*.html);;PDF (*.pdf)"
        path = ask_where(self, "Save the report", str(self._proposed), kinds)
        if path is not None:
            self.save(path, texts=texts)

    def find_place(self) -> None:
        """Find the open study's folder, in which its report is proposed."""
        self._tasks.run(_place_beside, self._on_place, lambda _: None)

    def _on_place(self, proposed: Path) -> None:
        self._proposed = proposed

    def save(self, path: Path, *, texts: bool = True) -> None:
        """Write the report to a file; ``texts``: with prompts, answers and comments."""
        country = QLocale.system().name()

        def write(study: StudyFile) -> None:
            from ftcompare.app.report import form_of, usual_paper, write_report

            paper = usual_paper(system=country)
            targets = [(path, form_of(path))]
            now = datetime.now(UTC)
            write_report(study, targets, now=now, told=self._hear, paper=paper, texts=texts, replace=True)

        had_focus = self.window().focusWidget() is self
        self.setEnabled(False)
        self._passed_on = self.window().focusWidget() if had_focus else None
        self._timer.start()
        self._tasks.run(write, lambda _: self._on_written(path), self._on_failed)

    def _hear(self, words: str) -> None:
        """Store the progress text; called on the study's thread, and the button may be deleted by then."""
        self._heard = words

    def _look(self) -> None:
        if self._heard:
            self.set_text(f"{self._heard}…")

    def _on_written(self, path: Path) -> None:
        self._rest()
        self._context.bar.show_saved(f"Saved {path.name}", path)

    def _on_failed(self, error: FTCompareError) -> None:
        self._rest()
        self._context.bar.show_error(error)

    def _rest(self) -> None:
        self._timer.stop()
        self._heard = ""
        self.setEnabled(True)
        self.set_text(SAVE)
        if self._passed_on is not None and self.window().focusWidget() is self._passed_on:
            self.setFocus()  # nobody went elsewhere meanwhile
        self._passed_on = None


def _place_beside(study: StudyFile) -> Path:
    return study.path.with_name(f"{study.path.stem}-report.html")
