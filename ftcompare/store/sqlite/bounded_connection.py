"""SQLite connections whose statements have limits of size and steps, and can be interrupted.

A study or a pack is untrusted input. `schema_comparison` makes sure that no SQL from the file runs; the
limits here apply to the remaining risk, the stored values.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import suppress
from typing import Any

MIB = 2**20

LONGEST_VALUE = 256 * MIB
"""Largest size in bytes of one value or row. A line of an imported file has at most 16 MiB, and a prompt,
response or comment is part of a line; the record of a generation run is far smaller."""

LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: LONGEST_VALUE,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: MIB,
    sqlite3.SQLITE_LIMIT_COLUMN: 200,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 100_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 32,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1000,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 10,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
"""Limits that the product's own statements never come near: https://sqlite.org/limits.html"""

STEPS = 50_000  # steps of SQLite's virtual machine between two checks: about a millisecond

SCHEMA_STEPS = 2_000_000  # maximum for reading the schema of a file, which needs some thousands

FIRST_STEPS = 100_000_000
STEPS_A_BYTE = 40  # maximum per byte for SQLite's integrity check, which needs fewer than four

GRACE = 2.0  # seconds that a statement may continue after the program has started to close

_thread = threading.local()


def end_statements_on(closing: threading.Event) -> None:
    """Let an event end long statements of connections that this thread creates from now on."""
    _thread.closing = closing


class BoundedConnection(sqlite3.Connection):
    """A connection with `LIMITS`, to be passed to `sqlite3.connect` as its factory.

    Python runs signal handlers during the progress handler below, so Ctrl-C ends a statement. The error code
    is then ``SQLITE_INTERRUPT``, and neither `exhausted` nor `closed_down` is set.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        for category, most in LIMITS.items():
            self.setlimit(category, most)
        self._closing: threading.Event | None = getattr(_thread, "closing", None)
        self._looks_left: int | None = None
        self._closing_since = 0.0
        self.exhausted = False
        self.closed_down = False
        self.set_progress_handler(self._must_end, STEPS)

    def close(self) -> None:
        """Close the connection; may be called twice."""
        with suppress(sqlite3.ProgrammingError):  # it is closed
            self.set_progress_handler(None, STEPS)
        super().close()

    def allow(self, steps: int | None) -> None:
        """Limit the number of steps of all later statements together; None for no limit."""
        self._looks_left = None if steps is None else max(1, steps // STEPS)

    def _must_end(self) -> bool:
        if self._looks_left is not None:
            self._looks_left -= 1
            self.exhausted = self._looks_left < 0
        if self._closing is not None and self._closing.is_set() and not self.in_transaction:
            # Whether the program has been closing for longer than `GRACE`.
            self._closing_since = self._closing_since or time.monotonic()
            self.closed_down = time.monotonic() - self._closing_since > GRACE
        return self.exhausted or self.closed_down


def connect(where: str) -> BoundedConnection:
    """Connect to a database by its URI, without waiting for a lock and without implicit transactions."""
    return sqlite3.connect(where, uri=True, timeout=0, isolation_level=None, factory=BoundedConnection)
