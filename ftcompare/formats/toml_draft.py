"""A TOML file of settings that a form edits, with its lines and comments kept."""

from __future__ import annotations

import re
import tomllib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ftcompare.core.errors import UserError
from ftcompare.core.fields import Field
from ftcompare.formats.record_fields import shown
from ftcompare.formats.text_files import printable, read_lines
from ftcompare.formats.toml_file import MAX_BYTES, TomlTable, read_toml, toml_line

_HEADER = re.compile(r"^[ \t]*\[")
_SETTING = re.compile(r"^[ \t]*(?P<key>[A-Za-z_]+)[ \t]*=[ \t]*(?P<rest>.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFile:
    title: str
    purpose: str
    stem: str  # beginning of the names of the form's parts; with ``.toml``, the name of a new file, unless
    file: str = ""  # is that name
    code: str  # code of errors
    head: str  # comment at the top of a new file, in which {0} is its name
    sections: tuple[tuple[str, tuple[Field, ...]], ...]
    check: Callable[[TomlTable, Path], object]  # raises `UserError` for the settings of a file at this path
    applies: Callable[[Field, Mapping[str, Any]], bool] = lambda _field, _values: True
    # why a valid text cannot be used yet; or empty; raises `UserError` where one setting is the reason
    why_empty: Callable[[str], str] = lambda _text: ""
    folded: bool = False  # whether unset settings are folded, except in the first section
    tables: tuple[str, ...]  # names of the tables, which are edited as the text of this field:
    tables_field: Field

    @property
    def name(self) -> str:
        return self.file or f"{self.stem}.toml"

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(one for _, fields in self.sections for one in fields)


@dataclass(frozen=True, slots=True)
class TomlDraft:
    kind: FormFile
    values: Mapping[str, Any] = field(default_factory=dict)  # the settings in the file, without tables
    text: str = ""  # text of the opened file; empty for a new one
    path: Path | None = None  # its path; None for a new one

    @property
    def tables(self) -> str:
        """The end of the text: the tables, with the comment above them."""
        return _parted(self.text)[1]

    @property
    def place(self) -> Path:
        return self.path or Path(self.kind.name)

    def text_with(self, values: Mapping[str, Any], tables: str | None = None) -> str:
        """The file's text with other values.

        Unchanged lines stay, including comments; changed lines keep the comment at their end; new settings
        are inserted before the tables, under the headings of the form. ``tables`` is the TOML of the tables;
        None keeps them. Raises `UserError`: the values or tables are inconsistent, or the file cannot be
        changed line by line.
        """
        more = self.tables if tables is None else tables
        found = self._tables(more)
        self.kind.check(TomlTable({**values, **found}, self.place.name, self.kind.code), self.place)
        head = f"# {self.kind.head.format(self.kind.name)}\n"
        text = self._changed(values) if self.text else head + self._listed(values, set())
        text = self.text if text + more == self.text else _joined(text, more)
        if not _parses(text) or tomllib.loads(text) != {**values, **found}:
            what = "The form cannot change the settings of this file in their present format."
            how = "Change it in a text editor, or write one setting per line: name = value"
            raise UserError(what, where=self.place.name, how=how, code=self.kind.code)
        return text

    def _tables(self, text: str) -> dict[str, Any]:
        kind, title = self.kind, self.kind.tables_field.title
        begin = f"Begin with {kind.tables_field.usual.partition(chr(10))[0]}"
        try:
            found = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            what = f"“{title}” is not TOML: {printable(str(error))}."
            raise UserError(what, where=self.place.name, how=begin, code=kind.code) from None
        if other := next((name for name in found if name not in kind.tables), None):
            what = f"{shown(other)} cannot be under “{title}”."
            raise UserError(what, where=self.place.name, how=begin, code=kind.code)
        return found

    def _changed(self, values: Mapping[str, Any]) -> str:
        lines, there = [], set()
        for key, line in _parted(self.text)[0]:
            if key not in self.values:
                lines.append(line)
            elif key in values:
                there.add(key)
                before = self.values[key]
                same = values[key] == before and isinstance(values[key], bool) == isinstance(before, bool)
                lines.append(line if same else f"{toml_line(key, values[key])}{_comment(line)}\n")
        text = "".join(lines)
        more = self._listed(values, there)
        if text.endswith(("\n\n", "\r\n\r\n")):
            more = more.removeprefix("\n")
        return f"{_ended(text)}{more}" if more else text

    def _listed(self, values: Mapping[str, Any], without: set[str]) -> str:
        parts = []
        for title, fields in self.kind.sections:
            keys = [one.key for one in fields if one.key in values and one.key not in without]
            if keys:
                lines = (f"{toml_line(key, values[key])}\n" for key in keys)
                parts.append(f"\n# {title}\n{''.join(lines)}")
        return "".join(parts)


def read_draft(kind: FormFile, path: Path) -> TomlDraft:
    table = read_toml(path, code=kind.code, example=toml_line(kind.fields[0].key, "…"))
    kind.check(table, path)
    text = "".join(line for _, line in read_lines(path, max_bytes=MAX_BYTES))
    return TomlDraft(
        kind, {name: value for name, value in table.values.items() if name not in kind.tables}, text, path
    )


@lru_cache(maxsize=4)
def _parted(text: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """Split a text into settings and tables; a comment above the first header belongs to the tables.

    The settings are pairs of a key and all lines of its value; other lines have an empty key.
    """
    lines = deque(text.splitlines(keepends=True))
    parts: list[tuple[str, str]] = []
    while lines and not _HEADER.match(lines[0]):
        part = lines.popleft()
        found = _SETTING.match(part.rstrip("\r\n"))
        while found and lines and not _parses(part):
            part += lines.popleft()
        parts.append((found["key"] if found else "", part))
    while lines and parts and parts[-1][1].lstrip().startswith("#"):
        lines.appendleft(parts.pop()[1])
    return tuple(parts), "".join(lines)


def _parses(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _joined(text: str, tables: str) -> str:
    if not tables.strip():
        return text
    apart = "" if not text or text.endswith(("\n\n", "\r\n\r\n")) else "\n"
    return f"{_ended(text)}{apart}{_ended(tables)}"


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _comment(line: str) -> str:
    """The comment at the end of a setting of one line, with the blanks before it."""
    rest = line.rstrip("\r\n")
    outside = re.sub(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'', lambda string: "x" * len(string[0]), rest)
    place = outside.find("#")
    return f"  {rest[place:]}" if place >= 0 and "\n" not in rest else ""
