"""Cards about a pair of systems, as the kinds of measures describe them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from ftcompare.app.measures.confidence import CorrectBy, StudyCalibration
from ftcompare.app.measures.kind import ListedPrompts, PairCard
from ftcompare.app.results.presentation.blocks import Explanation, Paragraph, Picture, Table, merged
from ftcompare.ui.figures.cards import Explain, TitledCard
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.figures.grid import fit_height, show_values
from ftcompare.ui.figures.section_cards import block_widget, explanations_in
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.theme.theme import L, M, S, Theme
from ftcompare.ui.widgets.button_groups import Segments
from ftcompare.ui.widgets.controls import label
from ftcompare.ui.widgets.layouts import STRETCH, discard, filled, in_column, in_row
from ftcompare.ui.widgets.table import DataTable

ROWS_SHOWN = 12
"""A longer table scrolls."""


class PromptList(DataTable):
    """As high as its rows, up to `ROWS_SHOWN`; the keys of rows are prompt ids.

    Signals:
        asked: the `PromptId` of the answers to show.
    """

    asked = Signal(object)

    def __init__(self, theme: Theme, name: str, searched: str) -> None:
        super().__init__(theme, name, (), "Filter prompts", searched)
        self.view.clicked.connect(self._clicked)
        self.opened.connect(self.asked)
        theme.changed.connect(self.fit)

    def fit(self) -> None:
        """Adapt the height to the rows; call it after the rows change."""
        fit_height(self, ROWS_SHOWN)

    def _clicked(self, index: QModelIndex) -> None:
        """A plain click opens; one with Ctrl or Shift chooses rows to copy."""
        if QGuiApplication.keyboardModifiers() == Qt.KeyboardModifier.NoModifier:
            self.asked.emit(self.model.shown[index.row()].key)


CATEGORY_COLUMN, CATEGORY_TITLE = 1, "Category"


class PairCards(QWidget):
    """The cards of one kind of measures.

    Args:
        control: a row shown below the first text of the first card, such as a choice.

    Signals:
        asked: the `PromptId` of the answers to show.
    """

    asked = Signal(object)

    def __init__(self, context: PageContext, explain: Explain, control: QWidget | None = None) -> None:
        super().__init__()
        self._context, self._explain, self._control = context, explain, control
        self._shown: tuple[PairCard, ...] = ()
        self._last = 0
        self.cards: list[QWidget] = []
        self.lists: list[PromptList] = []
        self._column = in_column(gap=L, of=self)

    def show_cards(self, cards: Iterable[PairCard]) -> None:
        """Show these cards; where they are shown already nothing changes."""
        shown = tuple(cards)
        self.setVisible(bool(shown))
        if shown == self._shown:
            return
        self._shown = shown
        focused = self._focused_control()
        if self._control is not None:
            self._control.setParent(None)  # it outlives the card that it is in
        discard(self._column)
        self.lists, self._last = [], 0
        self.cards = [self._card(card, first=not place) for place, card in enumerate(shown)]
        for card in self.cards:
            self._column.addWidget(card)
            card.show()  # Qt would show it only when the window is next at rest
        if focused is not None:
            focused.setFocus()

    def _focused_control(self) -> QWidget | None:
        focused = QApplication.focusWidget()
        inside = self._control is not None and focused is not None and self._control.isAncestorOf(focused)
        return focused if inside else None

    def search(self) -> None:
        listed = next((one for one in self.lists if one.isVisible()), None)
        if listed is not None:
            listed.search()

    def focus_list(self) -> None:
        if self.lists:
            self.lists[min(self._last, len(self.lists) - 1)].view.setFocus()

    def _card(self, card: PairCard, *, first: bool) -> QWidget:
        for part in card.parts:
            if isinstance(part, Picture):
                return self._chart(card.title, part)
        parts = [self._part(card.title, part) for part in card.parts]
        if first and self._control is not None:
            parts.insert(1, self._control)
        titled = TitledCard(card.title, self._explain)
        titled.set_content(filled(in_column(*parts, gap=M)))
        titled.set_explanations(_explanations(card))
        return titled

    def _part(self, title: str, part: str | Paragraph | Table | ListedPrompts | Picture) -> QWidget:
        if isinstance(part, ListedPrompts):
            return self._list(part)
        if isinstance(part, str):
            return label(part, wrap=True)
        return block_widget(part, title) or label("")

    def _list(self, part: ListedPrompts) -> PromptList:
        listed, place = PromptList(self._context.theme, part.named, part.searched), len(self.lists)
        show_values(listed, part.table)
        titles = [column.title for column in part.table.columns]
        if CATEGORY_TITLE in titles:
            values = (row.values[titles.index(CATEGORY_TITLE)] for row in part.table.rows)
            listed.view.setColumnHidden(CATEGORY_COLUMN, not any(values))
        if not part.table.rows:
            listed.hide()
        listed.fit()
        listed.asked.connect(lambda prompt: self._open(place, prompt))
        self.lists.append(listed)
        return listed

    def _open(self, place: int, prompt: object) -> None:
        self._last = place
        self.asked.emit(prompt)

    def _chart(self, title: str, picture: Picture) -> FigureCard:
        card = FigureCard(self._context.theme, self._context.bar, title, title.lower(), explain=self._explain)
        card.show_picture(picture)
        card.body.addWidget(label(picture.caption, "small", wrap=True))
        card.body.setSpacing(S)
        return card


def _explanations(card: PairCard) -> tuple[Explanation, ...]:
    if card.explained is not None:
        return card.explained
    found: list[Explanation] = []
    for part in card.parts:
        if isinstance(part, ListedPrompts):
            found += [part.table.explanation] if part.table.explanation and part.table.rows else []
        elif isinstance(part, Table):
            found += explanations_in(part)
    return merged((("", how) for how in found), several=False)


CORRECT_WORDS = {
    CorrectBy.HOLDS: "Contains a reference",
    CorrectBy.EQUALS: "Equals a reference",
    CorrectBy.CHECKS: "Passes its checks",
}


class CorrectnessRule(QWidget):
    """Choose which answers count as correct.

    Signals:
        chosen: the `CorrectBy` rule.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._by = Segments({by.value: words for by, words in CORRECT_WORDS.items()}, "correct_by")
        self._by.choose(CorrectBy.HOLDS.value)
        in_row(label("Counted as correct if it", "muted"), self._by, STRETCH, gap=M, of=self)
        self._by.picked.connect(lambda: self.chosen.emit(CorrectBy(str(self._by.chosen))))

    def show_for(self, calibration: StudyCalibration) -> None:
        self.setVisible(bool(calibration.scored and (calibration.references or calibration.checked)))
