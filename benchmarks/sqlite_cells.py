"""Where in an SQLite file the rows of a table lie, byte by byte.

Follows https://sqlite.org/fileformat2.html: sections 1.6 (b-tree pages) and 2.1 (records).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_LEAF_TABLE, _INNER_TABLE, _LEAF_INDEX, _INNER_INDEX = 0x0D, 0x05, 0x0A, 0x02
_FILE_HEADER = 100


@dataclass(frozen=True, slots=True)
class Cell:
    """One row. ``places`` are the offsets in the file of its rowid, its record's header and its values."""

    table: str
    places: tuple[int, ...]


def cells(path: Path, tables: tuple[str, ...]) -> list[Cell]:
    """Every row of these tables, with all its bytes, those on overflow pages included."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT name, rootpage FROM sqlite_master WHERE type = 'table'").fetchall()
    roots = {name: root for name, root in rows if name in tables}
    file = _File(path.read_bytes())
    return [Cell(table, places) for table, root in roots.items() for places in file.rows(root)]


class _File:
    """A database file's bytes."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        size = self._number(16, 2)
        self._page = 65536 if size == 1 else size
        self._usable = self._page - content[20]

    def rows(self, page: int) -> Iterator[tuple[int, ...]]:
        """The places of each row of the b-tree that begins on a page (counted from 1)."""
        start = (page - 1) * self._page
        header = start + (_FILE_HEADER if page == 1 else 0)
        kind, count = self._content[header], self._number(header + 3, 2)
        inner = kind in (_INNER_TABLE, _INNER_INDEX)
        pointers = header + (12 if inner else 8)
        for number in range(count):
            cell = start + self._number(pointers + 2 * number, 2)
            if inner:
                yield from self.rows(self._number(cell, 4))
            if kind != _INNER_TABLE:  # its cells hold keys alone
                yield tuple(self._row(cell + (4 if inner else 0), index=kind != _LEAF_TABLE))
        if inner:
            yield from self.rows(self._number(header + 8, 4))

    def _row(self, cell: int, *, index: bool) -> Iterator[int]:
        size, at = self._varint(cell)
        if not index:
            _, payload = self._varint(at)
            yield from range(at, payload)
            at = payload
        here = self._local(size, index=index)
        yield from range(at, at + here)
        if here < size:
            yield from self._overflow(self._number(at + here, 4), size - here)

    def _overflow(self, page: int, left: int) -> Iterator[int]:
        while left:
            start = (page - 1) * self._page
            held = min(left, self._usable - 4)
            yield from range(start + 4, start + 4 + held)
            page, left = self._number(start, 4), left - held

    def _local(self, size: int, *, index: bool) -> int:
        """How much of a record lies in its cell (section 1.6)."""
        most = (self._usable - 12) * 64 // 255 - 23 if index else self._usable - 35
        if size <= most:
            return size
        least = (self._usable - 12) * 32 // 255 - 23
        rest = least + (size - least) % (self._usable - 4)
        return rest if rest <= most else least

    def _number(self, at: int, width: int) -> int:
        return int.from_bytes(self._content[at : at + width], "big")

    def _varint(self, at: int) -> tuple[int, int]:
        """A number of 1 to 9 bytes, and where it ends."""
        value = 0
        for step in range(8):
            byte = self._content[at + step]
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value, at + step + 1
        return value << 8 | self._content[at + 8], at + 9
