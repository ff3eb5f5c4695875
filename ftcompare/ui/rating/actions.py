"""The commands for rating as QActions with their keys, for the rating page and the live page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from ftcompare.app.commands_and_keys import COMMANDS, When

RATING_COMMANDS = tuple(command for command in COMMANDS if command.when is When.RATING)

NUMBER = "rate.criterion_"  # prefix of the commands of the number keys; the number follows


def number_of(command: str) -> int:
    """The number of a number key's command; 0 for other commands."""
    return int(command.removeprefix(NUMBER)) if command.startswith(NUMBER) else 0


def number_commands(count: int) -> set[str]:
    return {f"{NUMBER}{number}" for number in range(1, count + 1)}


class RatingActions:
    """One QAction for each command, with its key, on a page and its children. Key repeats are ignored.

    ``act`` gets the command id; ``name`` is the prefix of the actions' object names.
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
        for command, action in self.by_id.items():
            action.setShortcut(QKeySequence(keys.get(command, "")))

    def offer(self, commands: Collection[str], undo: str = "") -> None:
        """Enable these commands and no others; ``undo`` is what Undo would take back, for its text."""
        for command, action in self.by_id.items():
            action.setEnabled(command in commands)
        self.by_id["rate.undo"].setText(undo_text(undo))


def undo_text(what: str) -> str:
    return f"Undo “{what}”" if what else "Undo"
