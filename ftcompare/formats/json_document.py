"""``json``: one document in a file, as printed by ``--json`` or stored for the application."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.formats.atomic_write import atomic_text
from ftcompare.formats.jsonl import parse, require_rows
from ftcompare.formats.text_files import MIB, printable, read_lines

MAX_BYTES = 1 * MIB  # of a document to read: the application's own file, which people may edit


def json_text(document: Mapping[str, object], *, ascii_only: bool = False) -> str:
    """Return the document without a final line end; control and invisible characters as escapes.

    Raises `ValueError` for a number that is not finite; undefined figures must be None.
    """
    text = json.dumps(document, indent=2, ensure_ascii=ascii_only, allow_nan=False)
    # Outside strings a document contains only spaces and line breaks, so all escapes are inside strings.
    return "\n".join(line if line.isprintable() else _escaped(line) for line in text.split("\n"))


def _escaped(line: str) -> str:
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)


def read_json(path: Path) -> Json:
    """Read the value of a file, within the limits of `parse`."""
    text = "".join(line for _, line in read_lines(path, max_bytes=MAX_BYTES))
    try:
        return parse(text, any_text=True)
    except ValueError as error:
        how = "Correct the file, or remove it."
        raise UserError(str(error), where=printable(path.name), how=how, code="bad-json") from None


def write_json(path: Path, document: Mapping[str, object], *, replace: bool = True) -> None:
    """Write the file, completely or not at all. Raises as `json_text`."""
    text = json_text(document)
    with atomic_text(path, replace=replace) as handle:
        handle.write(f"{text}\n")


def write_array(path: Path, objects: Iterable[Json], *, what: str) -> int:
    """Write an array with one object on each line, completely or not at all; return their number."""
    count = 0
    with atomic_text(path) as handle:
        for value in objects:
            handle.write("[\n" if not count else ",\n")
            handle.write(json.dumps(value, ensure_ascii=False, allow_nan=False))
            count += 1
        require_rows(path, count, what)
        handle.write("\n]\n")
    return count
