"""All that a screen of the rating page tells besides the words of its pair.

Nothing is left out because it looks harmless: every widget and action of the window counts, in sight or
not, with place, size, names, tips, focus, scrolling, selection, and what its documents are made of. Only
the characters of prompt and answers do not: how long they are and how they are laid out does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from PySide6.QtCore import QObject, QRect, Qt
from PySide6.QtGui import QAction, QClipboard, QGuiApplication, QTextDocument
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QLabel,
    QLineEdit,
    QProgressBar,
    QTextEdit,
    QWidget,
)

Screen = dict[str, str]
"""Where and what, to its value in words."""

_ICON_FOLDER = re.compile(r"(?<=url\()[^)]*/")
"""Each window draws the icons of its style sheet into a folder of its own."""


def screen(window: QWidget, page: QWidget) -> Screen:
    """The state of a window with the rating page in front."""
    clipboard = QGuiApplication.clipboard()
    found = {
        "title": f"{window.windowTitle()} | {window.windowFilePath()} | {window.windowIconText()}",
        "clipboard": clipboard.text(),
        "selection": clipboard.text(QClipboard.Mode.Selection),
        "focus": _name(QApplication.focusWidget()),
        "windows": " ".join(sorted(_name(w) for w in QApplication.topLevelWidgets() if w.isVisible())),
        "tab order": " ".join(map(_name, _tab_order(page))),
    }
    for where, thing in _walk(window, "window"):
        parts = _of_widget(thing) if isinstance(thing, QWidget) else _of_action(thing)
        found |= {f"{where} {what}": value for what, value in parts}
    return found


def _walk(thing: QWidget, where: str) -> Iterator[tuple[str, QWidget | QAction]]:
    """A widget and all below it, each with its path among its siblings."""
    yield where, thing
    for number, child in enumerate(thing.children()):
        path = f"{where}/{number}"
        if isinstance(child, QWidget):
            yield from _walk(child, path)
        elif isinstance(child, QAction):
            yield path, child


def _name(thing: QObject | None) -> str:
    return "" if thing is None else f"{type(thing).__name__}:{thing.objectName()}"


def _of_action(action: QAction) -> Iterator[tuple[str, str]]:
    yield "says", f"{action.text()} | {action.toolTip()} | {action.statusTip()} | {action.whatsThis()}"
    keys = " ".join(keys.toString() for keys in action.shortcuts())
    yield "is", f"{action.isEnabled()} {action.isVisible()} {action.isChecked()} {keys}"


def _of_widget(widget: QWidget) -> Iterator[tuple[str, str]]:
    yield "name", f"{_name(widget)} | {widget.accessibleName()} | {widget.accessibleDescription()}"
    yield "tips", f"{widget.toolTip()} | {widget.statusTip()} | {widget.whatsThis()}"
    yield "is", f"{widget.isVisible()} {widget.isEnabled()} {widget.hasFocus()} {widget.underMouse()}"
    yield "place", _rectangle(widget.geometry())
    yield "sizes", f"{widget.minimumWidth()} {widget.minimumHeight()} {widget.maximumHeight()}"
    sheet = _ICON_FOLDER.sub("", widget.styleSheet())
    yield "look", f"{widget.fontInfo().pixelSize()} {sheet} {_properties(widget)}"
    yield from _of_kind(widget)


def _of_kind(widget: QWidget) -> Iterator[tuple[str, str]]:
    if isinstance(widget, QLabel | QAbstractButton | QLineEdit):
        yield "words", widget.text()
    if isinstance(widget, QProgressBar):
        yield "progress", f"{widget.value()} of {widget.maximum()}"
    if isinstance(widget, QAbstractScrollArea):
        bar = widget.verticalScrollBar()
        yield "scroll", f"{bar.value()} {bar.maximum()} {bar.pageStep()} {bar.isVisible()}"
    if isinstance(widget, QTextEdit):
        yield "document", _of_document(widget)


def _of_document(view: QTextEdit) -> str:
    document, cursor = view.document(), view.textCursor()
    title = document.metaInformation(QTextDocument.MetaInformation.DocumentTitle)
    size = document.size()
    return (
        f"{document.characterCount()} {document.blockCount()} {size.width():.0f} {size.height():.0f} "
        f"{cursor.position()} {cursor.hasSelection()} {view.lineWrapColumnOrWidth()} "
        f"{document.isModified()} {document.baseUrl().toString()} {title}"
    )


def _properties(widget: QWidget) -> str:
    """Those that are ours: Qt keeps fonts and pointers of its own there."""
    names = sorted(bytes(name.data()).decode() for name in widget.dynamicPropertyNames())
    return " ".join(f"{name}={widget.property(name)}" for name in names if not name.startswith("_"))


def _rectangle(area: QRect) -> str:
    return f"{area.x()} {area.y()} {area.width()} {area.height()}"


def _tab_order(page: QWidget) -> Iterator[QWidget]:
    widget = page.nextInFocusChain()
    while widget is not None and widget is not page:
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and page.isAncestorOf(widget):
            yield widget
        widget = widget.nextInFocusChain()
