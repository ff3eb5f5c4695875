"""Study folders: the layout of an exported study, and writing it.

Each table of the study is a JSON Lines file with the table's name. The manifest contains the study's version
and, for each table, the number of rows, bytes and the SHA-256. A file of short digests, one for each row in
the order of the tables, lets a reader name an altered line. Without times and paths, equal studies give equal
bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json, file_digest
from ftcompare.core.paths import file_text
from ftcompare.core.study_tables import ColumnType, StudyTable, TableColumn
from ftcompare.formats.export_format import ExportFormat, ImportFormat, RowKind
from ftcompare.formats.json_files import parse
from ftcompare.formats.text_files import MIB, place, printable, reading_failed


@cache
def _described() -> Mapping[str, str]:
    """Return what the rows of each table are; a table of a later version without it has its name alone."""
    return tomllib.loads(file_text("study_tables.toml"))


def guide(tables: Iterable[StudyTable]) -> str:
    lines = (f"| `{table.name}.jsonl` | {_described().get(table.name, table.name)} |" for table in tables)
    return file_text("study_folder.md") + "\n".join(lines) + "\n"


def rows_schema(tables: Iterable[StudyTable], version: int) -> dict[str, Json]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Rows of the tables of a study of FTCompare, version {version}",
        "description": "Each line of TABLE.jsonl is an object with the definition of that name.",
        "$defs": {table.name: _row_schema(table) for table in tables},
    }


def _row_schema(table: StudyTable) -> dict[str, Json]:
    return {
        "description": _described().get(table.name, table.name),
        "type": "object",
        "properties": {column.name: _value_schema(column) for column in table.columns},
        "required": [column.name for column in table.columns],
        "additionalProperties": False,
    }


_TYPES: dict[ColumnType, str] = {
    ColumnType.TEXT: "string",
    ColumnType.INTEGER: "integer",
    ColumnType.REAL: "number",
}


def _value_schema(column: TableColumn) -> dict[str, Json]:
    types = [_TYPES[column.type], *(["object", "array"] if column.structured else [])]
    types += ["null"] if column.nullable else []
    return {"type": types[0] if len(types) == 1 else list[Json](types)}


KIND = "ftcompare-study"
LAYOUT = 1  # the version of the layout of the folder, not of the study

MANIFEST = "manifest.json"
SCHEMA = "schema.json"
README = "README.md"
LINE_DIGESTS = "line-digests.txt"
FURTHER_FILES = (MANIFEST, SCHEMA, README, LINE_DIGESTS)  # all files beside those of the tables

EXPLAINED_BY = (README, SCHEMA, LINE_DIGESTS)  # files outside the study that the manifest has digests of

MAX_LINE = 64 * MIB  # row with its line end; a text with control characters may take six times its size

DIGEST_LENGTH = 16  # hexadecimal digits of the SHA-256 of a line, without its end


EXPORT: ExportFormat[Mapping[str, Json]] = ExportFormat(
    id="folder",
    title="The whole study as an exported folder",
    description="A folder with everything in the study, as JSON Lines with a schema and a guide. "
    "You can create a study file from it again.",
    rows=RowKind.TABLE,
    stem="exported",
    to_object=lambda row, _context: row,
    suffix="",
    file_type="Folders",
)
IMPORT = ImportFormat(
    id=EXPORT.id,
    title="Exported study folder",
    description="A whole study, written as a folder. It becomes a new study.",
    told_by=(),
    suffixes=(),
)
"""A format that no file has: a study is created from the folder."""


@dataclass(frozen=True, slots=True)
class TableEntry:
    name: str  # of the table
    rows: int  # their number
    bytes: int  # of its file
    sha256: str  # of its file, hexadecimal


def table_file(name: str) -> str:
    return f"{name}.jsonl"


def line_digest(line: bytes) -> str:
    """Return what stands for a line, without its end, in `LINE_DIGESTS`."""
    return hashlib.sha256(line).hexdigest()[:DIGEST_LENGTH]


def write_study_folder(
    folder: Path, version: int, tables: Iterable[tuple[StudyTable, Iterable[Mapping[str, Json]]]]
) -> int:
    """Write the files of a study into an empty folder; return the number of rows.

    ``version`` is that of the study's format; rows come in the order of their keys. Raises `OSError` if
    the folder cannot be written.
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
                what = (
                    f"The row needs more than {MAX_LINE // MIB} MiB as JSON, which exceeds the limit of "
                    "readers."
                )
                how = "Save a copy of the study."
                raise UserError(what, where=place(path, count), how=how, code="row-too-long")
            size += handle.write(line + b"\n")
            whole.update(line + b"\n")
            digests.write(line_digest(line).encode() + b"\n")
    return TableEntry(name, count, size, whole.hexdigest())


