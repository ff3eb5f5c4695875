"""What a study or a pack must be before anything in it is run, read or written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ftcompare.store.sqlite import bounded_connection as bounded
from ftcompare.store.sqlite import schema_comparison
from ftcompare.store.sqlite.bounded_connection import BoundedConnection
from ftcompare.store.sqlite.connection import Connection, told
from ftcompare.store.sqlite.errors import damaged, study_error, unknown_format
from ftcompare.store.study.expected_schema import expected_definitions
from ftcompare.store.study.migrations import APPLICATION_ID, newest_version


@dataclass(frozen=True, slots=True)
class FileKind:
    """One kind of SQLite file of the product's own.

    Args:
        application_id: marks such a file.
        newest: the newest version known here.
        expected: what a sound file of a version defines.
        conditions: whether the tables' CHECKs are part of SQLite's check; else the product verifies values.
        touch: a statement that writes, to be taken back.
    """

    application_id: int
    newest: Callable[[], int]
    expected: Callable[[int], frozenset[schema_comparison.Definition]]
    conditions: bool
    touch: str


STUDY = FileKind(
    APPLICATION_ID,
    newest_version,
    expected_definitions,
    conditions=True,
    # SQLite touches no page, and so makes no journal, for a value that stays the same.
    touch="UPDATE study SET title = title || '.'",
)


def refuse_changed_rules(path: Path, kind: FileKind = STUDY) -> None:
    """Looks at a file as it lies on the disk, locking, changing and running nothing.

    Raises:
        UserError: ``study-foreign``, ``study-newer``, ``study-damaged``.
    """
    schema_comparison.examine_untouched(path, lambda raw: _require_schema(raw, path, kind))


def examine(connection: Connection, kind: FileKind = STUDY) -> None:
    """Refuses what is not a whole file of a version known here, having changed nothing.

    What the file defines is compared again: since `refuse_changed_rules` it may be another file.

    Raises:
        UserError: as `refuse_changed_rules`; ``study-read-only``.
    """
    raw, path = connection.raw, connection.path
    raw.allow(bounded.SCHEMA_STEPS)
    _require_schema(raw, path, kind)
    raw.allow(bounded.FIRST_STEPS + bounded.STEPS_A_BYTE * path.stat().st_size)
    if (verdict := _verdict(connection, conditions=kind.conditions)) != "ok":
        raise damaged(path, verdict)
    raw.allow(None)
    connection.execute("PRAGMA journal_mode = DELETE")
    _require_writable(connection, kind.touch)


def _require_schema(raw: BoundedConnection, path: Path, kind: FileKind) -> None:
    try:
        application = raw.execute("PRAGMA application_id").fetchone()[0]
        version: int = raw.execute("PRAGMA user_version").fetchone()[0]
        found = schema_comparison.definitions(raw) if application == kind.application_id else None
    except sqlite3.Error as error:
        raise unknown_format(told(raw, error, path), path) from error
    if found is None:
        raise study_error("study-foreign", path)
    if version > kind.newest():
        raise study_error("study-newer", path)
    if version < 1:
        raise damaged(path, "it has no version")
    if names := schema_comparison.changed_names(found, kind.expected(version)):
        raise damaged(path, schema_comparison.naming(names))


def _verdict(connection: Connection, *, conditions: bool) -> str:
    """SQLite's own check: ``ok``, or the first thing that is wrong."""
    if conditions:
        return str(connection.value("PRAGMA quick_check(1)"))
    connection.execute("PRAGMA ignore_check_constraints = ON")
    try:
        return str(connection.value("PRAGMA quick_check(1)"))
    finally:
        connection.execute("PRAGMA ignore_check_constraints = OFF")


def _require_writable(connection: Connection, touch: str) -> None:
    """Writes and takes it back, so that a protected file or folder is told at once and not at a judgment."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(touch)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
