"""Detects that the file of an open connection was replaced or truncated by another program.

A locked connection reads no page twice and writes only what it changed, so it does not notice this itself.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import NamedTuple

from ftcompare.store.sqlite.bounded_connection import BoundedConnection

_HEADER = 100  # bytes: https://sqlite.org/fileformat2.html#the_database_header

_MAGIC = b"SQLite format 3\x00"
_CHUNK = 2**20

_FIELDS = {28: "page_count", 36: "freelist_count", 40: "schema_version"}
_FIELDS |= {60: "user_version", 68: "application_id"}
"""Offset in the header of each number that is compared, and the pragma that returns the connection's value.
"""


class FileState(NamedTuple):
    """Properties of a file that can be read at little cost."""

    size: int
    header: bytes
    modified: int


class FileGuard:
    """Holds a file descriptor, so that the header can be read between two transactions.

    On POSIX, closing any descriptor of a file releases the process's locks on it. The descriptor is therefore
    opened after the connection has its lock and closed after the connection
    (https://sqlite.org/howtocorrupt.html, 2.2). Raises OSError if the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self._left = self._seen()
        self.settled = True
        """Whether `settle` was called after the last transaction of the connection."""

    def close(self) -> None:
        """Close the descriptor; call it after the connection is closed."""
        os.close(self._descriptor)

    def untouched(self, raw: BoundedConnection) -> bool:
        """Return whether only this connection has written to the file since `settle`.

        A file with another modification time, which copying programs and slow network folders may cause, is
        compared with every page that the connection holds, as after a failed transaction.
        """
        found = self._seen()
        if found == self._left:
            return True
        if self.settled and found[:2] != self._left[:2]:
            return False
        return self._same_pages(raw.serialize()) and self.settle(raw)

    def settle(self, raw: BoundedConnection) -> bool:
        """Take the file's state as known; return whether it is what the connection wrote."""
        found = self._seen()
        if not _written_by(raw, found):
            return False
        self._left, self.settled = found, True
        return True

    def _seen(self) -> FileState:
        status = os.fstat(self._descriptor)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        return FileState(status.st_size, os.read(self._descriptor, _HEADER), status.st_mtime_ns)

    def _same_pages(self, held: bytes) -> bool:
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        view = memoryview(held)
        parts = (view[start : start + _CHUNK] for start in range(0, len(view), _CHUNK))
        return all(os.read(self._descriptor, _CHUNK) == part for part in parts)


def _written_by(raw: BoundedConnection, found: FileState) -> bool:
    if len(found.header) < _HEADER or not found.header.startswith(_MAGIC):
        return False
    held = {place: _pragma(raw, name) for place, name in _FIELDS.items()}
    numbers = {place: struct.unpack_from(">i", found.header, place)[0] for place in _FIELDS}
    return numbers == held and found.size >= held[28] * _pragma(raw, "page_size")


def _pragma(raw: BoundedConnection, name: str) -> int:
    return int(raw.execute(f"PRAGMA {name}").fetchone()[0])
