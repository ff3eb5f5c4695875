"""SQLite connections whose statements are bounded in size and steps, and can be interrupted.

A study or a pack may come from anyone. `schema_comparison` sees to it that no SQL of the file's own
runs; the bounds here hold for what is left, the values.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import suppress
from typing import Any

MIB = 2**20

LONGEST_VALUE = 256 * MIB
"""Bytes of one value or row. A line of an imported file has at most 16 MiB, of which a prompt, a response
or a comment is a part; the record of a generation run is far smaller."""

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
"""What the product's own statements stay far below: https://sqlite.org/limits.html"""

STEPS = 50_000
"""Steps of SQLite's machine between two looks at whether to go on: about a millisecond."""

SCHEMA_STEPS = 2_000_000
"""Allowed for reading what a file defines, which takes some thousands."""

FIRST_STEPS = 100_000_000
STEPS_A_BYTE = 40
"""Allowed for SQLite's own check of a file, which takes fewer than four for a byte of the file."""

GRACE = 2.0
"""Seconds that a statement may go on once the program is closing."""

_thread = threading.local()


def end_statements_on(closing: threading.Event) -> None:
    """Lets an event end the long statements of connections that this thread makes from now on."""
    _thread.closing = closing


class BoundedConnection(sqlite3.Connection):
    """A connection with `LIMITS`; give it to `sqlite3.connect` as its factory.

    Python runs its signal handlers while the handler below runs, so that Ctrl-C ends a statement: its
    error has the code ``SQLITE_INTERRUPT``, and neither `exhausted` nor `closed_down` is set.
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
        """Gives the file back; harmless when done twice."""
        with suppress(sqlite3.ProgrammingError):  # it is closed
            self.set_progress_handler(None, STEPS)
        super().close()

    def allow(self, steps: int | None) -> None:
        """From here on all statements together may take so many steps; None for as many as they need."""
        self._looks_left = None if steps is None else max(1, steps // STEPS)

    def _must_end(self) -> bool:
        if self._looks_left is not None:
            self._looks_left -= 1
            self.exhausted = self._looks_left < 0
        if self._closing is not None and self._closing.is_set() and not self.in_transaction:
            self.closed_down = self._waited()
        return self.exhausted or self.closed_down

    def _waited(self) -> bool:
        """Whether the program has been closing for so long that a statement may not go on."""
        self._closing_since = self._closing_since or time.monotonic()
        return time.monotonic() - self._closing_since > GRACE


def connect(where: str) -> BoundedConnection:
    """Connects to a database by its URI, without waiting for a lock, with no transaction begun unasked.

    Raises:
        sqlite3.Error: as `sqlite3.connect`.
    """
    return sqlite3.connect(where, uri=True, timeout=0, isolation_level=None, factory=BoundedConnection)
