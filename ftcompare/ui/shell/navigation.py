"""The row of a study's pages below the menu bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from ftcompare.ui.theme.theme import XL, XXL, L
from ftcompare.ui.widgets.controls import ElidedLabel, with_background
from ftcompare.ui.widgets.flow_layout import FlowLayout
from ftcompare.ui.widgets.layouts import in_row
from ftcompare.ui.widgets.tab_button import TabButton


class NavRow(QWidget):
    """The study's title on the right and its pages on the left.

    Signals:
        chosen: id of a page.
    """

    chosen = Signal(str)

    def __init__(self, pages: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        with_background(self, "navrow")
        self.setObjectName("nav")
        pages_flow = FlowLayout(XL - 4)  # It wraps into a second line if the font is large.
        self._buttons: Mapping[str, QPushButton] = {page: self._made(page, title) for page, title in pages}
        for button in self._buttons.values():
            pages_flow.addWidget(button)
        self._title = ElidedLabel("muted")
        self._title.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        in_row(pages_flow, L, (self._title, 1), gap=0, margins=(XXL, 0, XXL, 0), of=self)

    def set_title(self, title: str) -> None:
        self._title.setText(title)

    def set_current(self, page: str) -> None:
        for name, button in self._buttons.items():
            button.setChecked(name == page)

    def focus(self, page: str) -> bool:
        """Focus a page's button; returns False if the row has none for it."""
        button = self._buttons.get(page)
        if button is None or not self.isVisibleTo(self.window()):
            return False
        button.setFocus()
        return True

    def _made(self, page: str, title: str) -> QPushButton:
        button = TabButton(title, f"nav:{page}")
        button.clicked.connect(lambda: self.chosen.emit(page))
        return button
