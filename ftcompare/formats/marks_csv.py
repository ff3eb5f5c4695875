"""Marks as a CSV table, one row each."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import replace as changed
from pathlib import Path

from ftcompare.formats.atomic_write import atomic_text
from ftcompare.formats.csv_reader import read_table
from ftcompare.formats.judgments_csv import safe_cell
from ftcompare.formats.mark_record import MarkRecord
from ftcompare.formats.record_fields import Record
from ftcompare.formats.text_files import MIB, read_lines

MAX_BYTES = 64 * MIB
KINDS = {"mark": False, "reviewed": True}
COLUMNS = (
    *("kind", "expert", "prompt_id", "answer", "system", "start", "end", "quote", "prefix", "suffix"),
    *("error_type", "severity", "comment", "suggestion", "at"),
)


def write_marks_csv(path: Path, marks: Iterable[MarkRecord], *, replace: bool) -> None:
    """Write the table, completely or not at all; cells that look like formulas get an apostrophe.

    Raises:
        UserError, EnvironmentFault: as `atomic_text`.
    """
    with atomic_text(path, encoding="utf-8-sig", replace=replace) as handle:
        table = csv.writer(handle)
        table.writerow(COLUMNS)
        table.writerows(_cells(mark) for mark in marks)


def _cells(mark: MarkRecord) -> list[str]:
    places = ("start", "end")
    cells = ("" if mark.reviewed and name in places else str(getattr(mark, name)) for name in COLUMNS[1:])
    return ["reviewed" if mark.reviewed else "mark", *map(safe_cell, cells)]


def read_marks_csv(path: Path) -> tuple[MarkRecord, ...]:
    """Read the marks of a table in the form of `write_marks_csv`; ``prefix`` and ``suffix`` are not required.

    Raises:
        UserError: with the line and what is wrong with it.
    """
    lines = read_lines(path, max_bytes=MAX_BYTES)
    return tuple(map(_mark, read_table(path, lines, required=("expert",), known=COLUMNS)))


def _mark(record: Record) -> MarkRecord:
    answer = MarkRecord(
        expert=record.required_label("expert"),
        prompt_id=record.required_label("prompt_id"),
        answer=record.required_label("answer"),
        system=record.label("system"),
        reviewed=record.word("kind", KINDS, default=False),
        at=record.label("at"),
        where=record.where,
        escaped=True,
    )
    if answer.reviewed:
        return answer
    return changed(
        answer,
        start=_whole(record, "start"),
        end=_whole(record, "end"),
        error_type=record.required_label("error_type"),
        severity=record.required_label("severity"),
        quote=record.text("quote"),
        prefix=record.text("prefix"),
        suffix=record.text("suffix"),
        comment=record.text("comment"),
        suggestion=record.text("suggestion"),
    )


def _whole(record: Record, name: str) -> int:
    text = record.required_label(name)
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise record.error(f"{name} must be a whole number from 0 on, not {text[:40]!r}.")
    return int(text)
