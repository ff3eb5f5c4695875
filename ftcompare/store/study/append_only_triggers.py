"""Triggers that forbid changing or deleting rows."""

from __future__ import annotations

from collections.abc import Iterable


def refusing(table: str, act: str, columns: str = "") -> str:
    """SQL of a trigger that refuses ``act`` on a table, for some columns or for all.

    The trigger raises with the message that `errors` recognises.
    """
    what = f"{act} OF {columns}" if columns else act
    return f"""CREATE TRIGGER {table}_no_{act.lower()} BEFORE {what} ON {table}
        BEGIN SELECT RAISE (ABORT, '{table} is only added to'); END"""


def refusing_all(tables: Iterable[str]) -> Iterable[str]:
    """SQL of the triggers that refuse updates and deletes, so that rows can only be added to these tables."""
    return (refusing(table, act) for table in tables for act in ("UPDATE", "DELETE"))
