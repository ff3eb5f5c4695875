"""Folders of open files for tests: written, compared, and altered as by one who knows."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ftcompare.core.hashing import Json
from ftcompare.formats.study_folder import LINE_DIGESTS, MANIFEST, line_digest, table_file
from ftcompare.store.study.study_file import StudyFile


def all_rows(study: StudyFile) -> dict[str, list[dict[str, Json]]]:
    return {table.name: list(study.tables.rows(table)) for table in study.tables.all()}


def all_bytes(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def lines_of(folder: Path, table: str) -> list[str]:
    return (folder / table_file(table)).read_text(encoding="utf-8").split("\n")[:-1]


def write_lines(folder: Path, table: str, lines: list[str], *, seal: bool = False) -> None:
    """Put these lines in a table's file; with ``seal`` as somebody who makes the digests again, too."""
    (folder / table_file(table)).write_text("".join(f"{line}\n" for line in lines), "utf-8", newline="\n")
    if seal:
        seal_again(folder)


def seal_again(folder: Path) -> None:
    """Make the manifest and the digests those of the files that are there."""
    manifest, digests = json.loads((folder / MANIFEST).read_text("utf-8")), ""
    for entry in manifest["tables"]:
        raw = (folder / table_file(entry["name"])).read_bytes()
        lines = raw.split(b"\n")[:-1]
        entry |= {"rows": len(lines), "bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
        digests += "".join(f"{line_digest(line)}\n" for line in lines)
    (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    (folder / LINE_DIGESTS).write_text(digests, "utf-8", newline="\n")


def change(folder: Path, table: str, number: int, **values: Any) -> None:
    """Change fields of a row (from 1) and make all digests again."""
    lines = lines_of(folder, table)
    lines[number - 1] = json.dumps({**json.loads(lines[number - 1]), **values}, ensure_ascii=False)
    write_lines(folder, table, lines, seal=True)
