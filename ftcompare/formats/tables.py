"""Files of one table, told by their suffix: CSV, TSV, Excel."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from ftcompare.formats.csv_reader import read_table, records_of_rows
from ftcompare.formats.record_fields import Record
from ftcompare.formats.text_files import read_lines
from ftcompare.formats.workbook import MAX_BYTES as MAX_WORKBOOK
from ftcompare.formats.workbook import ROW, read_rows

SUFFIXES = (".csv", ".tsv", ".xlsx")


def is_table(path: Path) -> bool:
    """Whether the suffix says so."""
    return path.suffix.lower() in SUFFIXES


def read_table_file(
    path: Path, *, max_bytes: int, required: tuple[str, ...], known: Collection[str] = ()
) -> Iterator[Record]:
    """The rows of a table below its header row; ``required`` and ``known`` as for `read_table`.

    Raises:
        UserError: with the line or row and what is wrong with it.
    """
    if path.suffix.lower() == ".xlsx":
        rows = read_rows(path, max_bytes=min(max_bytes, MAX_WORKBOOK))
        return records_of_rows(path, rows, required=required, known=known, unit=ROW)
    return read_table(path, read_lines(path, max_bytes=max_bytes), required=required, known=known)
