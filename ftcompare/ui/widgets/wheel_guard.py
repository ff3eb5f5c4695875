"""Inputs that the wheel passes over: scrolling a page changes no number that lies under the pointer."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QComboBox, QWidget

Input = TypeVar("Input", bound=QWidget)


class _Passing(QObject):
    """Hands the wheel on to the page around an input that is not in hand."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stop a turn of the wheel here, as one that was not taken, where the input has no focus."""
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
    """A list to choose one entry from, as every page has it."""
    return passed_by_wheel(QComboBox())
