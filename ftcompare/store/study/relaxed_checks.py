"""CHECK constraints of tables that accept more than in earlier versions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def relax_checks(db: Database, relaxed: Iterable[tuple[str, str, str]]) -> None:
    """Lets CHECKs accept more, which leaves every stored row as it is.

    The procedure of https://sqlite.org/lang_altertable.html for changes that do not touch the content.

    Args:
        db: the study's.
        relaxed: tables, each with the part of its statement that changes, before and after.
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
