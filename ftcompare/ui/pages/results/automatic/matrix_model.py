"""The matrix of systems and measures as Qt's table model: a line for each group, followed by its measures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, TypeAlias

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from ftcompare.app.measures.kind import MeasureGroup, MeasureRow
from ftcompare.app.measures.matrix import MeasureMatrix
from ftcompare.app.measures.matrix_blocks import (
    MatrixCell,
    beginning,
    cell_sentence,
    column_title,
    compared_with,
    matrix_cell,
    tsv_rows,
)
from ftcompare.formats.judgments_csv import safe_cell
from ftcompare.ui.safe_text import one_line, tip
from ftcompare.ui.text.short_names import LONGEST, short_name

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
        self.against = against if against in matrix.systems else compared_with(matrix)
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
        """The full name of a system, or of a measure or group."""
        if orientation is Qt.Orientation.Horizontal:
            return column_title(self.matrix, self.matrix.systems[section])
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
            return cell_sentence(*found, self.against)
        line = self.lines[index.row()] if index.isValid() else None
        return "" if line is None else ". ".join(filter(None, (line.group.heading, line.told)))

    def tsv(self) -> str:
        """The whole table as tab-separated text without characters that start a spreadsheet formula."""
        rows = tsv_rows(self.matrix, self.against)
        return "".join("\t".join(safe_cell(" ".join(cell.split())) for cell in row) + "\n" for row in rows)

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        """Lines."""
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: Index = NO_PARENT) -> int:
        """Systems."""
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
            return matrix_cell(*found, self.against)
        if role == Qt.ItemDataRole.DisplayRole:
            return _shown(matrix_cell(*found, self.against))
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
    """A name where there is least room."""
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
    head = MatrixLine(group, told="" if rows else beginning(matrix, group))
    return (head, *(MatrixLine(group, row) for row in rows))


def _shown(cell: MatrixCell) -> str:
    """A cell as one text, for users of the model other than the view."""
    return " · ".join(filter(None, (f"{cell.value} {cell.value_line}".strip(), cell.difference_line)))
