"""Words and phrases over the study: which of two systems uses which on more prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from ftcompare.app.review.term_lists import OF_WORDS, TermList, list_title
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.candidate_term import CandidateTerm
from ftcompare.ui.pages.review.term_table import (
    count_cell,
    count_columns,
    difference_columns,
    difference_row,
    keep_rows_in_sight,
    scrolled_table,
    uses_button,
    win_rate_cell,
    win_rate_column,
)
from ftcompare.ui.theme.theme import M
from ftcompare.ui.widgets.controls import EmptyState, label, named, set_tab_order
from ftcompare.ui.widgets.layouts import filled, in_column, put
from ftcompare.ui.widgets.named_choice import fill_choice, named_choice
from ftcompare.ui.widgets.table import Cell, DataColumn, DataTable, Row
from ftcompare.ui.widgets.wheel_guard import choice_box

if TYPE_CHECKING:
    from ftcompare.app.review.distinctive_words import WordDifference, WordTable

NOTHING, LIST = range(2)
TOO_FEW = "No word is used by only one of the two systems on six prompts or more: of fewer nothing is told."


class DistinctiveWords(QWidget):
    """The number of words that differ, and the table of them.

    Signals:
        uses_wanted: the uses of a word or phrase (`Phrase`) are to be listed.
    """

    uses_wanted = Signal(object)

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._found: WordTable | None = None
        self.told = named(label("", wrap=True), "words_told")
        self.table = DataTable(context.theme, "Words and phrases", (), "Filter words", "Words of the phrase")
        self.lists = choice_box()
        self.candidate = CandidateTerm(context, self, self._words_in_hand, "add_candidate_word")
        self._how = label("", "small", wrap=True)
        self._none = EmptyState("No words to compare", "")
        self._stack = QStackedWidget()
        self._arrange()
        self.lists.currentIndexChanged.connect(self._filter)

    def show_table(self, table: WordTable) -> None:
        self._found = table
        self._stack.setCurrentIndex(LIST if table.rows else NOTHING)
        if not table.rows:
            self._none.set_words("No words to compare", _why_none(table))
            return
        self._say(table)
        titles = [
            (f"{list_title(which, tuned=table.tuned)} ({_count(table, which):,})", which.value)
            for which in OF_WORDS
        ]
        fill_choice(self.lists, titles, self.lists.currentData())
        self.table.set_columns(_columns(table))
        self.table.set_rows(_rows(table))
        self._filter()

    def search(self) -> None:
        self.table.search()

    def _words_in_hand(self) -> str:
        row = self.table.view.currentIndex().row()
        return str(self.table.model.shown[row].cells[0]) if row >= 0 else ""

    def _say(self, table: WordTable) -> None:
        from ftcompare.app.results.presentation.distinctive_words import found_words
        from ftcompare.app.results.presentation.term_cells import PROGRAMS, TESTED

        self.told.setText(found_words(table))
        left_out = table.tested - len(table.rows)
        listed = f"The {len(table.rows):,} with the least p are listed." if left_out else ""
        self._how.setText(" ".join(filter(None, (TESTED, listed, PROGRAMS if table.automatic else ""))))

    def _filter(self) -> None:
        if self._found is not None and self._found.rows:
            listed = {row.phrase for row in self._found.listed(TermList(self.lists.currentData()))}
            self.table.model.set_accepts(lambda row: row.key in listed)

    def _arrange(self) -> None:
        by_list = named_choice("List", self.lists, "word_list")
        copy = self.table.copy_button("Copy table", "words_copy", self._context.bar.show_good)
        self.open_uses = uses_button(self.table, "list_word_uses", "Every use of the words in hand")
        self.table.opened.connect(self.uses_wanted)
        self.table.head.insertWidget(0, by_list)
        put(self.table.head, self.open_uses, self.candidate.button, copy)
        full = filled(in_column(self.told, (self.table, 1), self._how, gap=M))
        for state in (self._none, scrolled_table(full, "Words and phrases over the study")):
            self._stack.addWidget(state)
        keep_rows_in_sight(self.table, self._context.theme)
        in_column(self._stack, of=self)
        acts = (self.open_uses, self.candidate.button, copy)
        set_tab_order(self.lists, self.table.field, *acts, self.table.view)


def _count(table: WordTable, which: TermList) -> int:
    return {TermList.LEARNT: table.learnt, TermList.LOST: table.lost}.get(which, table.tested)


def _why_none(table: WordTable) -> str:
    if table.withheld is not None:
        return table.withheld.explained
    if not table.second:
        return "Words are held against each other of two systems: here one at most has written answers."
    return TOO_FEW


def _columns(table: WordTable) -> list[DataColumn]:
    counted = count_columns((table.first, table.second), "word or phrase", table.prompts)
    judged = [win_rate_column()] if _judged(table) else []
    status = DataColumn("Glossary", tip="The status of the term of the glossary that is spelled so.")
    differences = difference_columns(table.first, table.second)
    glossary = [status] if _any_term(table) else []
    return [DataColumn("Word or phrase", stretch=1), *counted, *differences, *judged, *glossary]


def _judged(table: WordTable) -> bool:
    return table.overall is not None and table.overall.judgments > 0


def _any_term(table: WordTable) -> bool:
    return any(row.term is not None for row in table.rows)


def _rows(table: WordTable) -> list[Row]:
    judged, glossary = _judged(table), _any_term(table)
    return [_row(row, judged=judged, glossary=glossary) for row in table.rows]


def _row(row: WordDifference, *, judged: bool, glossary: bool) -> Row:
    counts = map(count_cell, row.uses, row.in_prompts)
    cells: list[Cell] = [row.phrase.text, *counts, *difference_row(row)]
    if judged:
        cells.append(win_rate_cell(row.preference))
    if glossary:
        cells.append(row.term.status.value if row.term else None)
    return Row(row.phrase, tuple(cells))
