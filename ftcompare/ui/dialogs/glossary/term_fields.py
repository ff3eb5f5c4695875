"""The fields of one term below the table of the glossary."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QStringListModel, Qt
from PySide6.QtWidgets import QCompleter

from ftcompare.core.study import TermStatus
from ftcompare.ui.safe_text import visible
from ftcompare.ui.theme.theme import M, S
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row
from ftcompare.ui.widgets.row_editor import RowField, RowFields

FIELDS = (
    RowField("term", "glossary_term", "Term"),
    RowField("concept", "glossary_concept", "Concept"),
    RowField("language", "glossary_language", "Language", hint="en"),
    RowField("status", "glossary_status", "Status", entries=[(s, s) for s in TermStatus], parse=TermStatus),
    RowField("note", "glossary_note", "Note (optional)", lines=True),
)
NOTE_LINES = 5
"""Height of the note field in lines, including its margins."""


class TermFields(RowFields):
    """The fields; while a concept is typed, the names of concepts are offered."""

    def __init__(self) -> None:
        super().__init__(FIELDS)
        self._names = QStringListModel(self)
        completer = QCompleter(self._names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self["concept"].setCompleter(completer)
        first = in_row((self.titled("term"), 3), (self.titled("status"), 1), gap=S)
        second = in_row((self.titled("concept"), 3), (self.titled("language"), 1), gap=S)
        left = in_column(first, second, STRETCH, gap=S)
        in_row((left, 3), (self.titled("note"), 2), gap=M, of=self)
        self._fit()

    def set_concepts(self, names: Sequence[str]) -> None:
        """Offer these names of concepts."""
        self._names.setStringList([name for name in names if visible(name) == name])

    def changeEvent(self, event: QEvent) -> None:
        """Give the note room for some lines of any size; the rest is the table's."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and hasattr(self, "_names"):
            self._fit()

    def _fit(self) -> None:
        self["note"].setFixedHeight(NOTE_LINES * self["note"].fontMetrics().lineSpacing())
