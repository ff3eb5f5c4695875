"""Import: asks for a file and its format, and reads it into the open study."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QHBoxLayout,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from ftcompare.app.application_paths import is_file, typed
from ftcompare.app.export.importing import describe_import, import_file
from ftcompare.app.study.opening import StudyFile
from ftcompare.formats.export_format import ImportFormat
from ftcompare.formats.registry import IMPORT_FORMATS
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.theme.theme import XL, L, M, S
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton
from ftcompare.ui.widgets.file_field import FileField

WIDTH = 560
INDENT = 30


class ImportDialog(QDialog):
    """Which file, and what is in it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import")
        self.setMinimumWidth(WIDTH)
        self._group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, XL)
        column.setSpacing(M)
        column.addWidget(Heading("Import into this study", level=2))
        self._forms = tuple(IMPORT_FORMATS)
        for number, form in enumerate(self._forms):
            column.addWidget(self._choice(number, form))
        suffixes = tuple(dict.fromkeys(form.suffix for form in self._forms))
        types = " or ".join(dict.fromkeys(form.file_type for form in self._forms))
        self.field = FileField(
            "File",
            "import_file",
            folder=False,
            hint=f"A {' or '.join(suffixes)} file",
            kinds=(types, " ".join(f"*{suffix}" for suffix in suffixes)),
        )
        column.addWidget(self.field)
        column.addWidget(Muted("All of the file is taken, or nothing.", small=True))
        column.addLayout(self._buttons())
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
        return typed(self.field.text), self._forms[self._group.checkedId()].id

    def accept(self) -> None:
        """Close, if there is such a file."""
        if not is_file(self.chosen[0]):
            self.field.message.show_problem("There is no such file. Choose another.")
            self.field.set_invalid(True)
            return
        super().accept()

    def _choice(self, number: int, form: ImportFormat) -> QWidget:
        choice = QWidget()
        column = QVBoxLayout(choice)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        button = QRadioButton(form.title)
        button.setObjectName(f"import_{form.id}")
        button.setAccessibleDescription(form.description)
        button.setChecked(number == 0)
        self._group.addButton(button, number)
        below = QHBoxLayout()
        below.setContentsMargins(INDENT, 0, 0, 0)
        below.addWidget(Muted(form.description, small=True))
        column.addWidget(button)
        column.addLayout(below)
        return choice

    def _buttons(self) -> QHBoxLayout:
        self._import = PrimaryButton("Import")
        self._import.setObjectName("import_accept")
        self._import.setDefault(True)
        cancel = PlainButton("Cancel")
        cancel.setObjectName("import_cancel")
        self._import.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.setContentsMargins(0, L, 0, 0)
        row.setSpacing(S)
        row.addStretch()
        row.addWidget(cancel, 0, Qt.AlignmentFlag.AlignRight)
        row.addWidget(self._import)
        return row

    def _on_changed(self) -> None:
        self.field.set_invalid(False)
        self.field.message.clear()
        self._import.setEnabled(bool(self.field.text))


def import_into_study(
    context: PageContext, path: Path, form: str, then: Callable[[], None] = lambda: None
) -> None:
    """Read a file into the open study and say in the bar what it added, or why it added nothing.

    Args:
        context: the way to the study and the bar.
        path: the file.
        form: id of the format.
        then: called after the study has changed.
    """

    def read(study: StudyFile) -> str:
        return describe_import(import_file(study, path, form, now=datetime.now(UTC)))

    def done(words: str) -> None:
        context.bar.show_good(words)
        context.study_changed()
        then()

    context.tasks.run(read, done, context.bar.show_error)
