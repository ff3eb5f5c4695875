"""Glossary terms over the study: how often each system uses which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QTextDocument
from PySide6.QtWidgets import QGridLayout, QStackedWidget, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ftcompare.app.review.term_lists import TermList, list_title
from ftcompare.core.study import TermStatus
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.text.mark_styles import status_document
from ftcompare.ui.text.short_names import short_name
from ftcompare.ui.theme.theme import L, M, S, Theme
from ftcompare.ui.widgets import controls
from ftcompare.ui.widgets.layouts import Slot, filled, in_column, put
from ftcompare.ui.widgets.named_choice import fill_choice, named_choice
from ftcompare.ui.widgets.scroll_column import ScrollPanel
from ftcompare.ui.widgets.table import Cell, DataColumn, DataTable, OrderedText, Row
from ftcompare.ui.widgets.wheel_guard import choice_box

if TYPE_CHECKING:
    from ftcompare.app.results.presentation.term_cells import TermDifference
    from ftcompare.app.review.study_terms import TermTable
    from ftcompare.app.review.term_preference import TermPreference
    from ftcompare.terms.usage import TermUsage

Index: TypeAlias = "QModelIndex | QPersistentModelIndex"
STATUS_COLUMN = 1
NAME_LENGTH = 16
NAME_WIDTH = 160
TABLE_HEIGHT = 240
"""Smallest height of the table in pixels, before zoom: its filter field, its titles and some rows."""

CELL_INDENT = 11
"""Left inset of a cell's text in pixels."""

UNLISTED = "Terms that no answer uses are not listed."


class StudyTerms(QWidget):
    """Totals for each system, and the table of terms below.

    Signals:
        uses_wanted: the uses of a term (`GlossaryTerm`) are to be listed.
    """

    uses_wanted = Signal(object)

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._found: TermTable | None = None
        self._stack = QStackedWidget()
        self._note = controls.label("", "muted", wrap=True)
        self._totals = controls.Card()
        self._totals_grid = Slot()
        self.table = DataTable(
            context.theme, "Terms", (), "Filter terms", "Words of the term, concept or note"
        )
        self.statuses = choice_box()
        self.lists = choice_box()
        self._how = controls.label("", "small", wrap=True)
        self._arrange()
        self.statuses.currentIndexChanged.connect(self._filter)
        self.lists.currentIndexChanged.connect(self._filter)

    def show_table(self, table: TermTable) -> None:
        from ftcompare.app.results.presentation.term_cells import ADHERENCE, PROGRAMS

        self._found = table
        self._stack.setCurrentIndex(0 if not table.glossary else 2 if table.rows else 1)
        self._note.setText(table.withheld.explained if table.withheld else PROGRAMS)
        self._note.setVisible(table.withheld is not None or table.automatic)
        self._how.setText(f"{ADHERENCE} {UNLISTED}")
        self._show_totals(table)
        fill_choice(self.lists, _lists(table), self.lists.currentData())
        self.table.set_columns(term_columns(table))
        self.table.view.setItemDelegateForColumn(STATUS_COLUMN, self._delegate)
        self.table.set_rows([term_row(row, table) for row in table.rows])
        self._filter()

    def search(self) -> None:
        self.table.search()

    # --- contents --------------------------------------------------------------------------------

    def _show_totals(self, table: TermTable) -> None:
        from ftcompare.app.results.presentation.term_cells import adherence_cells

        grid_widget = QWidget()
        grid = QGridLayout(grid_widget)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(L)
        grid.setVerticalSpacing(S)
        titles = [*TermStatus, "adherence"]
        for place, title in enumerate(titles):
            grid.addWidget(controls.label(title, "small"), 0, place + 1, _RIGHT)
        for line, system in enumerate(table.systems, start=1):
            grid.addWidget(controls.label(short_name(system, 40)), line, 0)
            for place, text in enumerate(adherence_cells(table.adherence[system])):
                cell = controls.label(text, "strong" if place == len(TermStatus) else "")
                cell.setAccessibleName(f"{system}, {titles[place]}: {text}")
                grid.addWidget(cell, line, place + 1, _RIGHT)
        grid.setColumnMinimumWidth(0, NAME_WIDTH)
        grid.setColumnStretch(grid.columnCount(), 1)
        self._totals_grid.set_content(grid_widget)

    def _filter(self) -> None:
        if self._found is None:
            return
        wanted, which = self.statuses.currentData(), TermList(self.lists.currentData())
        listed = {row.term for row in self._found.listed(which)}
        self.table.model.set_accepts(
            lambda row: row.key in listed and (not wanted or row.cells[STATUS_COLUMN] == wanted)
        )
        mixed = len(self.table.model.columns) - 1
        self.table.hide_columns({mixed: which is not TermList.MIXED})

    # --- laying out ------------------------------------------------------------------------------

    def _arrange(self) -> None:
        self._delegate = StatusDelegate(self._context.theme, self)
        self._totals.body.setSpacing(S)
        put(self._totals.body, controls.SectionLabel("Uses of glossary terms"), self._totals_grid)
        by_status = named_choice("Status", self.statuses, "term_status")
        by_list = named_choice("List", self.lists, "term_list")
        self.statuses.addItem("All statuses", "")
        for status in TermStatus:
            self.statuses.addItem(status.value, status.value)
        copy = self.table.copy_button("Copy table", "terms_copy", self._context.bar.show_good)
        self.open_uses = uses_button(self.table, "list_uses", "Every use of the term in hand")
        self.table.opened.connect(self.uses_wanted)
        for choice in (by_status, by_list):
            self.table.head.insertWidget(0, choice)
        put(self.table.head, self.open_uses, copy)
        full = filled(in_column(self._note, self._totals, (self.table, 1), self._how, gap=M))
        scrolled = scrolled_table(full, "Terms over the study")
        unused = "None of the answers written so far holds a term of this study's glossary."
        no_use = controls.EmptyState("No term of the glossary is used", unused)
        for state in (self._no_glossary(), no_use, scrolled):
            self._stack.addWidget(state)
        keep_rows_in_sight(self.table, self._context.theme)
        in_column(self._stack, of=self)
        controls.set_tab_order(
            self.lists, self.statuses, self.table.field, self.open_uses, copy, self.table.view
        )

    def _no_glossary(self) -> controls.EmptyState:
        empty = controls.EmptyState(
            "No glossary yet",
            "With a glossary you will see which terms each system uses, and whether they are the preferred "
            "ones. A file with the columns term, status and concept is enough. Words and phrases need none.",
            "Add a glossary in Setup",
            lambda: self._context.trigger("page.setup"),
        )
        empty.button.setObjectName("add_glossary")
        return empty


