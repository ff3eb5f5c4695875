"""“How is this computed?”: the button of a card, and the panel that explains its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from ftcompare.app.results.presentation.blocks import Explanation
from ftcompare.ui.safe_text import tip
from ftcompare.ui.theme.theme import XS, M
from ftcompare.ui.widgets.controls import Card, QuietButton, SectionLabel, label, set_role
from ftcompare.ui.widgets.layouts import discard, in_column, in_row

HOW_WIDTH = 30  # its icon, padding and border, in pixels

Explain: TypeAlias = "Callable[[tuple[Explanation, ...]], None]"


def how_button(about: str, explain: Callable[[], None]) -> QuietButton:
    """Return a small button that opens the explanation of ``about``."""
    button = QuietButton("", icon="info")
    set_role(button, role="tool")
    words = f"How is this computed? ({about})"
    button.setFixedWidth(HOW_WIDTH)
    button.setAccessibleName(words)
    button.setToolTip(tip(words))
    button.clicked.connect(lambda: explain())
    return button


class ExplanationPanel(Card):
    """Explanations of figures, one below the other. Esc or its button closes it: `closed`."""

    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("explanation")
        self.close_button = QuietButton("Close", icon="x")
        set_role(self.close_button, role="tool")
        self.close_button.clicked.connect(self.closed)
        self._words = in_column(gap=M)
        self.body.addLayout(in_row(SectionLabel("How is this computed?"), None, self.close_button))
        self.body.addLayout(self._words)
        self.body.addStretch()

    def show_explanations(self, explanations: Iterable[Explanation]) -> None:
        shown = tuple(explanations)
        discard(self._words)
        for explanation in shown:
            for part in _parts(explanation):
                self._words.addWidget(part)
        self.setAccessibleDescription(" ".join(text for how in shown for text in how.paragraphs))
        self.close_button.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)


def _parts(explanation: Explanation) -> Iterator[QWidget]:
    yield label(explanation.title, "h2", wrap=True)
    yield from map(_selectable, explanation.paragraphs)
    for name, text in (("Method", explanation.method), ("Source", explanation.source)):
        if text:
            yield _named(name, text)


def _selectable(text: str) -> QWidget:
    made = label(text, wrap=True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def _named(name: str, text: str) -> QWidget:
    holder = QWidget()
    in_column(SectionLabel(name), _selectable(text), gap=XS, of=holder)
    return holder
