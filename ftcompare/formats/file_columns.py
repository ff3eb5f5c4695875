"""The columns of a foreign file: names, first rows, and records with the chosen columns."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.formats.json_elements import read_objects
from ftcompare.formats.parquet_file import SUFFIX as PARQUET
from ftcompare.formats.parquet_file import read_rows
from ftcompare.formats.record_fields import Record, shown
from ftcompare.formats.tables import is_table, read_table_file
from ftcompare.formats.text_files import require_content

PREVIEWED = 5
"""Number of rows shown before columns are chosen."""
_NAMED = 10
"""Maximum number of columns named in an error."""


@dataclass(frozen=True, slots=True)
class FileColumns:
    """The columns of a table or fields of JSON Lines, with the first rows.

    Args:
        names: names as spelled in the file.
        rows: at most `PREVIEWED` rows with a text for each column; other values as JSON.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def raw_records(path: Path, *, max_bytes: int, wanted: str) -> Iterator[Record]:
    """Records of a table, JSON or Parquet file with the file's own field names.

    Raises:
        UserError: with the line or row and what is wrong with it.
    """
    if is_table(path):
        return read_table_file(path, max_bytes=max_bytes, required=())
    if path.suffix.lower() == PARQUET:
        return read_rows(path, max_bytes=max_bytes)
    return read_objects(path, max_bytes=max_bytes, wanted=wanted)


def first_rows(path: Path, records: Iterable[Record], *, wanted: str) -> FileColumns:
    """The names of the columns of a file's records, and the first rows.

    Raises:
        UserError: ``file-empty``; the message says that the file should contain ``wanted``.
    """
    first = tuple(islice(records, PREVIEWED))
    require_content(path, found=bool(first), wanted=wanted)
    names = tuple(filter(None, dict.fromkeys(name for record in first for name in record.fields)))
    rows = tuple(tuple(_as_text(record.fields.get(name)) for name in names) for record in first)
    return FileColumns(names, rows)


def require_columns(where: str, chosen: Iterable[str], there: Collection[str]) -> None:
    """Refuse chosen columns that are missing in a file, or in a record of it.

    Raises:
        UserError: ``no-column``.
    """
    missing = next((name for name in chosen if name not in there), None)
    if missing is not None:
        found = ", ".join(shown(name) for name in [*there][:_NAMED])
        what = f"There is no column {shown(missing)} here; it has {found}."
        how = "Write the names as they are spelled in the file."
        raise UserError(what, where=where, how=how, code="no-column")


def _as_text(value: Json) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
