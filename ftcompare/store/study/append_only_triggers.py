"""Triggers that forbid changing or deleting rows."""

from __future__ import annotations

from collections.abc import Iterable


def refusing(table: str, act: str, columns: str = "") -> str:
    """The trigger that refuses an act, of some columns or of all, with the words that `errors` knows."""
    what = f"{act} OF {columns}" if columns else act
    return f"""CREATE TRIGGER {table}_no_{act.lower()} BEFORE {what} ON {table}
        BEGIN SELECT RAISE (ABORT, '{table} is only added to'); END"""


def refusing_all(tables: Iterable[str]) -> Iterable[str]:
    """The triggers that let tables only be added to."""
    return (refusing(table, act) for table in tables for act in ("UPDATE", "DELETE"))
