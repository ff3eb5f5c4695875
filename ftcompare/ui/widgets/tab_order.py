"""Sets the order of the Tab key to the order of the layout."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QScrollArea, QWidget

from ftcompare.ui.widgets.controls import set_tab_order


def follow_layout(parent: QWidget) -> None:
    """Let the Tab key visit all widgets within ``parent`` in reading order.

    Qt's default is the order in which the widgets were created, wherever they are placed.
    """
    set_tab_order(*_stops(parent))


def _stops(parent: QWidget) -> Iterator[QWidget]:
    if parent.focusPolicy() & Qt.FocusPolicy.TabFocus:
        yield parent
    layout, scrolled = parent.layout(), parent.widget() if isinstance(parent, QScrollArea) else None
    if scrolled is not None:  # no layout of the area holds it
        yield from _stops(scrolled)
    elif layout is not None:
        yield from _laid_out(layout)


def _laid_out(layout: QLayout) -> Iterator[QWidget]:
    for place in range(layout.count()):
        item: QLayoutItem | None = layout.itemAt(place)
        widget, inner = (item.widget(), item.layout()) if item is not None else (None, None)
        if widget is not None:
            yield from _stops(widget)
        elif inner is not None:
            yield from _laid_out(inner)
