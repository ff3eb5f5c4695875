"""Parts of dialogs in which rows are edited: buttons with keys, Undo and Redo, removal of selected rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QPushButton, QWidget

from ftcompare.ui.widgets.controls import QuietButton
from ftcompare.ui.widgets.table import DataTable

Key = QKeySequence | QKeySequence.StandardKey | str
ButtonWithKey = tuple[QPushButton, Callable[[], None], Key]


class NumberedRow(Protocol):
    """A row whose number stays the same while its position changes."""

    @property
    def number(self) -> int:
        """The key of the row in the table."""


class RowsDraft(Protocol):
    """A list of rows that is edited."""

    @property
    def rows(self) -> Sequence[NumberedRow]:
        """In the order of the table."""

    def remove(self, numbers: Collection[int]) -> None:
        """Take rows out."""


def connect_keys(dialog: QWidget, buttons: Iterable[ButtonWithKey], *, keys: bool = True) -> None:
    """Connect buttons to their functions, and show each key in the button's tooltip.

    Without ``keys`` the keys have no effect, as in a read-only dialog.
    """
    for button, act, key in buttons:
        button.clicked.connect(act)
        button.setToolTip(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText))
        if keys:
            QShortcut(QKeySequence(key), dialog).activated.connect(act)


def show_undo(undo: QuietButton, undo_words: str, redo: QuietButton, redo_words: str) -> None:
    """Show on the buttons what would be undone and redone; a button with nothing to do is disabled."""
    for button, name, words in ((undo, "Undo", undo_words), (redo, "Redo", redo_words)):
        button.setEnabled(bool(words))
        button.set_text(f"{name} {words}".strip())


def remove_selected(table: DataTable, draft: RowsDraft) -> int | None:
    """Remove the selected rows; the number of the row that is to be selected next, None without rows."""
    chosen = {table.model.shown[index.row()].key for index in table.view.selectedIndexes()}
    numbers = [key for key in chosen if isinstance(key, int)]
    before = [row.number for row in draft.rows]
    place = min((before.index(number) for number in numbers), default=0)
    draft.remove(numbers)
    left = [row.number for row in draft.rows]
    return left[min(place, len(left) - 1)] if left else None
