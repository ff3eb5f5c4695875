"""The table view of the matrix of systems and measures: two lines per cell; arrow keys move, Enter opens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, TypeAlias

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from ftcompare.app.measures import matrix_blocks
from ftcompare.app.measures.kind import MeasureGroup, MeasureRow
from ftcompare.app.measures.matrix import MeasureMatrix
from ftcompare.app.measures.matrix_blocks import MatrixCell
from ftcompare.formats.judgments_csv import safe_cell
from ftcompare.ui.safe_text import LONGEST, one_line, short_name, tip
from ftcompare.ui.theme.theme import BODY, XS, L, S, Theme
from ftcompare.ui.widgets.controls import scrolled_by

Index: TypeAlias = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()
CELL = Qt.ItemDataRole.UserRole
"""A `MatrixCell`; None in the line of a group."""
LEAST_LINE, LINES = 27, 2
"""Smallest number of characters in a line of a name, and largest number of its lines."""


@dataclass(frozen=True, slots=True)
class MatrixLine:
    """One line."""

    group: MeasureGroup
    row: MeasureRow | None = None  # the measure; None for the line of a group
    told: str = ""  # text for a group without measures


class MatrixModel(QAbstractTableModel):
    """Lines and systems; ``against`` is the system with which the others are compared."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix = MeasureMatrix()
        self.against = ""
        self.lines: tuple[MatrixLine, ...] = ()
        self._broken: dict[tuple[Qt.Orientation, int], str] = {}

    def show_matrix(self, matrix: MeasureMatrix, against: str) -> None:
        """Show another one; compared with the base where there is no such system."""
        self.beginResetModel()
        self.matrix = matrix
        self.against = against if against in matrix.systems else matrix_blocks.compared_with(matrix)
        self.lines = tuple(line for group in matrix.groups for line in _of_group(matrix, group))
        self._broken = {}
        self.endResetModel()

    def break_name(self, section: int, orientation: Qt.Orientation, fits: Callable[[str], bool]) -> None:
        """Break the name of a system or a measure into the longest lines that fit, at most two.

        If two lines are not enough, the middle is left out; the tooltip has the whole name.
        """
        broken = broken_name(self.whole_name(section, orientation), fits)
        if self._broken.get((orientation, section)) != broken:
            self._broken[orientation, section] = broken
            self.headerDataChanged.emit(orientation, section, section)

    def whole_name(self, section: int, orientation: Qt.Orientation) -> str:
        if orientation is Qt.Orientation.Horizontal:
            return matrix_blocks.column_title(self.matrix, self.matrix.systems[section])
        line = self.lines[section]
        return line.row.name if line.row else line.group.heading

    def at(self, index: Index) -> tuple[MeasureRow, str] | None:
        """The measure and the system of a cell; None for the line of a group, and for no cell."""
        row = self.lines[index.row()].row if index.isValid() else None
        return None if row is None else (row, self.matrix.systems[index.column()])

    def sentence(self, index: Index) -> str:
        """The content of a cell as a sentence."""
        found = self.at(index)
        if found is not None:
            return matrix_blocks.cell_sentence(*found, self.against)
        line = self.lines[index.row()] if index.isValid() else None
        return "" if line is None else ". ".join(filter(None, (line.group.heading, line.told)))

    def tsv(self) -> str:
        """The whole table as tab-separated text without characters that start a spreadsheet formula."""
        rows = matrix_blocks.tsv_rows(self.matrix, self.against)
        return "".join("\t".join(safe_cell(" ".join(cell.split())) for cell in row) + "\n" for row in rows)

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.matrix.systems)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Data of a cell; the cell itself under ``CELL``."""
        found = self.at(index)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return one_line(self.sentence(index))
        if found is None:
            told = self.lines[index.row()].told
            return told if role == Qt.ItemDataRole.DisplayRole and index.column() == 0 else None
        if role == CELL:
            return matrix_blocks.matrix_cell(*found, self.against)
        if role == Qt.ItemDataRole.DisplayRole:
            return _shown(matrix_blocks.matrix_cell(*found, self.against))
        return tip(self.sentence(index)) if role == Qt.ItemDataRole.ToolTipRole else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Systems above, measures and groups at the left."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self._broken.get((orientation, section)) or least_name(
                self.whole_name(section, orientation)
            )
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self.whole_name(section, orientation))
        return None


def least_name(whole: str) -> str:
    return _two_lines(whole, LEAST_LINE)


def broken_name(whole: str, fits: Callable[[str], bool]) -> str:
    """The name in the longest lines that each ``fits``; as `least_name` if none does."""
    low, high = LEAST_LINE, max(LEAST_LINE, min(len(whole), LONGEST))
    while low < high:
        middle = (low + high + 1) // 2
        if all(map(fits, _two_lines(whole, middle).split("\n"))):
            low = middle
        else:
            high = middle - 1
    return _two_lines(whole, low)


def _two_lines(whole: str, length: int) -> str:
    """The name in two lines of at most ``length`` characters, with its middle left out if needed."""
    shorter = (wrap(short_name(whole, kept), length) for kept in range(min(2 * length, LONGEST), 0, -1))
    return "\n".join(next(lines for lines in shorter if len(lines) <= LINES))


def _of_group(matrix: MeasureMatrix, group: MeasureGroup) -> tuple[MatrixLine, ...]:
    rows = matrix.of_group(group)
    head = MatrixLine(group, told="" if rows else matrix_blocks.beginning(matrix, group))
    return (head, *(MatrixLine(group, row) for row in rows))


def _shown(cell: matrix_blocks.MatrixCell) -> str:
    """A cell as one text, for users of the model other than the view."""
    return " · ".join(filter(None, (f"{cell.value} {cell.value_line}".strip(), cell.difference_line)))


SMALL = 13
INSET = 11
"""Left inset of a cell's text in pixels, as the style sheet has it for titles."""
LEAST_COLUMN = 140
"""Smallest width of a column in pixels, before zoom."""
VERDICT_COLOURS = {"better": "good", "worse": "bad"}
"""Colors of differences whose interval excludes 0; the word carries the meaning, the color only repeats it.
"""
WRAPPED = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class MatrixDelegate(QStyledItemDelegate):
    """Draws the value with its interval and count, and below it the difference and its verdict."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the background as the style does, then the lines; the current cell has a frame."""
        cell, box = index.data(CELL), option.rect.adjusted(INSET, XS, -S, -XS)
        painter.save()
        if cell is None and not option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, self._theme.color("raised"))
        else:
            super().paint(painter, option, index)
        painter.setPen(self._theme.color("border"))
        painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
        if isinstance(cell, MatrixCell):
            self._paint_cell(painter, box, cell)
        else:
            painter.setFont(self._theme.font(SMALL))
            painter.setPen(self._theme.color("muted"))
            painter.drawText(box, int(WRAPPED), str(index.data(Qt.ItemDataRole.DisplayRole) or ""))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(self._theme.color("accent"))
            painter.drawRect(option.rect.adjusted(0, 0, -1, -1))
        painter.restore()

    def _paint_cell(self, painter: QPainter, box: QRect, cell: MatrixCell) -> None:
        bold, small = self.value_font, self._theme.font(SMALL)
        half = QFontMetrics(bold).height() + XS
        top = QRect(box.left(), box.top(), box.width(), half)
        below = QRect(box.left(), box.top() + half, box.width(), box.height() - half)
        at = self._part(painter, top, cell.value, bold, self._theme.color("text"))
        self._part(painter, top.adjusted(at, 0, 0, 0), cell.value_line, small, self._theme.color("muted"))
        mark = self._theme.font(SMALL, QFont.Weight.DemiBold) if cell.told_apart else small
        colour = VERDICT_COLOURS.get(cell.verdict, "text" if cell.told_apart else "muted")
        self._part(painter, below, cell.difference_line, mark, self._theme.color(colour))

    def _part(self, painter: QPainter, box: QRect, text: str, font: QFont, colour: QColor) -> int:
        """Draw a part of a line; returns the distance in pixels to the next part."""
        painter.setFont(font)
        painter.setPen(colour)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)
        return QFontMetrics(font).horizontalAdvance(text) + S

    @property
    def value_font(self) -> QFont:
        return self._theme.font(BODY, QFont.Weight.DemiBold)

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        """The size of both lines."""
        cell = index.data(CELL)
        if not isinstance(cell, MatrixCell):
            return QSize(0, 0)
        bold = QFontMetrics(self.value_font)
        small = QFontMetrics(self._theme.font(SMALL, QFont.Weight.DemiBold))
        above = bold.horizontalAdvance(cell.value) + S + small.horizontalAdvance(cell.value_line)
        wide = max(above, small.horizontalAdvance(cell.difference_line))
        below = small.height() + XS if cell.difference else 0
        return QSize(wide + INSET + S + XS, bold.height() + below + L)

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """The style draws the ground only."""
        super().initStyleOption(option, index)
        option.text = ""


