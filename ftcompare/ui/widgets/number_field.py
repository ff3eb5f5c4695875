"""Fields for numbers."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QAbstractSpinBox

from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.wheel_guard import passed_by_wheel

Box = TypeVar("Box", bound=QAbstractSpinBox)


def number_field(box: Box, name: str) -> Box:
    """Give a field for a number its name and the inset of other fields; a wheel that scrolls passes it by.

    A style sheet's padding does not reach the text of a spin box (Qt 6.12).
    """
    box.setObjectName(name)
    box.lineEdit().setTextMargins(S, 0, 0, 0)
    return passed_by_wheel(box)
