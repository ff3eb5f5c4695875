"""A study as open files: the layout of the folder, and writing it.

Each table of the study is a JSON Lines file with the table's name. The manifest contains the study's version
and, for each table, the number of rows, bytes and the SHA-256. A file of short digests, one for each row in
the order of the tables, lets a reader name an altered line. Times and paths are not written, so equal studies
give equal bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.study_tables import StudyTable
from ftcompare.formats.export_format import ExportFormat, RowKind
from ftcompare.formats.study_folder_guide import guide, rows_schema
from ftcompare.formats.text_files import MIB, place

KIND = "ftcompare-study"
LAYOUT = 1
"""The version of the layout of the folder; that of the study is told beside it."""

MANIFEST = "manifest.json"
SCHEMA = "schema.json"
README = "README.md"
LINE_DIGESTS = "line-digests.txt"
FURTHER_FILES = (MANIFEST, SCHEMA, README, LINE_DIGESTS)
"""All files beside those of the tables."""

EXPLAINED_BY = (README, SCHEMA, LINE_DIGESTS)
"""Of these, those whose digests the manifest tells: no part of the study, but somebody may work in them."""

MAX_LINE = 64 * MIB
"""Bytes of the longest row with its line end: a text with control characters may take six times its size."""

DIGEST_LENGTH = 16
"""Hexadecimal digits of the SHA-256 of a line, without its end."""


EXPORT: ExportFormat[Mapping[str, Json]] = ExportFormat(
    id="folder",
    title="The whole study as open files",
    description="A folder with all that the study is made of, as JSON Lines with a schema and a guide; "
    "a study file can be made of it again.",
    rows=RowKind.TABLE,
    stem="as open files",
    to_object=lambda row, _context: row,
    suffix="",
    file_type="Folders",
)
"""Its files are written by `write_study_folder`."""


@dataclass(frozen=True, slots=True)
class TableEntry:
    """What the manifest tells of a table.

    Args:
        name: of the table.
        rows: their number.
        bytes: of its file.
        sha256: of its file, hexadecimal.
    """

    name: str
    rows: int
    bytes: int
    sha256: str


def table_file(name: str) -> str:
    """The name of a table's file."""
    return f"{name}.jsonl"


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def line_digest(line: bytes) -> str:
    """What stands for a line in `LINE_DIGESTS`; the line is without its end."""
    return hashlib.sha256(line).hexdigest()[:DIGEST_LENGTH]


def write_study_folder(
    folder: Path, version: int, tables: Iterable[tuple[StudyTable, Iterable[Mapping[str, Json]]]]
) -> int:
    """Writes the files of a study into an empty folder; returns the number of rows.

    Args:
        folder: that is there.
        version: of the study's format.
        tables: with their rows in the order of their keys.

    Raises:
        UserError: ``row-too-long`` for a row that no reader would take.
        OSError: the disk is full, and the like.
    """
    entries, written = [], []
    with (folder / LINE_DIGESTS).open("xb") as digests:
        for table, rows in tables:
            entries.append(_write_table(folder / table_file(table.name), table.name, rows, digests))
            written.append(table)
    _write_json(folder / SCHEMA, rows_schema(written, version))
    (folder / README).write_text(guide(written), encoding="utf-8", newline="\n")
    manifest: dict[str, Json] = {"format": KIND, "layout": LAYOUT, "study_version": version}
    manifest["tables"] = [asdict(entry) for entry in entries]
    manifest["explained_by"] = {name: file_digest(folder / name) for name in EXPLAINED_BY}
    _write_json(folder / MANIFEST, manifest)
    return sum(entry.rows for entry in entries)


def _write_table(path: Path, name: str, rows: Iterable[Mapping[str, Json]], digests: BinaryIO) -> TableEntry:
    whole, count, size = hashlib.sha256(), 0, 0
    with path.open("xb") as handle:
        for row in rows:
            line = json.dumps(row, ensure_ascii=False, allow_nan=False).encode()
            count += 1
            if len(line) >= MAX_LINE:
                raise _too_long(path, count)
            size += handle.write(line + b"\n")
            whole.update(line + b"\n")
            digests.write(line_digest(line).encode() + b"\n")
    return TableEntry(name, count, size, whole.hexdigest())


def _write_json(path: Path, value: Json) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")


def _too_long(path: Path, number: int) -> UserError:
    what = f"The row takes more than {MAX_LINE // MIB} MiB as JSON, which is more than readers take."
    return UserError(what, where=place(path, number), how="Save a copy of the study.", code="row-too-long")
