"""Asks what a report should contain before it is saved."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QWidget

from ftcompare.ui.theme.theme import XL, M, S
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton, named
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row

WIDTH = 520
TEXTS = "With texts: prompts, answers, comments and example pairs"
WHAT_STAYS = (
    "Without them the report has the figures, the charts and the names of systems and raters, and says that "
    "texts are left out: for when answers are confidential. While the study is blinded no report has answers."
)


class ReportDialog(QDialog):
    """Asks whether texts are included in the report.

    Args:
        texts: whether the box is ticked at first.
    """

    def __init__(self, parent: QWidget | None = None, *, texts: bool = True) -> None:
        super().__init__(parent)
        self.setWindowTitle("Save report")
        self.setMinimumWidth(WIDTH)
        self.texts = named(QCheckBox(TEXTS), "report_texts")
        self.texts.setChecked(texts)
        self.texts.setAccessibleDescription(WHAT_STAYS)
        save = named(PrimaryButton("Choose where to save…"), "report_accept")
        save.setDefault(True)
        save.clicked.connect(self.accept)
        cancel = named(PlainButton("Cancel"), "report_cancel")
        cancel.clicked.connect(self.reject)
        buttons = in_row(STRETCH, (cancel, Qt.AlignmentFlag.AlignRight), save, gap=S)
        parts = Heading("Save the results as a report", level=2), self.texts, Muted(WHAT_STAYS)
        in_column(*parts, buttons, gap=M, of=self).setContentsMargins(XL, XL, XL, XL)

    @classmethod
    def ask(cls, parent: QWidget | None, *, texts: bool) -> bool | None:
        """Whether texts go in; None where the user thought better of it."""
        dialog = cls(parent, texts=texts)
        try:
            accepted = dialog.exec() == QDialog.DialogCode.Accepted
            return dialog.texts.isChecked() if accepted else None
        finally:
            dialog.deleteLater()
