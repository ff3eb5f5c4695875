"""Replaces CHECK constraints of tables by constraints that accept more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def relax_checks(db: Database, relaxed: Iterable[tuple[str, str, str]]) -> None:
    """Replace CHECK constraints by wider ones; no stored row changes.

    The procedure is that of https://sqlite.org/lang_altertable.html for changes that do not affect the
    content.

    Args:
        db: the study's database.
        relaxed: for each change, the table, the part of its SQL statement to replace, and the replacement.
    """
    version = db.execute("PRAGMA schema_version").fetchone()[0]
    db.execute("PRAGMA writable_schema = ON")
    for table, before, after in relaxed:
        db.execute(
            "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ?",
            (before, after, table),
        )
    db.execute(f"PRAGMA schema_version = {version + 1}")
    db.execute("PRAGMA writable_schema = OFF")
