"""The rating page's commands as actions with their keys, and which of them count when."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from ftcompare.app.rate.rating_session import DeskView, Phase
from ftcompare.app.window_commands import COMMANDS, Command, When
from ftcompare.core.scale import Scale
from ftcompare.ui.pages.rate.guess import COMMANDS as GUESSES
from ftcompare.ui.pages.rate.guess import SURE
from ftcompare.ui.rating.answers import answers

RATING_COMMANDS: tuple[Command, ...] = tuple(c for c in COMMANDS if c.when is When.RATING)

NUMBER = "rate.criterion_"
"""With a number behind it: the number keys."""

_LOOKING = {"rate.markdown", "rate.prompt", "rate.keys", "rate.pause"}
_WRITING = {"rate.comment", "rate.skip", "rate.flag"}


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


def set_action_keys(actions: Mapping[str, QAction], keys: Mapping[str, str]) -> None:
    """Give every action another key."""
    for command, action in actions.items():
        action.setShortcut(QKeySequence(keys.get(command, "")))


def number_of(command: str) -> int:
    """Which number key a command is; 0 for none."""
    return int(command.removeprefix(NUMBER)) if command.startswith(NUMBER) else 0


def commands_on_pair(view: DeskView, *, practising: bool) -> set[str]:
    """What can be done with what is in front, but for undo."""
    offered = set(_LOOKING)
    if view.instructions or view.practice:
        offered.add("rate.instructions")
    if practising:
        return offered | _asked(view.scale)
    if view.phase is Phase.GUESS:
        return offered | set(GUESSES) | _numbers(SURE)
    return offered | _asked(view.scale) | _WRITING


def _asked(scale: Scale) -> set[str]:
    offered = {answer.command for answer in answers(scale)}
    offered |= _numbers(max(len(scale.criteria), len(scale.reasons)))
    return offered | ({"rate.reasons"} if scale.reasons else set())


def _numbers(count: int) -> set[str]:
    return {f"{NUMBER}{number}" for number in range(1, count + 1)}


def sync_actions(actions: Mapping[str, QAction], offered: Collection[str], undo: str) -> None:
    """Offer what can be done now; Undo says what it would take back."""
    for command, action in actions.items():
        action.setEnabled(command in offered)
    actions["rate.undo"].setText(f"Undo “{undo}”" if undo else "Undo")