def _write_json(path: Path, value: Json) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")


_LARGEST_MANIFEST = MIB
_MOST_ROWS = 2**53
_MOST_NAMED = 5
_NO_LINK = (
    os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
)
"""Flags with which a link or a pipe that replaces a file after its check does not block."""

_LONGEST_NAME = 80
_HOW = "Export the folder again from the study, or use an unaltered copy of it."


@dataclass(frozen=True, slots=True)
class Manifest:
    version: int  # of the study's format
    tables: tuple[TableEntry, ...]  # in their order
    explained_by: Mapping[str, str] = field(default_factory=dict)  # SHA-256 by name of the explaining files

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


def is_study_folder(folder: Path) -> bool:
    """Return whether a folder has a manifest of this layout, complete or not."""
    try:
        read_manifest(folder)
    except UserError as error:
        return error.code == "folder-newer"
    return True


def read_manifest(folder: Path) -> Manifest:
    if not folder.is_dir():
        what, how = "There is no such folder.", "Name the folder that `export --format folder` wrote."
        raise UserError(what, where=printable(str(folder)), how=how, code="folder-missing")
    path = folder / MANIFEST
    if not os.path.lexists(path):
        what, how = (
            f"It contains no {MANIFEST}, so it is not an exported study folder.",
            "Choose another folder.",
        )
        raise UserError(what, where=printable(str(folder)), how=how, code="folder-foreign")
    with _opened(path) as handle:
        raw = handle.read(_LARGEST_MANIFEST + 1)
    try:
        found = parse(raw.decode("utf-8")) if len(raw) <= _LARGEST_MANIFEST else None
    except ValueError as error:
        raise _bad_manifest(path) from error
    if not isinstance(found, dict) or found.get("format") != KIND:
        raise _bad_manifest(path)
    return _manifest(found, path)


def _manifest(fields: Mapping[str, Any], path: Path) -> Manifest:
    layout, version, tables = (fields.get(name) for name in ("layout", "study_version", "tables"))
    if not (_is_count(layout) and isinstance(version, int) and isinstance(tables, list)):
        raise _bad_manifest(path)
    if layout != LAYOUT:
        what, how = "The folder was written by a later version of this program.", "Update the program."
        raise UserError(what, where=printable(path.parent.name), how=how, code="folder-newer")
    told = fields.get("explained_by")
    explained_by = {name: str(told.get(name)) for name in EXPLAINED_BY} if isinstance(told, dict) else {}
    return Manifest(version, tuple(_entry(table, path) for table in tables), explained_by)


def _entry(table: Any, path: Path) -> TableEntry:
    if not isinstance(table, dict) or set(table) != {"name", "rows", "bytes", "sha256"}:
        raise _bad_manifest(path)
    texts, counts = (table["name"], table["sha256"]), (table["rows"], table["bytes"])
    if not (all(isinstance(text, str) for text in texts) and all(_is_count(count) for count in counts)):
        raise _bad_manifest(path)
    return TableEntry(**table)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_ROWS


def _bad_manifest(path: Path) -> UserError:
    what = "The manifest is not that of an exported study folder."
    return UserError(what, where=f"{printable(path.parent.name)}/{MANIFEST}", how=_HOW, code="bad-manifest")


def require_tables(folder: Path, manifest: Manifest, names: Sequence[str]) -> None:
    """Refuse a folder with other tables than these, or with a file that is missing or no file."""
    if [table.name for table in manifest.tables] != list(names):
        raise _bad_manifest(folder / MANIFEST)
    for name in (*map(table_file, names), LINE_DIGESTS):
        if not os.path.lexists(folder / name):
            what = "A file of the study is missing."
            raise UserError(what, where=printable(name), how=_HOW, code="table-missing")
        _opened(folder / name).close()


