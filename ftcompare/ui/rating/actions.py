"""The rating commands as actions with their keys, for the rating page and the live page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from ftcompare.app.commands_and_keys import COMMANDS, When

RATING_COMMANDS = tuple(command for command in COMMANDS if command.when is When.RATING)

NUMBER = "rate.criterion_"
"""With a number behind it: the number keys."""


def number_of(command: str) -> int:
    """Which number key a command is; 0 for none."""
    return int(command.removeprefix(NUMBER)) if command.startswith(NUMBER) else 0


def number_commands(count: int) -> set[str]:
    """The commands of the number keys from 1 on."""
    return {f"{NUMBER}{number}" for number in range(1, count + 1)}


class RatingActions:
    """One action a command, with its key, for a page and what is in it. A held key counts once.

    Args:
        page: gets the actions.
        keys: command id to key sequence.
        act: does what a command id asks.
        name: what the actions' object names begin with.
    """

    def __init__(
        self, page: QWidget, keys: Mapping[str, str], act: Callable[[str], None], name: str = "action"
    ) -> None:
        self.by_id: dict[str, QAction] = {}
        for command in RATING_COMMANDS:
            within = Qt.ShortcutContext.WidgetWithChildrenShortcut
            action = QAction(command.title, page, shortcutContext=within, autoRepeat=False)
            action.setObjectName(f"{name}:{command.id}")
            action.triggered.connect(partial(act, command.id))
            page.addAction(action)
            self.by_id[command.id] = action
        self.set_keys(keys)

    def set_keys(self, keys: Mapping[str, str]) -> None:
        """Give every action another key."""
        for command, action in self.by_id.items():
            action.setShortcut(QKeySequence(keys.get(command, "")))

    def offer(self, commands: Collection[str], undo: str = "") -> None:
        """Let these count and no others; Undo says what it would take back."""
        for command, action in self.by_id.items():
            action.setEnabled(command in commands)
        self.by_id["rate.undo"].setText(undo_text(undo))


def undo_text(what: str) -> str:
    """Undo, and what it would take back where that is known."""
    return f"Undo “{what}”" if what else "Undo"
