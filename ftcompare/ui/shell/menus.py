"""Commands of the window as actions, in menus and in the palette; the caller says what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHeaderView,
    QLineEdit,
    QMenu,
    QMenuBar,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from ftcompare.app.commands_and_keys import MENUS, Command, When
from ftcompare.core.language import tr
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.layouts import in_column

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
    action = QAction(command.shown, parent)
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


def fill_menus(
    menus: QMenuBar | QMenu, commands: Sequence[Command], actions: Mapping[str, QAction], recent: QMenu
) -> None:
    """Add all menus in the order and groups of the commands; recent files come before the demo."""
    themes = QActionGroup(menus)
    for command_id in CHECKED:
        themes.addAction(actions[command_id])
    for name in MENUS:
        here = [command for command in commands if command.menu == name]
        if here:
            menu = menus.addMenu(tr(name))
            _fill(menu, here, actions)
            if name == MENUS[0]:
                menu.insertMenu(
                    actions.get("study.demo") or next(filter(QAction.isSeparator, menu.actions())), recent
                )


def show_filled(menus: QMenuBar | QMenu) -> None:
    """Show only the menus with commands that are shown."""
    for action in menus.actions():
        menu = action.menu()
        if isinstance(menu, QMenu):
            action.setVisible(any(own.isVisible() and not own.isSeparator() for own in menu.actions()))


def _fill(menu: QMenu, commands: Sequence[Command], actions: Mapping[str, QAction]) -> None:
    group = 0
    for command in commands:
        if command.group != group:
            menu.addSeparator()
            group = command.group
        menu.addAction(actions[command.id])


WIDTH, HEIGHT = 560, 420


def matches(typed: str, title: str) -> bool:
    starts = title.casefold().split()
    return all(any(word.startswith(part) for word in starts) for part in typed.casefold().split())


class CommandPalette(QDialog):
    """A dialog with a search field and a list: type, select with the arrow keys, press Enter."""

    def __init__(self, entries: Sequence[tuple[str, str, QAction]], parent: QWidget) -> None:
        """``entries`` are titles, keys, and what they do."""
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("palette")
        self._entries = entries
        frame = QFrame()
        frame.setProperty("role", "palette")
        in_column(frame, of=self)
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("Type a command"))
        self.field.setAccessibleName(tr("Type a command"))
        self.list = QTreeWidget()  # titles, and keys in a column of their own
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.setAccessibleName(tr("Commands"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        in_column(self.field, self.list, gap=S, margins=(S, S, S, S), of=frame)
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)
        self.list.itemActivated.connect(lambda _: self._run())
        self.list.itemClicked.connect(lambda _: self._run())
        self._fill("")
        self.resize(WIDTH, HEIGHT)
        corner = parent.mapToGlobal(parent.rect().topLeft())
        self.move(corner.x() + (parent.width() - WIDTH) // 2, corner.y() + parent.height() // 8)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down.value: 1, Qt.Key.Key_Up.value: -1}.get(event.key(), 0)
            if step:
                place = self.list.currentIndex().row() + step
                self._select(min(max(place, 0), self.list.topLevelItemCount() - 1))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run()
                return True
        return super().eventFilter(watched, event)

    def _fill(self, typed: str) -> None:
        self.list.clear()
        for title, keys, action in self._entries:
            if matches(typed, title):
                item = QTreeWidgetItem(self.list, [title, keys])
                item.setData(0, Qt.ItemDataRole.UserRole, action)
        self._select(0)

    def _select(self, place: int) -> None:
        item = self.list.topLevelItem(place)
        if item is not None:
            self.list.setCurrentItem(item)

    def _run(self) -> None:
        item = self.list.currentItem()
        self.close()
        if item is not None:
            item.data(0, Qt.ItemDataRole.UserRole).trigger()
