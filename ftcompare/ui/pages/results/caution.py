"""A bar that warns of something the results must not be read without."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from ftcompare.ui.theme.icons import IconLabel
from ftcompare.ui.theme.theme import L, M
from ftcompare.ui.widgets.controls import LinkButton, label


class CautionBar(QFrame):
    """An icon and words, never a colour alone; hidden while there is nothing to warn of.

    Signals:
        asked: its link was followed.
    """

    asked = Signal()

    def __init__(self, link: str = "") -> None:
        super().__init__()
        self.setObjectName("caution_bar")
        self.setProperty("role", "raised")
        self._words = label("", wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(L, M, M, M)
        row.setSpacing(M)
        row.addWidget(IconLabel("triangle-alert", "caution"))
        row.addWidget(self._words, 1)
        if link:
            button = LinkButton(link)
            button.clicked.connect(self.asked)
            row.addWidget(button)
        self.hide()

    def show_text(self, text: str) -> None:
        """Warn of something; of nothing, and it is gone."""
        told = f"Caution: {text}"
        self._words.setText(told)
        self.setAccessibleName(told if text else "")
        self.setVisible(bool(text))