def uses_button(table: DataTable, name: str, what: str) -> controls.QuietButton:
    """A button that opens the selected row of a table, as Enter does."""
    button = controls.named(controls.QuietButton("List its uses", icon="search"), name)
    button.setToolTip(f"{what}, with the words around it (Enter)")
    button.setEnabled(False)

    def open_in_hand() -> None:
        place = table.view.currentIndex().row()
        if place >= 0:
            table.opened.emit(table.model.shown[place].key)

    button.clicked.connect(open_in_hand)
    table.current_changed.connect(lambda key: button.setEnabled(key is not None))
    return button


def scrolled_table(content: QWidget, name: str) -> ScrollPanel:
    """A table with its surrounding widgets in a scroll area, for windows too low for all of it."""
    content.setProperty("role", "plain")
    scrolled = ScrollPanel()
    scrolled.setAccessibleName(name)
    scrolled.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
    scrolled.setWidget(content)
    return scrolled


def keep_rows_in_sight(table: DataTable, theme: Theme) -> None:
    """Leave a table the height of some rows, at any zoom."""
    _LeastHeight(table, theme)


class _LeastHeight(QObject):
    """Sets the smallest height of its table again when the zoom changes; it is deleted with the table."""

    def __init__(self, table: DataTable, theme: Theme) -> None:
        super().__init__(table)
        self._table, self._theme = table, theme
        theme.changed.connect(self.keep)
        self.keep()

    def keep(self) -> None:
        self._table.setMinimumHeight(self._theme.px(TABLE_HEIGHT))


