"""The description of a study file's tables: columns and permitted values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ColumnType(StrEnum):
    """What a column holds; the value is SQLite's name for it."""

    TEXT = "TEXT"
    INTEGER = "INTEGER"
    REAL = "REAL"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table.

    Args:
        name: in the study file and in files made of it.
        type: what it holds.
        nullable: whether a row may hold nothing there.
        structured: the text is a JSON object or list, which files made of it hold as such.
    """

    name: str
    type: ColumnType
    nullable: bool
    structured: bool = False


@dataclass(frozen=True, slots=True)
class StudyTable:
    """A table of a study file.

    Args:
        name: in the study file and in files made of it.
        columns: in the order in which they were added.
        key: names of the columns that no two rows share, and by which rows are in order.
    """

    name: str
    columns: tuple[TableColumn, ...]
    key: tuple[str, ...]
