"""Fields for numbers."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QAbstractSpinBox

from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.wheel_guard import passed_by_wheel

Box = TypeVar("Box", bound=QAbstractSpinBox)


def number_field(box: Box, name: str) -> Box:
    """Set the name of a number field and give its text the padding of other fields.

    The wheel scrolls the page.

    A style sheet's padding has no effect on the text of a spin box (Qt 6.12).
    """
    box.setObjectName(name)
    box.lineEdit().setTextMargins(S, 0, 0, 0)
    return passed_by_wheel(box)
