"""A section of results as cards, made of generic blocks, so that a new measure needs no widget of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from ftcompare.app.results.presentation import blocks
from ftcompare.app.results.presentation.blocks import explanations_of, merged
from ftcompare.app.results.presentation.value_table import ListedPrompts
from ftcompare.core.language import tr
from ftcompare.ui.figures.cards import Explain, ParagraphLine, Pick, TitledCard, figure_rows
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.figures.grid import FigureGrid, FittedTable
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.theme.theme import L, M, S
from ftcompare.ui.widgets.controls import Heading, label, named
from ftcompare.ui.widgets.layouts import discard, filled, in_column

ROLES = {
    blocks.Tone.PLAIN: "",
    blocks.Tone.LEAD: "h2",
    blocks.Tone.NOTE: "small",
    blocks.Tone.WARNING: "strong",
}


class SectionCards(QWidget):
    """A card for each section, and below it one for each of its charts; ``pick`` as for `figure_rows`.

    Signals:
        asked: the key of a row of one of the `lists`, such as the `PromptId` of the answers to show.
    """

    asked = Signal(object)

    def __init__(self, context: PageContext, explain: Explain, pick: Pick | None = None) -> None:
        super().__init__()
        self._context, self._explain, self._pick = context, explain, pick
        self._shown: tuple[blocks.Section, ...] = ()
        self._last = 0
        self.lists: list[FittedTable] = []
        self._column = in_column(gap=L, of=self)

    def show_sections(self, sections: Iterable[blocks.Section]) -> None:
        shown = tuple(sections)
        if shown == self._shown:
            return
        self._shown = shown
        discard(self._column)
        self.lists, self._last = [], 0
        for card in (card for section in shown for card in self._cards(section)):
            self._column.addWidget(card)
            card.show()  # Qt would show it only when the window is next at rest

    def search(self) -> None:
        listed = next((one for one in self.lists if one.isVisible()), None)
        if listed is not None:
            listed.search()

    def focus_list(self) -> None:
        """Go on in the list from which answers were asked for last."""
        if self.lists:
            self.lists[min(self._last, len(self.lists) - 1)].view.setFocus()

    def _list(self, part: ListedPrompts) -> FittedTable:
        theme, place = self._context.theme, len(self.lists)
        words = part.filter_words or tr("Filter prompts")
        listed = FittedTable(theme, part.named, words, part.searched)
        listed.show_values(part.table.without_empty_columns())
        if not part.table.rows:
            listed.hide()
        listed.opened.connect(lambda prompt: self._open(place, prompt))
        self.lists.append(listed)
        return listed

    def _open(self, place: int, prompt: object) -> None:
        self._last = place
        self.asked.emit(prompt)

    def _cards(self, section: blocks.Section) -> Iterator[QWidget]:
        if any(not isinstance(block, blocks.Picture) for block in section.blocks):
            yield self._card(section)
        yield from (self._chart(block) for block in section.blocks if isinstance(block, blocks.Picture))

    def _card(self, section: blocks.Section) -> TitledCard:
        card = named(TitledCard(section.title, self._explain), section.key)
        parts = (
            self._list(block)
            if isinstance(block, ListedPrompts)
            else self._linked(block, section) or block_widget(block, section.title, self._pick)
            for block in section.blocks
        )
        card.set_content(filled(in_column(*(part for part in parts if part is not None), gap=M)))
        found = (("", how) for block in section.blocks for how in explanations_in(block))
        card.set_explanations(merged(found, several=False))
        return card

    def _linked(self, block: blocks.Block, section: blocks.Section) -> ParagraphLine | None:
        if not isinstance(block, blocks.Paragraph) or block.judged is None or self._pick is None:
            return None
        line = ParagraphLine(section.title, self._explain, self._pick)
        line.show_paragraph(block)
        return line

    def _chart(self, picture: blocks.Picture) -> FigureCard:
        card = FigureCard(self._context, picture.title, "measure", explain=self._explain)
        card.show_picture(picture)
        return card


def block_widget(block: blocks.Block, title: str, pick: Pick | None = None) -> QWidget | None:
    """Return a block as a widget for the card ``title``; None for a chart, which has its own card.

    ``pick`` as for `figure_rows`.
    """
    match block:
        case blocks.Paragraph():
            return label(block.text, ROLES[block.tone], wrap=True)
        case blocks.Subheading():
            return Heading(block.text, level=3)
        case blocks.Figures():
            rows = figure_rows(block.shown, pick)
            return (
                filled(in_column(label(block.title, "small", wrap=True), rows, gap=S))
                if block.title
                else rows
            )
        case blocks.Facts():
            return _facts(block)
        case blocks.Table():
            return _table(block, title)
        case _:
            return None


def _table(table: blocks.Table, title: str) -> QWidget:
    grid = FigureGrid(table.caption or title)
    grid.set_table(table)
    return filled(in_column(label(table.caption, "muted", wrap=True), grid, gap=S)) if table.caption else grid


def _facts(facts: blocks.Facts) -> QWidget:
    holder = QWidget()
    grid = QGridLayout(holder)
    grid.setContentsMargins(0, 0, 0, 0)
    for place, (name, told) in enumerate(facts.rows):
        for column, text in enumerate((label(name, "muted", wrap=True), label(told, wrap=True))):
            grid.addWidget(text, place, column, Qt.AlignmentFlag.AlignTop)
            grid.setColumnStretch(column, 1 + column)
    return holder


def explanations_in(block: blocks.Block) -> tuple[blocks.Explanation, ...]:
    if isinstance(block, blocks.Explanation):
        return (block,)
    if isinstance(block, blocks.Figures):
        return explanations_of(block)
    if isinstance(block, ListedPrompts):
        return (block.table.explanation,) if block.table.explanation and block.table.rows else ()
    if isinstance(block, blocks.Table):
        found = (block.explanation, *(column.explanation for column in block.columns))
        return tuple(how for how in found if how is not None)
    how = block.explanation if isinstance(block, blocks.Paragraph) else None
    return () if how is None else (how,)
