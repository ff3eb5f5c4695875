"""A table of prompts; Enter or a click opens their answers."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication

from ftcompare.ui.figures.grid import fit_height
from ftcompare.ui.theme.theme import Theme
from ftcompare.ui.widgets.table import DataTable

ROWS_SHOWN = 12
"""A longer table scrolls."""


class PromptList(DataTable):
    """As high as its rows, up to `ROWS_SHOWN`; the keys of rows are prompt ids.

    Signals:
        asked: a `PromptId` whose answers are to be shown.
    """

    asked = Signal(object)

    def __init__(self, theme: Theme, name: str, searched: str) -> None:
        super().__init__(theme, name, (), "Filter prompts", searched)
        self.view.clicked.connect(self._clicked)
        self.opened.connect(self.asked)
        theme.changed.connect(self.fit)

    def fit(self) -> None:
        """Adapt the height to the rows; call it after the rows change."""
        fit_height(self, ROWS_SHOWN)

    def _clicked(self, index: QModelIndex) -> None:
        """A plain click opens; one with Ctrl or Shift chooses rows to copy."""
        if QGuiApplication.keyboardModifiers() == Qt.KeyboardModifier.NoModifier:
            self.asked.emit(self.model.shown[index.row()].key)
