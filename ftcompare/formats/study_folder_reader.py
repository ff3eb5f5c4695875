"""Reads a study that was written as open files. The folder may come from anyone.

Only the files of the layout are read, by names in this program, and no link is followed. Lines are read one
at a time and compared with the manifest.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import Any

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.formats.jsonl import parse
from ftcompare.formats.study_folder import (
    DIGEST_LENGTH,
    EXPLAINED_BY,
    FURTHER_FILES,
    KIND,
    LAYOUT,
    LINE_DIGESTS,
    MANIFEST,
    MAX_LINE,
    TableEntry,
    line_digest,
    table_file,
)
from ftcompare.formats.text_files import MIB, place, printable, reading_failed

_LARGEST_MANIFEST = MIB
_MOST_ROWS = 2**53
_MOST_NAMED = 5
_NO_LINK = (
    os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
)
"""Flags with which a link or a pipe that replaces a file after its check does not block."""

_LONGEST_NAME = 80
_HOW = "Write the folder anew from the study, or take an unaltered copy of it."


@dataclass(frozen=True, slots=True)
class Manifest:
    """Manifest of a folder."""

    version: int  # of the study's format
    tables: tuple[TableEntry, ...]  # in their order
    # SHA-256 of the files that explain the tables, by name; none where it is not told
    explained_by: Mapping[str, str] = field(default_factory=dict)

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
        what, how = f"It holds no {MANIFEST}: it is no study as open files.", "Choose another folder."
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


def _manifest(found: Mapping[str, Any], path: Path) -> Manifest:
    layout, version, tables = (found.get(name) for name in ("layout", "study_version", "tables"))
    if not (_is_count(layout) and isinstance(version, int) and isinstance(tables, list)):
        raise _bad_manifest(path)
    if layout != LAYOUT:
        what, how = "The folder was written by a later version of this program.", "Update the program."
        raise UserError(what, where=printable(path.parent.name), how=how, code="folder-newer")
    told = found.get("explained_by")
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
    what = "The manifest is not one of a study as open files."
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
    """Rows of a folder's tables, compared with its manifest line by line.

    Use it as a context manager; the tables may be read in any order.
    """

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
            raise _altered("The file is not the one that the manifest tells of.", printable(path.name))

    def _require_same(self, raw: bytes, where: str, *, more: bool) -> None:
        if len(raw) > MAX_LINE:
            what = f"The line is longer than {MAX_LINE // MIB} MiB."
            raise UserError(what, where=where, how=_HOW, code="line-too-long")
        if more:
            raise _altered("The line was added.", where)
        line, told = raw.removesuffix(b"\n"), self._digests.read(DIGEST_LENGTH + 1)
        if told != f"{line_digest(line)}\n".encode() or line == raw:
            raise _altered("The line is not the one that was written.", where)


def _row(raw: bytes, where: str) -> Mapping[str, Json]:
    try:
        found = parse(raw.decode("utf-8"))
    except ValueError as error:
        what = "The text is not UTF-8." if isinstance(error, UnicodeDecodeError) else str(error)
        raise UserError(what, where=where, how=_HOW, code="bad-line") from None
    if not isinstance(found, dict):
        raise UserError("The line is no JSON object.", where=where, how=_HOW, code="bad-line")
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
    what = "This is a link or no file, and only files are read."
    raise UserError(what, where=printable(path.name), how=_HOW, code="folder-link")
