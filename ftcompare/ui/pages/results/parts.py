"""Parts of the Results page: rows of figures, and the panel that says how one is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ftcompare.ui.pages.results.words import Explanation, Figure
from ftcompare.ui.safe_text import tip
from ftcompare.ui.theme.theme import XS, M, S
from ftcompare.ui.widgets.controls import Card, LinkButton, QuietButton, SectionLabel, label, set_role

if TYPE_CHECKING:
    from ftcompare.app.review.result_slice import Part

HOW_WIDTH = 30
"""Its icon, padding and border, in pixels."""

SHORT_DETAIL = 14
"""A detail of more characters goes below its value."""

Explain: TypeAlias = "Callable[[Explanation], None]"
Pick: TypeAlias = "Callable[[Part], None]"


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


class SnugLabel(QLabel):
    """Secondary text that wraps, and is no wider than its words, so that a link can follow it."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", "muted")
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def set_text(self, text: str) -> None:
        """Say something else."""
        self.setText(text)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Another font takes another width."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        self.setMaximumWidth(self.fontMetrics().horizontalAdvance(self.text()) + 2)


class TitledCard(Card):
    """A card whose title has a button that explains it; its contents can be replaced as a whole.

    Args:
        explain: called with no argument when the button is pressed; None for no button.
    """

    def __init__(self, title: str, explain: Callable[[], None] | None = None) -> None:
        super().__init__()
        self.head = QHBoxLayout()
        self.head.addWidget(SectionLabel(title))
        self.head.addStretch()
        if explain is not None:
            self.head.addWidget(how_button(title, explain))
        self.body.setSpacing(S)
        self.body.addLayout(self.head)
        self._content = Slot()
        self.body.addWidget(self._content)

    def set_content(self, content: QWidget) -> None:
        """Show something else."""
        self._content.set_content(content)


class Slot(QWidget):
    """A place whose contents can be replaced as a whole."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def set_content(self, content: QWidget) -> None:
        """Show something else."""
        while (item := self._column.takeAt(0)) is not None:
            before = item.widget()
            if before is not None:
                before.hide()
                before.deleteLater()
        self._column.addWidget(content)
        content.show()  # Qt would show it only when the window is next at rest


def figure_rows(
    figures: Sequence[Figure], explain: Explain, pick: Pick | None = None, *, below: bool = False
) -> QWidget:
    """Figures with their intervals, each with a button that explains it.

    Args:
        figures: from the top.
        explain: called with the explanation of one.
        pick: called with the part of one that has judgments to list; its name is a link then.
        below: every detail goes below its value, not only a long one.
    """
    grid, holder = _grid()
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    for place, figure in enumerate(figures):
        value, detail = label(figure.value), label(figure.detail, "small")
        value.setAccessibleName(f"{figure.name}: {figure.value} {figure.detail}".strip())
        wide = bool(figure.detail) and (below or len(figure.detail) > SHORT_DETAIL)
        if figure.part is None or pick is None:
            grid.addWidget(label(figure.name, "muted", wrap=True), 2 * place, 0)
        else:  # aligned, for else the column would be as narrow as the link
            grid.addWidget(_link(figure.name, figure.part, pick), 2 * place, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(value, 2 * place, 1, 1, 2 if wide or not figure.detail else 1, right)
        if figure.detail:
            grid.addWidget(detail, 2 * place + wide, 0 if wide else 2, 1, 3 if wide else 1, right)
        grid.addWidget(how_button(figure.name, partial(explain, figure.explanation)), 2 * place, 3)
    grid.setColumnStretch(0, 1)
    return holder


def _link(name: str, part: Part, pick: Pick) -> LinkButton:
    link = LinkButton(name)
    link.setToolTip(tip("Show these comparisons"))
    link.setAccessibleDescription("Show these comparisons")
    link.clicked.connect(lambda: pick(part))
    return link


def _grid() -> tuple[QGridLayout, QWidget]:
    holder = QWidget()
    grid = QGridLayout(holder)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(S)
    grid.setVerticalSpacing(S)
    return grid, holder


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
        for name, text in (
            ("Method", explanation.method),
            ("Source", explanation.source),
        ):
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