def first_changed(folder: Path, manifest: Manifest) -> str:
    """Return the name of a file that was altered or is missing; empty for none."""
    told = {table_file(table.name): table.sha256 for table in manifest.tables}
    told |= {name: manifest.explained_by.get(name, "") for name in EXPLAINED_BY}
    return next((name for name in told if _digest_of(folder / name) != told[name]), "")


def _digest_of(path: Path) -> str:
    if not os.path.lexists(path):
        return "missing"
    with _opened(path) as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def other_files(folder: Path, names: Sequence[str]) -> tuple[str, ...]:
    """Return the entries of a folder that are no part of the study; of many, a few are named."""
    known = {*map(table_file, names), *FURTHER_FILES}
    found: list[str] = []
    more = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name not in known:
                more += len(found) >= _MOST_NAMED
                found += [printable(entry.name)[:_LONGEST_NAME]] if len(found) < _MOST_NAMED else []
    return (*sorted(found), *([f"{more:,} more"] if more else []))


class FolderRows:
    """Rows of a folder's tables, in any order, compared with its manifest line by line."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self._folder = folder
        self._entries = {table.name: table for table in manifest.tables}
        self._before: dict[str, int] = {}
        count = 0
        for table in manifest.tables:
            self._before[table.name] = count
            count += table.rows
        self._digests = _opened(folder / LINE_DIGESTS)

    def __enter__(self) -> FolderRows:
        return self

    def __exit__(self, *_: object) -> None:
        self._digests.close()

    def of(self, name: str) -> Iterator[tuple[str, Mapping[str, Json]]]:
        """Yield the rows of a table, each with its position for errors."""
        path, entry = self._folder / table_file(name), self._entries[name]
        whole, number = hashlib.sha256(), 0
        self._digests.seek(self._before[name] * (DIGEST_LENGTH + 1))
        with _opened(path) as handle:
            while raw := handle.readline(MAX_LINE + 1):
                number += 1
                where = place(path, number)
                self._require_same(raw, where, more=number > entry.rows)
                whole.update(raw)
                yield where, _row(raw, where)
        if number < entry.rows:
            raise _altered(f"The file ends before line {number + 1:,}.", printable(path.name))
        if whole.hexdigest() != entry.sha256:
            raise _altered("The file differs from the one in the manifest.", printable(path.name))

    def _require_same(self, raw: bytes, where: str, *, more: bool) -> None:
        if len(raw) > MAX_LINE:
            what = f"The line is longer than {MAX_LINE // MIB} MiB."
            raise UserError(what, where=where, how=_HOW, code="line-too-long")
        if more:
            raise _altered("The line was added.", where)
        line, told = raw.removesuffix(b"\n"), self._digests.read(DIGEST_LENGTH + 1)
        if told != f"{line_digest(line)}\n".encode() or line == raw:
            raise _altered("The line was altered.", where)


def _row(raw: bytes, where: str) -> Mapping[str, Json]:
    try:
        found = parse(raw.decode("utf-8"))
    except ValueError as error:
        what = "The text is not UTF-8." if isinstance(error, UnicodeDecodeError) else str(error)
        raise UserError(what, where=where, how=_HOW, code="bad-line") from None
    if not isinstance(found, dict):
        raise UserError("The line is not a JSON object.", where=where, how=_HOW, code="bad-line")
    return found


def _altered(what: str, where: str) -> UserError:
    return UserError(f"The folder was altered. {what}", where=where, how=_HOW, code="folder-altered")


def _opened(path: Path) -> BufferedReader:
    """Open a regular file of the folder, and nothing else; no link is followed."""
    try:
        if stat.S_ISREG(os.lstat(path).st_mode):
            return os.fdopen(os.open(path, _NO_LINK), "rb")
    except OSError as error:
        raise reading_failed(error, path) from error
    what = "This is a link or not a file, and only files are read."
    raise UserError(what, where=printable(path.name), how=_HOW, code="folder-link")
