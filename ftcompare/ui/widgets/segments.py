"""A row of buttons of which exactly one is chosen."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QWidget

from ftcompare.ui.widgets.controls import EnterButton, set_role
from ftcompare.ui.widgets.layouts import in_row


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
        """Show only these buttons, with rounded ends of the row."""
        offered = [key for key in self.buttons if key in keys]
        for key, button in self.buttons.items():
            button.setVisible(key in keys)
            ends = {offered[0]: "first", offered[-1]: "last"} if len(offered) > 1 else {key: "only"}
            set_role(button, role="segment", end=ends.get(key, ""))
