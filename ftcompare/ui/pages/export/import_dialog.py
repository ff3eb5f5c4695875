"""Import: asks for a file and its format, and reads it into the open study."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QWidget

from ftcompare.app.application_paths import is_file, typed
from ftcompare.app.export.importing import describe_import, import_file
from ftcompare.app.study.opening import StudyFile
from ftcompare.app.work_progress import Told
from ftcompare.formats.record_fields import any_of
from ftcompare.formats.registry import IMPORT_FORMATS, import_format
from ftcompare.ui.dialogs.work_dialog import WorkDialog
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.export.export_cards import FormatChoice
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import XL, L, M, S
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton, named
from ftcompare.ui.widgets.file_field import FileField
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row

WIDTH = 560
NAME_SHOWN = 40


class ImportDialog(QDialog):
    """Which file, and what is in it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import")
        self.setMinimumWidth(WIDTH)
        self._forms = tuple(IMPORT_FORMATS)
        self._choice = FormatChoice("import", self._forms)
        suffixes = tuple(dict.fromkeys(suffix for form in self._forms for suffix in form.suffixes))
        self.field = FileField(
            "File",
            "import_file",
            folder=False,
            kinds=("Answers and judgments", " ".join(f"*{suffix}" for suffix in suffixes)),
        )
        all_of_it = Muted("All of the file is taken, or nothing.", small=True)
        parts = self._choice, self.field, all_of_it, self._buttons()
        column = in_column(Heading("Import into this study", level=2), *parts, gap=M, of=self)
        column.setContentsMargins(XL, XL, XL, XL)
        self._choice.changed.connect(self._show_suffixes)
        self._show_suffixes()
        self.field.changed.connect(self._on_changed)
        self.field.edit.textChanged.connect(lambda _text: self._on_changed())
        self._on_changed()

    @classmethod
    def ask(cls, parent: QWidget | None) -> tuple[Path, str] | None:
        """The file and the id of its format; None where the user thought better of it."""
        dialog = cls(parent)
        try:
            accepted = dialog.exec() == QDialog.DialogCode.Accepted
            return dialog.chosen if accepted else None
        finally:
            dialog.deleteLater()

    @property
    def chosen(self) -> tuple[Path, str]:
        """As it stands in the fields."""
        return typed(self.field.text), self._choice.chosen

    def accept(self) -> None:
        """Close, if there is such a file."""
        if not is_file(self.chosen[0]):
            self.field.show_problem("There is no such file. Choose another.")
            return
        super().accept()

    def _buttons(self) -> QHBoxLayout:
        self._import = named(PrimaryButton("Import"), "import_accept")
        self._import.setDefault(True)
        cancel = named(PlainButton("Cancel"), "import_cancel")
        self._import.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        row = in_row(STRETCH, (cancel, Qt.AlignmentFlag.AlignRight), self._import, gap=S)
        row.setContentsMargins(0, L, 0, 0)
        return row

    def _show_suffixes(self) -> None:
        """Say in the empty field which files the chosen kind may be."""
        self.field.edit.setPlaceholderText(any_of(import_format(self._choice.chosen).suffixes))

    def _on_changed(self) -> None:
        self.field.show_problem("")
        self._import.setEnabled(bool(self.field.text))


def import_into_study(
    context: PageContext,
    path: Path,
    form: str,
    then: Callable[[], None] = lambda: None,
    parent: QWidget | None = None,
) -> WorkDialog:
    """Read a file into the open study and say in the bar what it added, or why it added nothing.

    Args:
        context: the way to the study and the bar.
        path: the file.
        form: id of the format.
        then: called after the study has changed.
        parent: the window.

    Returns:
        What shows how far it is, where that takes longer than a moment.
    """

    def read(study: StudyFile, told: Told) -> str:
        return describe_import(import_file(study, path, form, now=datetime.now(UTC), told=told))

    def done(words: str) -> None:
        context.bar.show_good(words)
        context.study_changed()
        then()

    dialog = WorkDialog(f"Importing {one_line(path.name, NAME_SHOWN)}", context.tasks, parent)
    dialog.work.cancelled.connect(lambda: context.bar.show_note("Stopped: nothing was imported."))
    dialog.run(read, done, context.bar.show_error)
    return dialog
