"""All rows of all tables of a study, as stored; JSON texts as values where these restore the text."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from functools import lru_cache
from typing import TypeAlias

from ftcompare.core.hashing import Json
from ftcompare.core.study_tables import ColumnType, StudyTable, TableColumn
from ftcompare.store.sqlite.connection import Repository
from ftcompare.store.sqlite.values import read_any, to_json
from ftcompare.store.study.migrations import STEPS, made_in_memory, version

TableRow: TypeAlias = Mapping[str, Json]  # the values of one row, by column name

_STRUCTURED = frozenset(
    (
        *(("study", "rating"), ("systems", "options"), ("runs", "record"), ("packs", "record")),
        *(("prompts", "messages"), ("prompts", "checks"), ("prompts", "tags"), ("audit", "detail")),
        *(("events", "details"), ("drafts", "details"), ("examinations", "record")),
        *(("scores", "steps"), ("scores", "logprobs")),
        *(("annotations", "record"), ("merged_annotations", "record"), ("study", "error_scheme")),
        *(("judges", "record"), ("judge_replies", "replies")),
        *(("label_scores", "logprobs"), ("benchmark_results", "record")),
        *(("prompts", "fields"), ("responses", "earlier"), ("responses", "counts")),
    )
)
"""Columns whose texts `to_json` wrote, or that are empty."""

_OF_LIBRARIES = ("sqlite_", "_sqlite_")  # name prefixes of tables that belong to SQLite and sqlite-utils

_MOST_BRACKETS = 10_000
_DEEPEST = 32  # values with deeper nesting, or more brackets, stay text: JSON readers have limits


@lru_cache(8)
def study_tables(of_version: int) -> tuple[StudyTable, ...]:
    """Return the tables of a version; a table comes after the tables that it refers to."""
    with closing(made_in_memory(STEPS[:of_version])) as fresh:
        named = fresh.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid").fetchall()
        own = [name for (name,) in named if not name.startswith(_OF_LIBRARIES)]
        return tuple(_table(name, fresh.execute(f"PRAGMA table_info({name})").fetchall()) for name in own)


def _table(name: str, rows: list[tuple[int, str, str, int, object, int]]) -> StudyTable:
    columns = tuple(
        TableColumn(column, ColumnType(kind), not (needed or place), (name, column) in _STRUCTURED)
        for _, column, kind, needed, _, place in rows
    )
    key = sorted((place, column) for _, column, _, _, _, place in rows if place)
    return StudyTable(name, columns, tuple(column for _, column in key))


class StudyTables(Repository):
    """The tables of an open study."""

    def all(self) -> tuple[StudyTable, ...]:
        return study_tables(version(self._db.database))

    def count(self, table: StudyTable) -> int:
        return int(self._db.value(f"SELECT COUNT(*) FROM {table.name}"))  # noqa: S608 - names of this program

    def rows(self, table: StudyTable) -> Generator[dict[str, Json]]:
        """Yield a table's rows in the order of its key; exhaust it before anything is written."""
        names = [column.name for column in table.columns]
        structured = [number for number, column in enumerate(table.columns) if column.structured]
        columns, key = (", ".join(f'"{name}"' for name in some) for some in (names, table.key))
        for stored in self._db.each(f"SELECT {columns} FROM {table.name} ORDER BY {key}"):  # noqa: S608
            values = [*stored]
            for number in structured:
                values[number] = unfolded(values[number])
            yield dict(zip(names, values, strict=True))


def unfolded(text: str | None) -> Json:
    """Return the JSON object or list in a text; the text if `folded` would not restore it exactly."""
    if text is None or text[:1] not in ("{", "["):
        return text
    if text.count("[") + text.count("{") > _MOST_BRACKETS:
        return text
    try:
        value = read_any(text)
        exact = _depth(value) <= _DEEPEST and to_json(value) == text
    except ValueError:
        return text
    return value if exact else text


def folded(value: Json) -> Json:
    """Return the stored text of a value that `unfolded` returned."""
    return to_json(value) if isinstance(value, dict | list) else value


def _depth(value: Json) -> int:
    """Return the nesting depth of lists and objects, at most `_DEEPEST` + 1."""
    level: list[Json] = [value]
    for depth in range(_DEEPEST + 1):
        level = [part for one in level for part in _parts(one)]
        if not level:
            return depth
    return _DEEPEST + 1


def _parts(value: Json) -> list[Json]:
    found = list(value.values()) if isinstance(value, dict) else value
    return list(found) if isinstance(found, list) else []
