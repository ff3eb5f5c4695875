"""Inputs that ignore the mouse wheel without focus, so that scrolling a page changes no value."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QComboBox, QWidget

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
    """A list to choose one entry from, as every page has it."""
    return passed_by_wheel(QComboBox())
