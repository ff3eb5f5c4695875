"""Rows and columns, each made by one call that lists the parts in order."""

from __future__ import annotations

from typing import TypeAlias

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from ftcompare.ui.widgets.flow_layout import FlowLayout

STRETCH = None  # takes the room that is left

Content: TypeAlias = "QWidget | QLayout | int | None"
Part: TypeAlias = "Content | tuple[Content, int | Qt.AlignmentFlag]"
Margins: TypeAlias = tuple[int, int, int, int]


def in_row(
    *parts: Part, gap: int | None = None, margins: Margins = (0, 0, 0, 0), of: QWidget | None = None
) -> QHBoxLayout:
    """A row of parts, from the left.

    Args:
        parts: widgets, layouts, pixels of additional space, or `STRETCH`; in a tuple with the stretch factor
            or the alignment.
        gap: pixels between the parts; None for the default.
        margins: left, top, right and bottom, in pixels.
        of: the widget that they fill; None for a row within another layout.
    """
    row = QHBoxLayout(of) if of is not None else QHBoxLayout()
    _fill(row, parts, gap, margins)
    return row


def in_column(
    *parts: Part, gap: int | None = None, margins: Margins = (0, 0, 0, 0), of: QWidget | None = None
) -> QVBoxLayout:
    """A column of parts, from the top; arguments as `in_row`."""
    column = QVBoxLayout(of) if of is not None else QVBoxLayout()
    _fill(column, parts, gap, margins)
    return column


def in_grid(
    across: int,
    down: int,
    *stretched: int,
    margins: Margins = (0, 0, 0, 0),
    of: QWidget | None = None,
) -> QGridLayout:
    """An empty grid with its gaps in pixels; the columns ``stretched`` take the room that is left."""
    grid = QGridLayout(of) if of is not None else QGridLayout()
    grid.setContentsMargins(*margins)
    grid.setHorizontalSpacing(across)
    grid.setVerticalSpacing(down)
    for column in stretched:
        grid.setColumnStretch(column, 1)
    return grid


def _fill(box: QBoxLayout, parts: tuple[Part, ...], gap: int | None, margins: Margins) -> None:
    box.setContentsMargins(*margins)
    if gap is not None:
        box.setSpacing(gap)
    put(box, *parts)


def put(box: QBoxLayout, *parts: Part) -> None:
    """Add parts at the end of a row or column."""
    for part in parts:
        content, how = part if isinstance(part, tuple) else (part, 0)
        if content is None:
            box.addStretch(how)
        elif isinstance(content, int):
            box.addSpacing(content)
        elif isinstance(content, FlowLayout):
            # Within another layout the Python object may be garbage-collected, and Qt would then call a
            # deleted object.
            box.addWidget(filled(content), how)
        elif isinstance(content, QLayout):
            box.addLayout(content, how)
        elif isinstance(how, Qt.AlignmentFlag):
            box.addWidget(content, 0, how)
        else:
            box.addWidget(content, how)


def filled(layout: QLayout) -> QWidget:
    made = QWidget()
    made.setLayout(layout)
    return made


def discard(layout: QLayout) -> None:
    """Remove everything from a layout and the layouts in it, and delete the widgets."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            discard(inner)


class Slot(QWidget):
    """A widget whose content can be replaced as a whole."""

    def __init__(self) -> None:
        super().__init__()
        self._column = in_column(of=self)

    def set_content(self, content: QWidget) -> None:
        discard(self._column)
        self._column.addWidget(content)
        content.show()  # Qt would show it only when the window is next at rest
