"""What an import did not take from a file, counted while it is read, so that nothing is swallowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from ftcompare.formats.record_fields import Record

MAX_NAMES = 1000
"""Names of fields that are counted; a file of more is not the one that was meant."""


@dataclass(frozen=True, slots=True)
class ImportNotes:
    """Counts that a reader adds to.

    Args:
        passed: lines that are no votes, by the value of their `RecordKind`.
        left_out: records that were passed over, by the reason: "pairs without a vote".
        unread: fields that were not taken, by name, with the number of records that have them.
    """

    passed: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)

    def leave_out(self, reason: str) -> None:
        """Count a record that is passed over."""
        self.left_out[reason] += 1

    def note_unread(self, record: Record, known: Collection[str], *, of: str = "") -> None:
        """Count the fields of a record that no reader asks for and that say something.

        Args:
            record: as it stands in the file.
            known: names that are asked for.
            of: the field that the record is the value of, as ``data`` of ``data.model``.
        """
        for name in record.fields:
            if name in known or record.fields[name] in (None, "", [], {}):
                continue
            whole = f"{of}.{name}" if of else name
            if whole in self.unread or len(self.unread) < MAX_NAMES:
                self.unread[whole] += 1
