"""A combo box with a label before it, and a function that fills it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QWidget

from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import label
from ftcompare.ui.widgets.layouts import filled, in_row


def named_choice(title: str, choice: QComboBox, name: str, spoken: str = "") -> QWidget:
    """A combo box, as wide as its longest entry, after its label.

    Args:
        title: text of the label.
        choice: the combo box.
        name: object name, by which tests and scripts find it.
        spoken: accessible name; empty for the title.
    """
    choice.setObjectName(name)
    choice.setAccessibleName(spoken or title)
    choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    before = label(title, "muted")
    before.setBuddy(choice)
    return filled(in_row(before, choice, gap=S))


def fill_choice(choice: QComboBox, entries: Sequence[tuple[str, object]], chosen: object) -> None:
    """Fill with texts and their data, and select ``chosen`` or else the first, without emitting signals."""
    with QSignalBlocker(choice):
        choice.clear()
        for text, data in entries:
            choice.addItem(one_line(text), data)
        choice.setCurrentIndex(max(choice.findData(chosen), 0))
