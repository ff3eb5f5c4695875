"""The bar above figures and rows of a study that was altered behind the product's back."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout

from ftcompare.ui.icons import IconLabel
from ftcompare.ui.safe_text import visible
from ftcompare.ui.theme import L, M
from ftcompare.ui.widgets.basics import label


class AlteredBar(QFrame):
    """A caution that stays as long as it holds; out of sight without one."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("altered_bar")
        self.setProperty("role", "raised")
        row = QHBoxLayout(self)
        row.setContentsMargins(L, M, M, M)
        row.setSpacing(M)
        self.text = label("", wrap=True)
        row.addWidget(IconLabel("circle-x", "bad"))
        row.addWidget(self.text, 1)
        self.hide()

    def set(self, caution: str) -> None:
        """Show a caution; nothing for an empty one."""
        self.text.setText(visible(caution))
        self.setAccessibleName(visible(caution))
        self.setVisible(bool(caution))
