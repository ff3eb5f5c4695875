"""Cards whose content is replaced as a whole: any widget, or a group of figures."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from ftcompare.app.results.presentation.blocks import Explanation, Figures
from ftcompare.app.results.presentation.explanations import explanations_of
from ftcompare.ui.figures.explanation import Explain, how_button
from ftcompare.ui.figures.rows import Pick, figure_rows
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import SectionLabel, label
from ftcompare.ui.widgets.focus_group import GroupCard
from ftcompare.ui.widgets.layouts import Slot, in_row


class SnugLabel(QLabel):
    """Secondary text that wraps and is no wider than its words, so that a link can follow it."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", "muted")
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def set_text(self, text: str) -> None:
        self.setText(text)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        self.setMaximumWidth(self.fontMetrics().horizontalAdvance(self.text()) + 2)


class TitledCard(GroupCard):
    """A card with a replaceable content, whose title has a button that explains its figures.

    Args:
        explain: called with the explanations that were set, when the button is pressed.
    """

    def __init__(self, title: str, explain: Explain | None = None) -> None:
        super().__init__()
        self._explain = explain
        self._explanations: tuple[Explanation, ...] = ()
        self._how = how_button(title, self._ask_how)
        self.head = in_row(SectionLabel(title), None, self._how)
        self._how.hide()
        self.body.setSpacing(S)
        self.body.addLayout(self.head)
        self._content = Slot()
        self.body.addWidget(self._content)

    def set_content(self, content: QWidget) -> None:
        self._content.set_content(content)

    def set_explanations(self, explanations: Iterable[Explanation]) -> None:
        """Replace the explanations; without any, the button is hidden."""
        self._explanations = tuple(explanations)
        self._how.setVisible(bool(self._explanations))

    def _ask_how(self) -> None:
        if self._explain is not None:
            self._explain(self._explanations)


class FiguresCard(TitledCard):
    """A card with a group of figures; hidden if there are none.

    Args:
        pick: called with the judged comparisons behind a figure.
        below: whether every detail is placed below its value, not only a long one.
    """

    def __init__(self, title: str, explain: Explain, pick: Pick, *, below: bool = False) -> None:
        super().__init__(title, explain)
        self._pick, self._below = pick, below
        self._shown: Figures | None = None
        self._of = label("", "small", wrap=True)
        self.body.insertWidget(1, self._of)

    def show_figures(self, group: Figures) -> None:
        """Show a group; nothing is done for the same group, because creating rows takes time."""
        if group == self._shown:
            return
        self._shown = group
        self._of.setText(group.title)
        self._of.setVisible(bool(group.title))
        self.set_content(figure_rows(group.shown, self._pick, below=self._below))
        self.set_explanations(explanations_of(group))
        self.setVisible(bool(group.shown))
