"""Makes actions and menus of the application's commands; the caller says what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from ftcompare.app.commands_and_keys import MENUS, Command, When

CHECKED = {"view.theme_system": "system", "view.theme_light": "light", "view.theme_dark": "dark"}
"""Commands of which exactly one is checked, with the setting that each stands for."""


def window_actions(
    parent: QObject, commands: Sequence[Command], keys: Mapping[str, str], trigger: Callable[[str], None]
) -> dict[str, QAction]:
    """An action for every command except those of the rating page, which makes its own."""
    return {c.id: _action(parent, c, keys, trigger) for c in commands if c.when is not When.RATING}


def _action(
    parent: QObject, command: Command, keys: Mapping[str, str], trigger: Callable[[str], None]
) -> QAction:
    action = QAction(command.title, parent)
    action.setObjectName(f"action:{command.id}")
    if keys.get(command.id):
        action.setShortcut(QKeySequence(keys[command.id]))
    if command.id in CHECKED:
        action.setCheckable(True)
    action.triggered.connect(lambda: trigger(command.id))
    return action


def set_shortcuts(actions: Mapping[str, QAction], keys: Mapping[str, str]) -> None:
    for name, action in actions.items():
        action.setShortcut(QKeySequence(keys.get(name, "")))


def fill_menu_bar(
    bar: QMenuBar, commands: Sequence[Command], actions: Mapping[str, QAction], recent: QMenu
) -> None:
    """Fill a menu bar with the menus, in the order and groups of the commands; empty menus are left out.

    The menu of recent files is placed before the demo, or after the commands that open files if there is no
    demo.
    """
    themes = QActionGroup(bar)
    for command_id in CHECKED:
        themes.addAction(actions[command_id])
    for name in MENUS:
        here = [command for command in commands if command.menu == name]
        if here:
            menu = bar.addMenu(name)
            _fill(menu, here, actions)
            if name == MENUS[0]:
                menu.insertMenu(
                    actions.get("study.demo") or next(filter(QAction.isSeparator, menu.actions())), recent
                )


def _fill(menu: QMenu, commands: Sequence[Command], actions: Mapping[str, QAction]) -> None:
    group = 0
    for command in commands:
        if command.group != group:
            menu.addSeparator()
            group = command.group
        menu.addAction(actions[command.id])
