"""Cards whose contents are replaced as a whole: of any widget, or of a group of figures."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ftcompare.app.results.presentation.blocks import Figures
from ftcompare.ui.figures.explanation import Explain, how_button
from ftcompare.ui.figures.rows import Pick, figure_rows
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import Card, SectionLabel


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


class FiguresCard(TitledCard):
    """A card with a group of figures; hidden while there are none.

    Args:
        explain: called with an explanation that was asked for.
        pick: called with the judged comparisons that were asked for.
        below: every detail goes below its value, not only a long one.
        explained: whether its title has a button for the explanation of the group.
    """

    def __init__(
        self, title: str, explain: Explain, pick: Pick, *, below: bool = False, explained: bool = False
    ) -> None:
        super().__init__(title, self._explain_group if explained else None)
        self._explain, self._pick, self._below = explain, pick, below
        self._shown: Figures | None = None

    def show_figures(self, group: Figures) -> None:
        """Show a group; the same one again stays as it is, for making rows takes time."""
        if group == self._shown:
            return
        self._shown = group
        self.set_content(figure_rows(group.shown, self._explain, self._pick, below=self._below))
        self.setVisible(bool(group.shown))

    def _explain_group(self) -> None:
        if self._shown is not None and self._shown.explanation is not None:
            self._explain(self._shown.explanation)