class MatrixView(QTableView):
    """As high as its lines; a wide one scrolls horizontally, with the measures fixed at the left.

    Signals:
        opened: the `MeasureRow` and the system of the cell to open.
    """

    opened = Signal(object, str)
    moved = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.lines = MatrixModel()
        self.drawing = MatrixDelegate(theme, self)
        self.setModel(self.lines)
        self.setItemDelegate(self.drawing)
        self.setAccessibleName("Automatic measures by system. Press Enter to see what a figure is based on.")
        self.setObjectName("measure_matrix")
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setShowGrid(False)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            header.setSectionsClickable(False)
        self.horizontalScrollBar().rangeChanged.connect(self._fit_height)
        self.selectionModel().currentChanged.connect(self._on_moved)
        self.doubleClicked.connect(self._open)
        theme.changed.connect(self.fit)

    def show_lines(self) -> None:
        """Lay out the model's lines; the position of the current cell is kept."""
        at = self.currentIndex()
        self.clearSpans()
        columns = self.lines.columnCount()
        for place, line in enumerate(self.lines.lines):
            if line.row is None and columns > 1:
                self.setSpan(place, 0, 1, columns)
        self.fit()
        if self.lines.rowCount() and columns and not at.isValid():
            first = next((n for n, line in enumerate(self.lines.lines) if line.row is not None), 0)
            self.setCurrentIndex(self.lines.index(first, min(1, columns - 1)))

    def fit(self) -> None:
        """Take the sizes that the contents need; names, then columns, get the room that is left."""
        needed = [self._column_width(column) for column in range(self.lines.columnCount())]
        room = self.width() - 2 * self.frameWidth() - sum(needed)
        names = self._names_width(room)
        self.verticalHeader().setFixedWidth(names)
        for column, width in enumerate(_shared(needed, room - names)):
            self.setColumnWidth(column, width)
            self._break(column, Qt.Orientation.Horizontal, width)
        for place in range(self.lines.rowCount()):
            self._break(place, Qt.Orientation.Vertical, names)
            self.setRowHeight(place, self._line_height(place))
        self._fit_height()

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.lines.tsv())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the current cell, Ctrl+C copies the table."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()

    def _column_width(self, column: int) -> int:
        """Smallest width for the values and the name of a system."""
        name = least_name(self.lines.whole_name(column, Qt.Orientation.Horizontal))
        return max(self._theme.px(LEAST_COLUMN), self.sizeHintForColumn(column), self._title_width(name))

    def _names_width(self, room: int) -> int:
        """Width of the measures' names: in full if there is room."""
        places = range(self.lines.rowCount())
        whole = [one_line(self.lines.whole_name(place, Qt.Orientation.Vertical)) for place in places]
        least = max((self._title_width(least_name(name)) for name in whole), default=2 * L)
        return max(least, min(max(map(self._title_width, whole), default=0), room))

    def _title_width(self, title: str) -> int:
        return max(map(self._title_metrics().horizontalAdvance, title.split("\n"))) + 2 * L

    def _break(self, section: int, orientation: Qt.Orientation, width: int) -> None:
        """Break the name of a line or a column into lines for its width."""
        self.lines.break_name(section, orientation, lambda line: self._title_width(line) <= width)

    def _title_metrics(self) -> QFontMetrics:
        return QFontMetrics(self._theme.font(SMALL, QFont.Weight.DemiBold))

    def _line_height(self, place: int) -> int:
        line = self.lines.lines[place]
        if line.row is not None:
            return max(self.sizeHintForRow(place), self.verticalHeader().sectionSizeHint(place))
        metrics = QFontMetrics(self._theme.font(SMALL))
        least = metrics.height() + L
        if not line.told:
            return least
        room = QRect(0, 0, max(self.viewport().width() - INSET - S, 1), 0)
        return max(least, metrics.boundingRect(room, int(WRAPPED), line.told).height() + L)

    def _fit_height(self) -> None:
        bar = self.horizontalScrollBar()
        below = bar.sizeHint().height() if bar.maximum() > 0 else 0
        lines = sum(self.rowHeight(place) for place in range(self.lines.rowCount()))
        head = self.horizontalHeader().sizeHint().height()
        self.setFixedHeight(head + lines + below + 2 * self.frameWidth() + XS)

    def _on_moved(self, index: QModelIndex) -> None:
        """The page scrolls along: the view itself is as high as its lines."""
        area = scrolled_by(self)
        within = area.widget() if area is not None else None
        if area is not None and within is not None and index.isValid() and self.hasFocus():
            box = self.visualRect(index)
            middle = self.viewport().mapTo(within, box.center())
            area.ensureVisible(middle.x(), middle.y(), 0, box.height() + XS)
        self.moved.emit()

    def _open(self, index: QModelIndex) -> None:
        found = self.lines.at(index)
        if found is not None:
            self.opened.emit(*found)


def _shared(needed: list[int], room: int) -> list[int]:
    more, over = divmod(max(room, 0), max(len(needed), 1))
    return [width + more + (column < over) for column, width in enumerate(needed)]
