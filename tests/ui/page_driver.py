"""Enters pages, waits for their answers, reads all that they show."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.ui.page_context import Page, PageContext
from tests.ui.conftest import idle, open_in

AnyPage = TypeVar("AnyPage", bound=Page)
AnyWidget = TypeVar("AnyWidget", bound=QWidget)
Kind = TypeVar("Kind", bound=QObject)


def settle(context: PageContext, qtbot: QtBot) -> None:
    """Wait for what was asked of the study, and for what its answer asked for in turn."""
    done: list[None] = []
    for round_ in range(3):
        context.tasks.call(lambda: None, done.append)
        qtbot.waitUntil(partial(_at_least, done, round_ + 1))


def _at_least(entries: list[None], count: int) -> bool:
    return len(entries) >= count


def enter(page: AnyPage, context: PageContext, qtbot: QtBot, path: Path | None = None) -> AnyPage:
    """Show a page as the window does, on the study at ``path`` or the one that is open."""
    if path is not None:
        open_in(context.tasks, path, qtbot)
    qtbot.addWidget(page)
    page.resize(1280, 634)
    page.show()
    page.enter()
    settle(context, qtbot)
    return page


def owned(widget: AnyWidget, qtbot: QtBot) -> AnyWidget:
    """A widget, which goes with the test."""
    qtbot.addWidget(widget)
    return widget


def on_screen(widget: AnyWidget, qtbot: QtBot, *size: int) -> AnyWidget:
    """Show a widget, which goes with the test, in a width and height if they are given."""
    owned(widget, qtbot)
    if size:
        widget.resize(*size)
    widget.show()
    return widget


def child(parent: QObject, kind: type[Kind], name: str = "") -> Kind:
    """The first part of a widget of this kind, and with this name if one is given; it is there."""
    found = parent.findChild(kind, name) if name else parent.findChild(kind)
    assert isinstance(found, kind), name
    return found


def press(parent: QWidget, name: str, qtbot: QtBot, context: PageContext | None = None) -> None:
    """Click a button, and wait for the study's answers if a context is given."""
    button = child(parent, QAbstractButton, name)
    assert button.isVisible(), name
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    if context is not None:
        settle(context, qtbot)


def push(parent: QWidget, name: str) -> None:
    """Press a button by the keyboard, and wait until nothing is going on."""
    button = child(parent, QPushButton, name)
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    idle()


def visible_text(parent: QWidget) -> str:
    """The words of every label and button in sight."""
    shown = [w for w in parent.findChildren(QWidget) if w.isVisible()]
    return "\n".join(w.text() for w in shown if isinstance(w, QLabel | QAbstractButton))


def every_word(parent: QWidget) -> str:
    """All that a page says anywhere, seen or not: text, tips, names for a screen reader."""
    said = []
    for widget in (parent, *parent.findChildren(QWidget)):
        said += [widget.accessibleName(), widget.accessibleDescription(), widget.toolTip()]
        if isinstance(widget, QLabel | QAbstractButton | QLineEdit):
            said.append(widget.text())
        if isinstance(widget, QComboBox):
            said += [widget.itemText(place) for place in range(widget.count())]
    return "\n".join(said)
