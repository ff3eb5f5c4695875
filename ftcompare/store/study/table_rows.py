"""The rows of all tables of a study as stored, and a study file made from such rows.

JSON texts are values where these restore the text. A new file is kept only if every verification passes.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from ftcompare.core.errors import BugError, UserError
from ftcompare.core.hashing import Json
from ftcompare.core.study_tables import ColumnType, StudyTable, TableColumn
from ftcompare.store.integrity.verification import check
from ftcompare.store.sqlite.connection import Connection, Repository, Value
from ftcompare.store.sqlite.errors import REFUSED, study_error
from ftcompare.store.sqlite.values import read_any, to_json
from ftcompare.store.study.atomic_create import built_beside
from ftcompare.store.study.migrations import STEPS, made_in_memory, migrate, newest_version, version

TableRow: TypeAlias = Mapping[str, Json]  # the values of one row, by column name

_STRUCTURED = frozenset(
    (
        *(("study", "rating"), ("systems", "options"), ("runs", "record"), ("packs", "record")),
        *(("prompts", "messages"), ("prompts", "checks"), ("prompts", "tags"), ("audit", "detail")),
        *(("events", "details"), ("drafts", "details"), ("examinations", "record")),
        ("source_judgments", "details"),
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
def study_tables(format_version: int) -> tuple[StudyTable, ...]:
    """Return the tables of a version; a table comes after the tables that it refers to."""
    with closing(made_in_memory(STEPS[:format_version])) as fresh:
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
    def all(self) -> tuple[StudyTable, ...]:
        return study_tables(version(self._db.database))

    def count(self, table: StudyTable) -> int:
        return int(self._db.value(f"SELECT COUNT(*) FROM {table.name}"))

    def rows(self, table: StudyTable) -> Generator[dict[str, Json]]:
        """Yield a table's rows in the order of its key; exhaust it before anything is written."""
        names = [column.name for column in table.columns]
        structured = [number for number, column in enumerate(table.columns) if column.structured]
        columns, key = (", ".join(f'"{name}"' for name in some) for some in (names, table.key))
        for stored in self._db.each(f"SELECT {columns} FROM {table.name} ORDER BY {key}"):
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


Rows: TypeAlias = Callable[[StudyTable], Iterable[tuple[str, TableRow]]]
"""Returns the rows of a table in the order of its key, each with a text that names its place in the source.
"""

_HOW = "Export the folder again from the study, and do not change its files."
_MOST = 2**63


def create_from_rows(
    path: Path, format_version: int, rows: Rows, *, place: Callable[[str, int], str], source: Path
) -> None:
    """Create a study file from rows, migrate it to the newest version and verify it completely.

    The file gets its name when all checks have passed; a failure leaves no file.

    Args:
        format_version: format version of the study that the rows are from.
        rows: called once for each table.
        place: names the place of a row in the source, from the table's name and the row's number from 1.
        source: path that errors name when no row can be named.
    """
    tables = known_tables(format_version, source)
    with built_beside(path) as part, closing(Connection(part)) as db:
        # Some tables refer to each other, so foreign keys are checked when all rows are inserted. With
        # deferred constraints SQLite would search whole tables at each row:
        # https://sqlite.org/foreignkeys.html#fk_indexes
        db.execute("PRAGMA foreign_keys = OFF")
        with db.atomic():
            migrate(db.database, STEPS[:format_version])
            for table in tables:
                _insert_all(db, table, rows(table))
            _require_references(db, place)
        db.execute("PRAGMA foreign_keys = ON")
        if format_version < newest_version():
            with db.atomic():
                migrate(db.database)
        wrong = next((finding for finding in check(db) if not finding.ok), None)
        if wrong is not None:
            what = f"The folder differs from the exported study: {wrong.subject}: {wrong.detail}."
            raise UserError(what, where=str(source), how=_HOW, code="folder-altered")


def known_tables(format_version: int, source: Path) -> tuple[StudyTable, ...]:
    if not 1 <= format_version <= newest_version():
        raise study_error("study-newer", source)
    return study_tables(format_version)


def _insert_all(db: Connection, table: StudyTable, rows: Iterable[tuple[str, TableRow]]) -> None:
    names = frozenset(column.name for column in table.columns)
    last: tuple[Value, ...] | None = None
    for where, row in rows:
        if wrong := names.symmetric_difference(row):
            name = min(wrong)
            raise _row_error(f"“{name}” is {'missing' if name in names else 'no field of such a row'}", where)
        values = {column.name: _stored(column, row[column.name], where) for column in table.columns}
        key = tuple(values[name] for name in table.key)
        # The key's columns have one type each and are never NULL, so keys can be compared.
        if last is not None and not last < key:
            raise _row_error(f"it is out of order by “{', '.join(table.key)}”, or appears twice", where)
        last = key
        try:
            db.insert(table.name, **values)
        except BugError as refused:
            if refused.code != REFUSED:
                raise
            raise _row_error("a study cannot contain this row with those before it", where) from refused


def _stored(column: TableColumn, raw: Json, where: str) -> Value:
    """Return the value to store; a value that SQLite would convert to another type is refused."""
    value = folded(raw) if column.structured else raw
    if value is None and column.nullable:
        return None
    if isinstance(value, str) and column.type is ColumnType.TEXT:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_MOST <= value < _MOST:
        raise _wrong_type(column, where)
    if column.type is ColumnType.TEXT or (column.type is ColumnType.INTEGER and isinstance(value, float)):
        raise _wrong_type(column, where)
    return value


def _wrong_type(column: TableColumn, where: str) -> UserError:
    return _row_error(f"“{column.name}” is not {_WANTED[column.type]}", where)


_WANTED = {
    ColumnType.TEXT: "a text",
    ColumnType.INTEGER: "a whole number of at most 64 bits",
    ColumnType.REAL: "a number",
}


def _require_references(db: Connection, place: Callable[[str, int], str]) -> None:
    broken = db.first("PRAGMA foreign_key_check")
    if broken is None:
        return
    table, number = broken["table"], 1
    if broken["rowid"] is not None:  # as for tables whose key is more than a number
        number = db.value(f"SELECT COUNT(*) FROM {table} WHERE rowid <= ?", (broken["rowid"],))
    raise _row_error(f"it refers to a row of “{broken['parent']}” that does not exist", place(table, number))


def _row_error(what: str, where: str) -> UserError:
    return UserError(f"The row cannot be imported: {what}.", where=where, how=_HOW, code="folder-row")
