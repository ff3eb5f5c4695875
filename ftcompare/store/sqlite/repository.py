"""What every repository stands on, and the small table of keys and values that both kinds of file have."""

from __future__ import annotations

from ftcompare.store.sqlite.connection import Connection


class Repository:
    """The operations on one family of tables of an open file.

    Every method is one transaction, or a part of one that is open already: repositories call each other
    within one. Making a repository costs nothing; none holds anything but the connection.
    """

    def __init__(self, connection: Connection) -> None:
        self._db = connection


class KeyValueStore(Repository):
    """The table ``state``: small things about a file that are kept between sessions."""

    def put(self, key: str, value: str) -> None:
        """Keeps a value under a key, in place of an earlier one."""
        self._db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (key, value))

    def get(self, key: str) -> str:
        """What was kept under a key; empty if nothing was."""
        row = self._db.first("SELECT value FROM state WHERE key = ?", (key,))
        return row["value"] if row else ""
