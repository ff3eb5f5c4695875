"""The way of the Tab key through what is laid out, where it is not made in that order."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QWidget

from ftcompare.ui.widgets.controls import set_tab_order


def follow_layout(parent: QWidget) -> None:
    """The Tab key goes through a widget's parts as they are laid out, hidden ones in their places."""
    set_tab_order(*_stops(parent))


def _stops(widget: QWidget) -> Iterator[QWidget]:
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
        yield widget
    layout = widget.layout()
    if layout is not None:
        yield from _laid_out(layout)


def _laid_out(layout: QLayout) -> Iterator[QWidget]:
    for place in range(layout.count()):
        item = layout.itemAt(place)
        inner, widget = item.layout() if item else None, item.widget() if item else None
        if inner is not None:
            yield from _laid_out(inner)
        elif widget is not None:
            yield from _stops(widget)
