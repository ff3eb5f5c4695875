"""Groups of buttons that are one stop of the Tab key; the arrow keys move between the buttons."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QLayout, QLayoutItem, QScrollArea, QWidget

from ftcompare.ui.widgets.controls import Card, set_tab_order

STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}
BY_TAB, BY_BACKTAB = Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason


class FocusGroup(QWidget):
    """A widget whose buttons are one stop of the Tab key; its other focusable widgets are separate stops."""

    def focusNextPrevChild(self, forward: bool) -> bool:
        return leave(self, forward=forward) or super().focusNextPrevChild(forward)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not step(self, event):
            super().keyPressEvent(event)


class GroupCard(Card):
    """A card whose buttons are one stop of the Tab key, as in a `FocusGroup`."""

    def focusNextPrevChild(self, forward: bool) -> bool:
        return leave(self, forward=forward) or super().focusNextPrevChild(forward)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not step(self, event):
            super().keyPressEvent(event)


def leave(group: QWidget, *, forward: bool) -> bool:
    """Move the focus from a button of the group to a stop outside it; returns False if it cannot move."""
    start = QApplication.focusWidget()
    if start is None or not _is_member(start, group):
        return False
    found = _next(start, forward=forward)
    while found is not start and (not takes_focus(found) or _is_member(found, group)):
        found = _next(found, forward=forward)
    if found is start:
        return False
    found.setFocus(BY_TAB if forward else BY_BACKTAB)
    return True


def step(group: QWidget, event: QKeyEvent) -> bool:
    """Move from a button of a group to the next one by an arrow key; return False if there is none."""
    start, by = QApplication.focusWidget(), STEPS.get(Qt.Key(event.key()), 0)
    if start is None or not by or not _is_member(start, group):
        return False
    found = _next(start, forward=by > 0)
    while found is not start and not (takes_focus(found) and _is_member(found, group)):
        found = _next(found, forward=by > 0)
    found.setFocus(BY_TAB if by > 0 else BY_BACKTAB)
    return True


def _next(widget: QWidget, *, forward: bool) -> QWidget:
    found = widget.nextInFocusChain() if forward else widget.previousInFocusChain()
    return found or widget


def _is_member(widget: QWidget, group: QWidget) -> bool:
    return isinstance(widget, QAbstractButton) and group.isAncestorOf(widget)


def in_focus_order(page: QWidget) -> Iterator[QWidget]:
    widget = page.nextInFocusChain()
    while widget is not None and widget is not page:
        if page.isAncestorOf(widget):
            yield widget
        widget = widget.nextInFocusChain()


def takes_focus(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isVisible() and widget.isEnabled()


def follow_layout(parent: QWidget) -> None:
    """Let the Tab key visit widgets in reading order, not, as by default, in that of their creation."""
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
