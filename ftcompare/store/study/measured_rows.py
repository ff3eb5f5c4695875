"""Append-only rows of measurements (judges, code, benchmarks), with one hash chain for each table.

The chain reveals a row that was altered or removed. The audit log stores the ends of the tables when a run
begins and ends, which reveals rows removed from an end. Rows after the last stored end are accepted, because
a run that was killed leaves such rows.
"""

from __future__ import annotations

from ftcompare.core.hashing import Json, link
from ftcompare.core.plurals import counted
from ftcompare.store.sqlite.connection import Connection, Value

MEASURED_TABLES = ("judges", "judge_replies", "label_scores", "code_results", "benchmark_results")
"""The tables. The last column of each is a digest of the other columns (except ``id``) and of the row before.
"""


def insert_measured(db: Connection, table: str, **values: Value) -> int:
    """Add a row with its digest to one of `MEASURED_TABLES`, and return its id.

    `values` has every column except ``id`` and ``digest``; lists and objects as text of `to_json`, real
    numbers as float.
    """
    last = db.first(f"SELECT digest FROM {table} ORDER BY id DESC LIMIT 1")  # noqa: S608 - names of ours
    previous = last["digest"] if last else ""
    return db.insert(table, **values, digest=_row_digest(table, previous, values))


def measured_ends(db: Connection) -> dict[str, Json]:
    """Return the id and the digest of the last row of each table that has rows."""
    found: dict[str, Json] = {}
    for table in MEASURED_TABLES:
        last = db.first(f"SELECT id, digest FROM {table} ORDER BY id DESC LIMIT 1")  # noqa: S608 - our names
        if last:
            found[table] = [*last]
    return found


def cut_table(db: Connection, ends: object) -> str:
    """Return the first table without the row that was its last; empty if each has it.

    `ends` is an earlier result of `measured_ends`; unknown tables in it are ignored. Raises TypeError if it
    is not a dict.
    """
    if not isinstance(ends, dict):
        raise TypeError("not the ends of tables")
    for table in MEASURED_TABLES:
        if table in ends:
            end = ends[table]
            number = end[0] if isinstance(end, list) and end and isinstance(end[0], int) else None
            found = db.first(f"SELECT id, digest FROM {table} WHERE id = ?", (number,))  # noqa: S608 - our names
            if found is None or [*found] != end:
                return table
    return ""


Reached = dict[str, tuple[int, str]]  # the id and the digest of the last verified row of each table


def check_measured(db: Connection, reached: Reached | None = None) -> str:
    """Describe what is wrong with the rows; empty if nothing is.

    Rows up to those in `reached` are not verified again, and it is updated; None verifies all.
    """
    after: Reached = {} if reached is None else reached
    wrong = [said for table in MEASURED_TABLES if (said := _altered_rows(db, table, after))]
    return "; ".join(wrong)


def _altered_rows(db: Connection, table: str, reached: Reached) -> str:
    first = count = 0
    last, previous = reached.get(table, (0, ""))
    sql = f"SELECT * FROM {table} WHERE id > ? AND id > ? ORDER BY id LIMIT ?"  # noqa: S608 - names of ours
    for row in db.paged(sql, (last,)):
        values = {name: value for name, value in dict(row).items() if name not in ("id", "digest")}
        if _row_digest(table, previous, values) != row["digest"]:
            first, count = first or row["id"], count + 1
        last, previous = row["id"], row["digest"]
    if not count:
        reached[table] = last, previous
        return ""
    more = f" and {counted(count - 1, 'more row')} of it were" if count > 1 else " was"
    return f"row {first} of {table}{more} altered, or the one before was removed"


def _row_digest(table: str, previous: str, values: dict[str, Value]) -> str:
    spelled: list[Json] = [[name, _spelled(values[name])] for name in sorted(values)]
    return link("measured", previous, [table, spelled])


def _spelled(value: Value) -> Json:
    return value.hex() if isinstance(value, float) else value
