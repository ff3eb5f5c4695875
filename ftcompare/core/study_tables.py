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
    name: str  # its name in the study file and in exported files
    type: ColumnType  # the type of its values
    nullable: bool  # whether a row may have no value (NULL) in it
    structured: bool = False  # its text is a JSON object or list, which exported files contain as such


@dataclass(frozen=True, slots=True)
class StudyTable:
    name: str  # its name in the study file and in exported files
    columns: tuple[TableColumn, ...]  # in the order in which they were added
    key: tuple[str, ...]  # names of the columns that identify a row and by which rows are sorted
