"""The description of a study file's tables: columns and permitted values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ColumnType(StrEnum):
    """The type of a column; the value is SQLite's name for it."""

    TEXT = "TEXT"
    INTEGER = "INTEGER"
    REAL = "REAL"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table.

    Args:
        name: its name in the study file and in exported files.
        type: the type of its values.
        nullable: whether a row may have no value (NULL) in it.
        structured: its text is a JSON object or list, which exported files contain as such.
    """

    name: str
    type: ColumnType
    nullable: bool
    structured: bool = False


@dataclass(frozen=True, slots=True)
class StudyTable:
    """A table of a study file.

    Args:
        name: its name in the study file and in exported files.
        columns: in the order in which they were added.
        key: names of the columns that identify a row and by which rows are sorted.
    """

    name: str
    columns: tuple[TableColumn, ...]
    key: tuple[str, ...]
