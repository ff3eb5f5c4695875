"""Glossary terms over the study: how much each system uses which."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QTextDocument
from PySide6.QtWidgets import QGridLayout, QStackedWidget, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ftcompare.core.study import TermStatus
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.text.mark_styles import status_document
from ftcompare.ui.text.short_names import short_name
from ftcompare.ui.theme.theme import L, M, S, Theme
from ftcompare.ui.widgets.controls import (
    Card,
    EmptyState,
    QuietButton,
    SectionLabel,
    label,
    named,
    set_tab_order,
)
from ftcompare.ui.widgets.layouts import Slot, filled, in_column, put
from ftcompare.ui.widgets.named_choice import named_choice
from ftcompare.ui.widgets.scroll_column import ScrollPanel
from ftcompare.ui.widgets.table import Cell, DataColumn, DataTable, Row
from ftcompare.ui.widgets.wheel_guard import choice_box

if TYPE_CHECKING:
    from ftcompare.app.review.study_terms import TermTable
    from ftcompare.terms.usage import Adherence, TermUsage

Index: TypeAlias = "QModelIndex | QPersistentModelIndex"
STATUS_COLUMN = 1
NAME_LENGTH = 16
NAME_WIDTH = 160
TABLE_HEIGHT = 240
"""Pixels, before zoom, that the table keeps: its field, its titles and some rows."""

CELL_INDENT = 11
"""Where the text of a cell begins, in pixels."""

HOW = (
    "Adherence = preferred / (preferred + deprecated + superseded) uses, computed for each concept that the"
    " answers mention, then averaged over the concepts. Words are matched whole, inflected forms too. Terms"
    " that no answer uses are not listed."
)


class StudyTerms(QWidget):
    """Totals for each system, and the table of terms below.

    Signals:
        uses_wanted: the uses of a term (`GlossaryTerm`) are to be listed.
    """

    uses_wanted = Signal(object)

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._stack = QStackedWidget()
        self._note = label("", "muted", wrap=True)
        self._totals = Card()
        self._totals_grid = Slot()
        self.table = DataTable(
            context.theme, "Terms", (), "Filter terms", "Words of the term, concept or note"
        )
        self.statuses = choice_box()
        self._how = label(HOW, "small", wrap=True)
        self._arrange()
        self.statuses.currentIndexChanged.connect(self._filter)

    def show_table(self, table: TermTable) -> None:
        """Show what is found now."""
        self._stack.setCurrentIndex(0 if not table.glossary else 2 if table.rows else 1)
        self._note.setText(table.withheld.explained if table.withheld else "")
        self._note.setVisible(table.withheld is not None)
        self._show_totals(table)
        self.table.set_columns(self._columns(table))
        self.table.view.setItemDelegateForColumn(STATUS_COLUMN, self._delegate)
        self.table.set_rows([_row(row, table) for row in table.rows])
        self._filter()

    def search(self) -> None:
        """Put the cursor into the filter field."""
        self.table.search()

    # --- contents --------------------------------------------------------------------------------

    def _columns(self, table: TermTable) -> list[DataColumn]:
        columns = [DataColumn("Term", stretch=1), DataColumn("Status")]
        columns.append(DataColumn("Concept", stretch=1))
        for system in table.systems:
            name = short_name(system, NAME_LENGTH)
            uses = f"How often the answers of {name} use the term."
            prompts = f"Prompts, of {table.prompts}, that {name} answered with the term."
            columns.append(DataColumn(f"{name}\nuses", numeric=True, tip=uses))
            columns.append(DataColumn(f"{name}\nprompts", numeric=True, tip=prompts))
        if _two(table):
            columns += self._difference_columns(table.systems)
        return columns

    def _difference_columns(self, systems: tuple[str, ...]) -> list[DataColumn]:
        first, second = (short_name(system, NAME_LENGTH) for system in systems)
        ratio = (
            f"How many times more prompts {second} answers with the term than {first}, as a power of two: "
            "1 is twice as many, −1 half as many. Half a prompt is added to both. Whether it is more than "
            "chance, q says."
        )
        q = (
            "McNemar's exact test on the prompts that only one of the two answers with the term, after "
            "Benjamini and Hochberg over the table. Of the terms below .05, about 5% are expected to be "
            "false finds."
        )
        decision = f"Whether {second} answers more or fewer prompts with the term: told where q is below .05."
        return [
            DataColumn("Log ratio", numeric=True, words=lambda v: _decimals(v, 2), tip=ratio),
            DataColumn("q", numeric=True, words=_q_words, tip=q),
            DataColumn("Difference", tip=decision),
        ]

    def _show_totals(self, table: TermTable) -> None:
        grid_widget = QWidget()
        grid = QGridLayout(grid_widget)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(L)
        grid.setVerticalSpacing(S)
        titles = [*TermStatus, "adherence"]
        for place, title in enumerate(titles):
            grid.addWidget(label(title, "small"), 0, place + 1, _RIGHT)
        for line, system in enumerate(table.systems, start=1):
            grid.addWidget(label(short_name(system, 40)), line, 0)
            for place, text in enumerate(_adherence_cells(table.adherence[system])):
                cell = label(text, "strong" if place == len(TermStatus) else "")
                cell.setAccessibleName(f"{system}, {titles[place]}: {text}")
                grid.addWidget(cell, line, place + 1, _RIGHT)
        grid.setColumnMinimumWidth(0, NAME_WIDTH)
        grid.setColumnStretch(grid.columnCount(), 1)
        self._totals_grid.set_content(grid_widget)

    def _filter(self) -> None:
        wanted = self.statuses.currentData()
        self.table.model.set_accepts(lambda row: not wanted or row.cells[STATUS_COLUMN] == wanted)

    # --- laying out ------------------------------------------------------------------------------

    def _arrange(self) -> None:
        self._delegate = StatusDelegate(self._context.theme, self)
        self._totals.body.setSpacing(S)
        put(self._totals.body, SectionLabel("Uses of glossary terms"), self._totals_grid)
        by_status = named_choice("Status", self.statuses, "term_status")
        self.statuses.addItem("All statuses", "")
        for status in TermStatus:
            self.statuses.addItem(status.value, status.value)
        copy = QuietButton("Copy table", icon="copy")
        copy.clicked.connect(self._copy)
        self.open_uses = named(QuietButton("List its uses", icon="search"), "list_uses")
        self.open_uses.setToolTip("Every use of the term in hand, with the words around it (Enter)")
        self.open_uses.setEnabled(False)
        self.open_uses.clicked.connect(self._open_in_hand)
        self.table.opened.connect(self.uses_wanted)
        self.table.current_changed.connect(lambda term: self.open_uses.setEnabled(term is not None))
        self.table.head.insertWidget(0, by_status)
        put(self.table.head, self.open_uses, copy)
        full = filled(in_column(self._note, self._totals, (self.table, 1), self._how, gap=M))
        full.setProperty("role", "plain")
        scrolled = ScrollPanel()  # a low window or large type leaves too little room for all of it
        scrolled.setAccessibleName("Terms over the study")
        scrolled.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        scrolled.setWidget(full)
        unused = "None of the answers written so far holds a term of this study's glossary."
        no_use = EmptyState("No term of the glossary is used", unused)
        for state in (self._no_glossary(), no_use, scrolled):
            self._stack.addWidget(state)
        self._keep_rows_in_sight()
        self._context.theme.changed.connect(self._keep_rows_in_sight)
        in_column(self._stack, of=self)
        set_tab_order(self.statuses, self.table.field, self.open_uses, copy, self.table.view)

    def _open_in_hand(self) -> None:
        place = self.table.view.currentIndex().row()
        if place >= 0:
            self.uses_wanted.emit(self.table.model.shown[place].key)

    def _keep_rows_in_sight(self) -> None:
        self.table.setMinimumHeight(self._context.theme.px(TABLE_HEIGHT))

    def _copy(self) -> None:
        self.table.copy()
        self._context.bar.show_good("Copied as tab-separated text")

    def _no_glossary(self) -> EmptyState:
        empty = EmptyState(
            "No glossary yet",
            "With a glossary you will see which terms each system uses, and whether they are the preferred "
            "ones. A file with the columns term, status and concept is enough.",
            "Add a glossary in Setup",
            lambda: self._context.trigger("page.setup"),
        )
        empty.button.setObjectName("add_glossary")
        return empty


class StatusDelegate(QStyledItemDelegate):
    """Draws a status underlined in the way in which its terms are marked in a text."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """The cell's ground, then the word."""
        super().paint(painter, option, index)
        document = self._document(index)
        box = option.rect
        painter.save()
        painter.translate(box.left() + CELL_INDENT, box.top() + (box.height() - document.size().height()) / 2)
        document.drawContents(painter)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Room for the word."""
        width = round(self._document(index).idealWidth()) + 3 * S
        return super().sizeHint(option, index).expandedTo(QSize(width, 0))

    def _document(self, index: Index) -> QTextDocument:
        return status_document(self._theme, TermStatus(index.data(Qt.ItemDataRole.UserRole)))

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """The style draws the ground only."""
        super().initStyleOption(option, index)
        option.text = ""


def _two(table: TermTable) -> bool:
    """Whether differences have a place: of three systems or more they would be a page of columns."""
    return len(table.systems) == 2 and bool(table.differences)


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def _decimals(cell: Cell, places: int) -> str:
    if not isinstance(cell, (int, float)):
        return "–"
    text = f"{cell:.{places}f}"
    return text.replace("-", "−") if float(text) else text.lstrip("-")


def _q_words(cell: Cell) -> str:
    return "< 0.001" if isinstance(cell, float) and cell < 0.001 else _decimals(cell, 3)


def _adherence_cells(found: Adherence) -> tuple[str, ...]:
    counts = (found.preferred, found.admitted, found.deprecated, found.superseded)
    return (*(f"{count:,}" for count in counts), "–" if found.share is None else f"{found.share:.0%}")


def _row(usage: TermUsage, table: TermTable) -> Row:
    cells: list[Cell] = [usage.term.term, usage.term.status.value, usage.term.concept or None]
    for system in table.systems:
        cells += [usage.counts.get(system, 0), usage.prompts.get(system, 0)]
    if _two(table):
        found = table.differences.get((usage.term, table.systems[1]))
        cells += [found.log_ratio, found.q, found.told] if found else [None] * 3
    return Row(usage.term, tuple(cells), one_line(usage.term.note, 400), usage.term.note)
