"""The tab bar of a page, which screen readers announce as tabs; it is one stop of the Tab key."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QTabBar, QToolButton, QWidget

from ftcompare.ui.widgets.controls import EnterButton, named, set_role
from ftcompare.ui.widgets.layouts import in_row


class _PageTabs(QTabBar):
    """Recomputes its width when shown: Qt 6.11 keeps the width from before a tab was hidden."""

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.updateGeometry()


def page_tabs(titles: Sequence[str], name: str, spoken: str) -> QTabBar:
    bar = named(
        _PageTabs(drawBase=False, expanding=False, elideMode=Qt.TextElideMode.ElideNone), name, spoken
    )
    for title in titles:
        bar.addTab(title)
    for button in bar.findChildren(QToolButton):  # they scroll where there is no room; arrow keys do, too
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return bar


class TabButton(EnterButton):
    """A checkable button that always has room for its label in bold, which it uses while checked."""

    def __init__(self, title: str, name: str) -> None:
        super().__init__(title)
        self.setProperty("role", "nav")
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setAutoDefault(False)

    def sizeHint(self) -> QSize:
        """As wide as with the bold label: Qt measures the label in the weight that it has unchecked."""
        found, bold = super().sizeHint(), QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)  # 600 in the style sheet
        shown = self.text()
        more = QFontMetrics(bold).horizontalAdvance(shown) - self.fontMetrics().horizontalAdvance(shown)
        return found + QSize(max(more, 0), 0)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


class Segments(QWidget):
    """Alternatives side by side; `picked` is emitted when the user chooses another one, not by `choose`."""

    picked = Signal()

    def __init__(self, texts: Mapping[Any, str], name: str) -> None:
        super().__init__()
        self.buttons = {key: EnterButton(text) for key, text in texts.items()}
        group = QButtonGroup(self)
        for key, button in self.buttons.items():
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setObjectName(f"{name}_{key}")
            group.addButton(button)
        in_row(*self.buttons.values(), None, gap=0, of=self)
        self.offer(self.buttons)
        group.buttonClicked.connect(lambda _: self.picked.emit())

    @property
    def chosen(self) -> Hashable:
        return next((key for key, button in self.buttons.items() if button.isChecked()), None)

    def choose(self, key: Hashable) -> None:
        self.buttons[key].setChecked(True)

    def offer(self, keys: Collection[Hashable]) -> None:
        offered = [key for key in self.buttons if key in keys]
        for key, button in self.buttons.items():
            button.setVisible(key in keys)
            ends = {offered[0]: "first", offered[-1]: "last"} if len(offered) > 1 else {key: "only"}
            set_role(button, role="segment", end=ends.get(key, ""))
