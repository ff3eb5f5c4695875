"""Fields for numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QWidget

from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import label
from ftcompare.ui.widgets.layouts import filled, in_row

Box = TypeVar("Box", bound=QAbstractSpinBox)


def number_field(box: Box, name: str) -> Box:
    """Set the name of a number field and give its text the padding of other fields.

    The wheel scrolls the page.

    A style sheet's padding has no effect on the text of a spin box (Qt 6.12).
    """
    box.setObjectName(name)
    box.lineEdit().setTextMargins(S, 0, 0, 0)
    return passed_by_wheel(box)


Input = TypeVar("Input", bound=QWidget)


class _Passing(QObject):
    """Passes wheel events to the page around an input that does not have the focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Mark a wheel event as ignored if the input has no focus, so that the parent scrolls."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def passed_by_wheel(field: Input) -> Input:
    """Let the wheel change an input only while it has the keyboard's focus, which the wheel never gives."""
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.installEventFilter(_Passing(field))
    return field


def choice_box() -> QComboBox:
    return passed_by_wheel(QComboBox())


def named_choice(title: str, choice: QComboBox, name: str, spoken: str = "") -> QWidget:
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
