"""The first row of the window: the menu, the title, the pages of the study, and the actions of a page."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QMenu, QMenuBar, QPushButton, QSizePolicy, QWidget

from ftcompare.core.language import tr
from ftcompare.ui.page_context import Page
from ftcompare.ui.theme.theme import BODY, XL, L, S, Theme, icon
from ftcompare.ui.widgets.button_groups import TabButton
from ftcompare.ui.widgets.controls import ElidedLabel, PageActions, with_background
from ftcompare.ui.widgets.layouts import STRETCH, FlowLayout, filled, in_column, in_row

HEIGHT, LEAST_LEFT = 48, 120  # of the row, and the smallest width of menu and title, in pixels
LEAST_MENU = 88  # width of the menu with the first letters of the title
LEAST_RIGHT = 200  # smallest width of the actions for which the title is shown beside the menu
ACTIONS = 392  # pixels to the right of the pages that are kept free: the width of the widest actions
SYSTEM_MENU_BAR = sys.platform == "darwin"  # the menus are at the top of the screen


class HeaderBar(QWidget):
    """One row; F10 and Alt open its menu. A page's `PageActions` are shown while the page is shown."""

    chosen = Signal(str)  # id of a page

    def __init__(self, pages: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        with_background(self, "navrow")
        self.setObjectName("nav")
        self.setMinimumHeight(HEIGHT)
        self._bar = QMenuBar()
        self._bar.setNativeMenuBar(False)
        self._bar.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self.menu: QMenu = self._bar.addMenu(tr("Menu"))
        # In a bar from right to left, Qt 6.11 replaces a single menu by its arrow for more.
        self._bar.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.menu.setLayoutDirection(QApplication.layoutDirection())
        self._title = ElidedLabel("strong")
        self._notice = ElidedLabel("small")
        for words in (self._title, self._notice):
            words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        flow = FlowLayout(S)  # It wraps into a second line if the font is large.
        self._buttons: Mapping[str, QPushButton] = {page: self._made(page, title) for page, title in pages}
        for button in self._buttons.values():
            flow.addWidget(button)
        self.tabs = filled(flow)
        self._row = in_row(gap=0)
        self._actions: dict[Page, PageActions] = {}
        titles = in_column(STRETCH, self._title, self._notice, STRETCH, gap=0)
        self._left, right = filled(in_row(self._bar, (titles, 1), gap=S)), filled(self._row)
        in_row((self._left, 1), self.tabs, (right, 1), gap=L, margins=(L, 0, XL, 0), of=self)
        self._bar.setHidden(SYSTEM_MENU_BAR)
        QShortcut(QKeySequence("F10"), self).activated.connect(self.open_menu)
        self.menu.aboutToHide.connect(lambda: QTimer.singleShot(0, self, self._leave_menu))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Keep the pages in one place whatever a page's actions are: in the middle if there is room."""
        room = self.width() - 3 * L - XL - self.tabs.sizeHint().width()
        left = min(room // 2, room - round(ACTIONS * max(self.font().pixelSize(), BODY) / BODY))
        smallest = LEAST_LEFT if room >= LEAST_LEFT + LEAST_RIGHT else LEAST_MENU
        least = max(left, smallest) if self.tabs.isVisibleTo(self) else 0
        # Without title and pages, the actions have the whole row, as on Rate.
        whole = self.width() if self._title.text() else self._bar.sizeHint().width()
        self._left.setMinimumWidth(least)
        self._left.setMaximumWidth(least or whole)

    def open_menu(self) -> None:
        self._bar.setActiveAction(self.menu.menuAction())

    def _leave_menu(self) -> None:
        """Return the focus from the row, where Qt moves it when Esc closes the menu."""
        if self._bar.hasFocus():
            none = Qt.KeyboardModifier.NoModifier
            QApplication.sendEvent(self._bar, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Escape, none))

    def set_title(self, title: str, notice: str = "") -> None:
        for part, words in ((self._title, title), (self._notice, notice)):
            part.setText(words)
            part.setVisible(bool(words))
        self._fit()

    def add(self, page: Page) -> None:
        actions = page.findChild(PageActions)
        if isinstance(actions, PageActions):
            for button in actions.findChildren(QPushButton):
                # After a click, the focus stays in the page, where its keys act.
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._actions[page] = actions
            actions.hide()
            self._row.addWidget(actions, 1)

    def remove(self, page: Page) -> None:
        if page in self._actions:
            self._actions.pop(page).deleteLater()

    def actions_of(self, page: Page) -> QWidget | None:
        return self._actions.get(page)

    def set_current(self, name: str, page: Page, *, tabs: bool) -> None:
        self.tabs.setVisible(tabs)
        for button_name, button in self._buttons.items():
            button.setChecked(button_name == name)
        for other, actions in self._actions.items():
            actions.setVisible(other is page)

    def has_tab(self, name: str) -> bool:
        return name in self._buttons

    def focus(self, page: str) -> bool:
        button = self._buttons.get(page)
        if button is None or not button.isVisible():
            return False
        button.setFocus()
        return True

    def restyle(self, theme: Theme) -> None:
        self.menu.setIcon(icon("menu", theme.color("text")))

    def _made(self, page: str, title: str) -> QPushButton:
        button = TabButton(title, f"nav:{page}")
        button.clicked.connect(lambda: self.chosen.emit(page))
        return button
