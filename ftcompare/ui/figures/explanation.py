"""“How is this computed?”: the button beside a figure, and the panel that answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ftcompare.app.results.presentation.blocks import Explanation
from ftcompare.ui.safe_text import tip
from ftcompare.ui.theme.theme import XS, M
from ftcompare.ui.widgets.controls import Card, QuietButton, SectionLabel, label, set_role

HOW_WIDTH = 30
"""Its icon, padding and border, in pixels."""

Explain: TypeAlias = "Callable[[Explanation], None]"


def how_button(about: str, explain: Callable[[], None]) -> QuietButton:
    """A small button that opens the explanation of what ``about`` names."""
    button = QuietButton("", icon="info")
    set_role(button, role="tool")
    words = f"How is this computed? ({about})"
    button.setFixedWidth(HOW_WIDTH)
    button.setAccessibleName(words)
    button.setToolTip(tip(words))
    button.clicked.connect(lambda: explain())
    return button


class ExplanationPanel(Card):
    """How one figure is computed. Esc or its button closes it: `closed`."""

    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("explanation")
        head = QHBoxLayout()
        head.addWidget(SectionLabel("How is this computed?"))
        head.addStretch()
        self.close_button = QuietButton("Close", icon="x")
        set_role(self.close_button, role="tool")
        self.close_button.clicked.connect(self.closed)
        head.addWidget(self.close_button)
        self._words = QVBoxLayout()
        self._words.setSpacing(M)
        self.body.addLayout(head)
        self.body.addLayout(self._words)
        self.body.addStretch()

    def show_explanation(self, explanation: Explanation) -> None:
        """Replace what is said."""
        while (item := self._words.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._words.addWidget(label(explanation.title, "h2", wrap=True))
        for paragraph in explanation.paragraphs:
            self._words.addWidget(_selectable(paragraph))
        for name, text in (("Method", explanation.method), ("Source", explanation.source)):
            if text:
                self._words.addWidget(_named(name, text))
        self.setAccessibleDescription(" ".join(explanation.paragraphs))
        self.close_button.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)


def _selectable(text: str) -> QWidget:
    made = label(text, wrap=True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def _named(name: str, text: str) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(XS)
    column.addWidget(SectionLabel(name))
    column.addWidget(_selectable(text))
    return holder
