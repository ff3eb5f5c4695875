"""The fields of one term below the table; a change is reported when the field loses the focus."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QStringListModel, Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QWidget

from ftcompare.app.setup.glossary_draft import GlossaryRow
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.ui.safe_text import visible
from ftcompare.ui.theme.theme import XS, M, S
from ftcompare.ui.widgets.controls import label, named
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row
from ftcompare.ui.widgets.named_choice import fill_choice
from ftcompare.ui.widgets.text_box import TextBox

NOTE_LINES = 5
"""Height of the note field in lines, including its margins."""


class TermFields(QWidget):
    """The fields. ``message`` shows what is wrong with the term; the owner places it.

    Signals:
        edited: values that were changed, as a dict by their names in `GlossaryTerm`.
    """

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.number: int | None = None
        self._term: GlossaryTerm | None = None
        self.term = named(QLineEdit(), "glossary_term", "Term")
        self.concept = named(QLineEdit(), "glossary_concept", "Concept")
        self.language = named(QLineEdit(), "glossary_language", "Language")
        self.language.setPlaceholderText("en")
        self.status = named(QComboBox(), "glossary_status", "Status")
        fill_choice(self.status, [(status.value, status.value) for status in TermStatus], "")
        self.note = TextBox("glossary_note", "Note")
        self.message = FieldMessage()
        self._names = QStringListModel(self)
        completer = QCompleter(self._names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.concept.setCompleter(completer)
        self._arrange()
        self._connect()
        self.show_row(None, "")

    def _arrange(self) -> None:
        first = in_row((_titled("Term", self.term), 3), (_titled("Status", self.status), 1), gap=S)
        second = in_row((_titled("Concept", self.concept), 3), (_titled("Language", self.language), 1), gap=S)
        left = in_column(first, second, STRETCH, gap=S)
        both = in_row((left, 3), (_titled("Note (optional)", self.note), 2), gap=M)
        in_column((both, 1), of=self)
        self._fit()

    def _connect(self) -> None:
        for field in self._lines.values():
            field.editingFinished.connect(self.finish)
        self.note.left.connect(self.finish)
        self.status.activated.connect(lambda _: self.finish())

    @property
    def _lines(self) -> dict[str, QLineEdit]:
        return {"term": self.term, "concept": self.concept, "language": self.language}

    def set_concepts(self, names: Sequence[str]) -> None:
        """Names that are offered while that of a concept is typed."""
        self._names.setStringList([name for name in names if visible(name) == name])

    def finish(self) -> None:
        """Report typed changes; unedited fields are not read, because fields may alter the text they show."""
        told: dict[str, object] = {}
        for name, field in self._lines.items():
            if field.isModified() and not field.isReadOnly():
                field.setModified(False)
                told[name] = field.text().strip()
        if self.note.document().isModified() and not self.note.isReadOnly():
            self.note.document().setModified(False)
            told["note"] = self.note.toPlainText().strip()
        status = TermStatus(str(self.status.currentData()))
        if self._term is not None and status != self._term.status:
            told["status"] = status
        if told and self.number is not None:
            self.edited.emit(told)

    def changeEvent(self, event: QEvent) -> None:
        """The note has room for some lines of any size; the rest is the table's."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and hasattr(self, "note"):
            self._fit()

    def _fit(self) -> None:
        self.note.setFixedHeight(NOTE_LINES * self.note.fontMetrics().lineSpacing())

    def show_row(self, row: GlossaryRow | None, problem: str, conflicts: Sequence[str] = ()) -> None:
        """Show a row, what is wrong with it, and its conflicts; None if no row is selected."""
        self.setEnabled(row is not None)
        self.number, self._term = (row.number, row.term) if row else (None, None)
        term = row.term if row else GlossaryTerm("", TermStatus.PREFERRED, "", "")
        wrong = [("bad", problem)] if problem else []
        self.message.show_lines([*wrong, *(("caution", told) for told in conflicts)])
        texts = (term.term, term.concept, term.language)
        for field, text in zip(self._lines.values(), texts, strict=True):
            field.setText(visible(text))
            field.setCursorPosition(0)
            field.setModified(False)
            field.setReadOnly(visible(text) != text)
        fixed = visible(term.note) != term.note or "\r" in term.note
        self.note.setPlainText(visible(term.note))
        self.note.document().setModified(False)
        self.note.setReadOnly(fixed)
        self.status.setCurrentIndex(max(self.status.findData(term.status.value), 0))


def _titled(title: str, field: QWidget) -> QWidget:
    above = label(title)
    above.setBuddy(field)
    box = QWidget()
    in_column(above, (field, 1), gap=XS, of=box)
    return box
