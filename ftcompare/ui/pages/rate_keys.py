"""The rating page's commands as actions with their keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from ftcompare.app.commands import COMMANDS, Command, When
from ftcompare.ui.pages.rate_words import words

RATING_COMMANDS: tuple[Command, ...] = tuple(c for c in COMMANDS if c.when is When.RATING)


def rating_actions(page: QWidget, keys: Mapping[str, str], act: Callable[[str], None]) -> dict[str, QAction]:
    """One action a command, with its key, for the page and what is in it. A held key counts once."""
    return {command.id: _action(page, command, keys.get(command.id, ""), act) for command in RATING_COMMANDS}


def _action(page: QWidget, command: Command, key: str, act: Callable[[str], None]) -> QAction:
    action = QAction(command.title, page)
    action.setObjectName(f"action:{command.id}")
    action.setShortcut(QKeySequence(key))
    action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    action.setAutoRepeat(False)
    action.triggered.connect(lambda: act(command.id))
    page.addAction(action)
    return action


def sync_actions(actions: Mapping[str, QAction], *, on_pair: bool, can_undo: bool, undo: str) -> None:
    """Offer what can be done now; Undo says what it would take back."""
    for action in actions.values():
        action.setEnabled(on_pair)
    actions["rate.undo"].setEnabled(can_undo)
    actions["rate.undo"].setText(words("Undo “{0}”").format(words(undo)) if undo else words("Undo"))
