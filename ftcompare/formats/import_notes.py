"""Counts of what an import did not use from a file, so that nothing is ignored silently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from ftcompare.formats.record_fields import Record

T = TypeVar("T")

MAX_NAMES = 1000  # maximum number of counted field names; a file with more is probably not the intended one


@dataclass(slots=True)
class ImportNotes:
    """Counts that a reader increments."""

    # lines that are no votes, by the value of their `RecordKind`
    passed: Counter[str] = field(default_factory=Counter)
    # records left out, by reason, such as "pairs without a vote"
    left_out: Counter[str] = field(default_factory=Counter)
    # unused fields by name, with the number of records that have them
    unread: Counter[str] = field(default_factory=Counter)
    read: int = 0  # number of records in the file
    used: int = 0  # number of votes or answers that the reader found in them

    def reading(self, records: Iterable[T]) -> Iterator[T]:
        for record in records:
            self.read += 1
            yield record

    def using(self, rows: Iterable[T]) -> Iterator[T]:
        """Yield the votes or answers of a file, and count them as used."""
        for row in rows:
            self.used += 1
            yield row

    def leave_out(self, reason: str) -> None:
        self.left_out[reason] += 1

    def note_unread(self, record: Record, known: Collection[str], *, of: str = "") -> None:
        """Count the non-empty fields of a record that the reader does not use.

        ``of`` is the field whose value the record is, such as ``data`` for ``data.model``.
        """
        for name in record.fields:
            if name in known or record.fields[name] in (None, "", [], {}):
                continue
            whole = f"{of}.{name}" if of else name
            if whole in self.unread or len(self.unread) < MAX_NAMES:
                self.unread[whole] += 1