class StatusDelegate(QStyledItemDelegate):
    """Draws a status underlined in the style in which its terms are marked in a text."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        document = self._document(index)
        box = option.rect
        painter.save()
        painter.translate(box.left() + CELL_INDENT, box.top() + (box.height() - document.size().height()) / 2)
        document.drawContents(painter)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        width = round(self._document(index).idealWidth()) + 3 * S
        return super().sizeHint(option, index).expandedTo(QSize(width, 0))

    def _document(self, index: Index) -> QTextDocument:
        return status_document(self._theme, TermStatus(index.data(Qt.ItemDataRole.UserRole)))

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.text = ""


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def _lists(table: TermTable) -> list[tuple[str, object]]:
    """The possible lists, with the number of terms in each."""
    told = {TermList.LEARNT, TermList.LOST} if table.differences else set()
    offered = [which for which in TermList if which in told or which not in (TermList.LEARNT, TermList.LOST)]
    return [
        (f"{list_title(which, tuned=table.tuned)} ({len(table.listed(which)):,})", which.value)
        for which in offered
    ]


# --- columns and rows ----------------------------------------------------------------------------------


def term_columns(table: TermTable) -> list[DataColumn]:
    """The columns of glossary terms; the last one is for the list of terms that occur beside another term."""
    term, concept = DataColumn("Term", stretch=1, yields=170), DataColumn("Concept", yields=80)
    columns = [term, DataColumn("Status"), concept]
    columns += count_columns(table.systems, "term", table.prompts)
    if _two(table):
        columns += difference_columns(*table.systems)
    if table.preferences:
        columns.append(win_rate_column())
    return [*columns, DataColumn("In one answer with", tip="How many answers use both.")]


def count_columns(systems: Sequence[str], what: str, total: int) -> list[DataColumn]:
    """Uses and prompts of each system; their cells are `count_cell`."""
    columns = []
    for system in systems:
        name = short_name(system, NAME_LENGTH)
        tip = (
            f"How often the answers of {name} use the {what}, and in brackets the prompts, of {total:,}, "
            "that it answered with it. Sorted by prompts."
        )
        columns.append(DataColumn(f"{name}\nuses (prompts)", numeric=True, tip=tip))
    return columns


def count_cell(uses: int, prompts: int) -> Cell:
    return OrderedText(f"{uses:,} ({prompts:,})", prompts)


def difference_columns(first: str, second: str) -> list[DataColumn]:
    """How the second system differs from the first: those of `difference_row`."""
    from ftcompare.app.results.presentation.term_cells import (
        DIFFERENCE,
        DIFFERENCE_TITLE,
        LOG_RATIO,
        LOG_RATIO_TITLE,
        Q_TITLE,
        Q,
    )

    names = {"first": short_name(first, NAME_LENGTH), "second": short_name(second, NAME_LENGTH)}
    return [
        DataColumn(LOG_RATIO_TITLE, numeric=True, tip=LOG_RATIO.format(**names)),
        DataColumn(Q_TITLE, numeric=True, words=_q_words, tip=Q),
        DataColumn(DIFFERENCE_TITLE, tip=DIFFERENCE),
    ]


def win_rate_column() -> DataColumn:
    """How answers with the term are judged."""
    from ftcompare.app.results.presentation.term_cells import WIN_RATE, WIN_RATE_TITLE

    return DataColumn(WIN_RATE_TITLE, numeric=True, tip=WIN_RATE)


def difference_row(found: TermDifference | None) -> list[Cell]:
    """Log ratio with its interval, q, and the conclusion."""
    from ftcompare.app.results.presentation.term_cells import ratio_words

    if found is None:
        return [None] * 3
    return [OrderedText(ratio_words(found), found.log_ratio), found.q, found.told]


def win_rate_cell(found: TermPreference | None) -> Cell:
    """The win rate with its interval, sorted by the rate."""
    from ftcompare.app.results.presentation.term_cells import preference_words

    if found is None or not found.prompts:
        return None
    return OrderedText(preference_words(found), found.rate.value if found.rate else None)


def term_row(usage: TermUsage, table: TermTable) -> Row:
    cells: list[Cell] = [usage.term.term, usage.term.status.value, usage.term.concept or None]
    cells += [count_cell(usage.counts.get(s, 0), usage.prompts.get(s, 0)) for s in table.systems]
    if _two(table):
        cells += difference_row(table.differences.get((usage.term, table.systems[1])))
    if table.preferences:
        cells.append(win_rate_cell(table.preferences.get(usage.term)))
    cells.append(_beside(usage, table))
    return Row(usage.term, tuple(cells), one_line(usage.term.note, 400), usage.term.note)


def _beside(usage: TermUsage, table: TermTable) -> str | None:
    """The concept's other terms that occur in the same answer as a term, and in how many answers."""
    told = []
    for mixed in table.mixed:
        if usage.term in mixed.terms:
            other = mixed.terms[usage.term == mixed.terms[0]]
            counts = ", ".join(
                f"{short_name(s, NAME_LENGTH)} {mixed.answers.get(s, 0)}" for s in table.systems
            )
            told.append(f"{other.term} ({counts})")
    return "; ".join(told) or None


def _two(table: TermTable) -> bool:
    """Whether differences have a place: of three systems or more they would be a page of columns."""
    return len(table.systems) == 2 and bool(table.differences)


def _q_words(cell: Cell) -> str:
    from ftcompare.app.results.presentation.number_format import p_value

    return p_value(cell if isinstance(cell, float) else None)
