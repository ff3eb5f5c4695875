"""Read JSON files of any size, one element at a time: arrays of records, and lists inside a document.

Only one element is held in memory, within the limits of a JSON Lines line: `MAX_LINE_BYTES` characters, and
the limits of `parse`. Lines are counted, so that an error names the line on which an element begins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeAlias

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.formats.jsonl import MAX_DEPTH, parse, read_records
from ftcompare.formats.record_fields import Record, shown
from ftcompare.formats.text_files import MAX_LINE_BYTES, MIB, place, printable, read_blocks, require_content

KeyPath: TypeAlias = tuple[str, ...]  # the keys that lead from the top of a document to a value

MAX_NAME = 80  # maximum number of characters of the names in an error

_BLANKS = re.compile(r"[ \t\r\n]*")
_MARK = re.compile(r'["\[\]{}]')
_QUOTE = re.compile(r'["\\]')
_SCALAR_END = re.compile(r'[\s,:\[\]{}"]')
_HOW = "Correct the file there, or export it again; nothing was imported."


@dataclass(frozen=True, slots=True)
class JsonElement:
    """Value of a file."""

    path: KeyPath  # its position in the document; empty at the top
    number: int  # number of the element in its list, from 1; 0 for a value outside the requested lists
    value: Json
    where: str  # file and line, for errors
    line: int  # line on which it begins

    def record(self) -> Record:
        if not isinstance(self.value, dict):
            raise _wrong(
                f"{_named(self.path, self.number)} is not an object but {shown(self.value)}.", self.where
            )
        return Record(self.value, self.where, self.line)


def read_objects(
    path: Path, *, max_bytes: int, wanted: str, not_finite: Callable[[int], object] | None = None
) -> Iterator[Record]:
    """Read objects one at a time: JSON Lines, one array of objects, or concatenated objects.

    The file is an array if its first character is ``[``; else JSON Lines or, with the suffix ``.json``,
    objects in any layout. ``wanted`` is a noun for an object, for the error about an empty file;
    ``not_finite`` is for JSON Lines, as in `read_records`.
    """
    first = _Source(path, max_bytes).peek()
    if first != "[" and path.suffix.lower() != ".json":
        yield from read_records(path, max_bytes=max_bytes, wanted=wanted, not_finite=not_finite)
        return
    found = False
    for element in read_elements(path, [()], max_bytes=max_bytes, several=True):
        found = True
        yield element.record()
    require_content(path, found=found, wanted=f"a list of objects: {wanted}")


def read_elements(
    path: Path, lists: Collection[KeyPath], *, max_bytes: int, several: bool = False
) -> Iterator[JsonElement]:
    """Read the values of a document in order: elements of the requested lists, and other values whole.

    ``lists`` are the positions of the lists, ``()`` for one at the top. ``several`` allows further values
    after the first one at the top.
    """
    walk = _Walk(_Source(path, max_bytes), path, frozenset(lists))
    while walk.source.peek():
        yield from walk.value(())
        if not several and walk.source.peek():
            walk.fail("Something stands behind the end of the document.")


class _Source:
    """Text of a file, of which only the current part is held."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._blocks = read_blocks(path, max_bytes=max_bytes)
        self.text = ""
        self.at = 0
        self.line = 1

    def more(self) -> bool:
        """Drop text that was read and add a block; return False at the end of the file."""
        block = next(self._blocks, "")
        self.text, self.at = self.text[self.at :] + block, 0
        return bool(block)

    def move(self, to: int) -> str:
        """Advance to a position in the text; return the text before it."""
        passed = self.text[self.at : to]
        self.line += passed.count("\n")
        self.at = to
        return passed

    def peek(self) -> str:
        """Return the next non-blank character; empty at the end."""
        while True:
            found = _BLANKS.match(self.text, self.at)
            self.move(found.end() if found else self.at)
            if self.at < len(self.text) or not self.more():
                return self.text[self.at : self.at + 1]


class _Walk:
    """Walks through a document down to the requested lists."""

    def __init__(self, source: _Source, path: Path, lists: frozenset[KeyPath]) -> None:
        self.source, self._path, self._lists = source, path, lists
        self._above = {way[:length] for way in lists for length in range(len(way))}

    def value(self, path: KeyPath) -> Iterator[JsonElement]:
        """Yield the elements of the value that begins here."""
        opening = self.source.peek()
        if opening == "[" and path in self._lists:
            yield from self._list(path)
        elif opening == "{" and path in self._above:
            yield from self._object(path)
        else:
            yield self._whole(path, 0)

    def fail(self, what: str) -> NoReturn:
        raise _wrong(what, place(self._path, self.source.line))

    def _list(self, path: KeyPath) -> Iterator[JsonElement]:
        self._expect("[")
        if self.source.peek() == "]":
            self._expect("]")
            return
        number = 0
        while True:
            number += 1
            yield self._whole(path, number)
            if self._expect(",]") == "]":
                return

    def _object(self, path: KeyPath) -> Iterator[JsonElement]:
        self._expect("{")
        names: set[str] = set()
        if self.source.peek() == "}":
            self._expect("}")
            return
        while True:
            name = self._name()
            if name in names:
                self.fail(f"The field {shown(name)} stands twice.")
            names.add(name)
            self._expect(":")
            yield from self.value((*path, name))
            if self._expect(",}") == "}":
                return

    def _name(self) -> str:
        if self.source.peek() != '"':
            self.fail("This is not JSON: the name of a field must stand here, in double quotes.")
        return str(self._whole((), 0).value)

    def _expect(self, allowed: str) -> str:
        found = self.source.peek()
        if not found:
            self.fail("This is not JSON: the file ends too early.")
        if found not in allowed:
            self.fail(f"This is not JSON: {shown(found)} stands where {' or '.join(allowed)} must stand.")
        self.source.move(self.source.at + 1)
        return found

    def _whole(self, path: KeyPath, number: int) -> JsonElement:
        opening, line = self.source.peek(), self.source.line
        where = place(self._path, line)
        text = self._nested(where) if opening in ("[", "{", '"') else self._scalar()
        try:
            value = parse(text)
        except ValueError as error:
            raise _wrong(f"{_named(path, number)}: {error}", where) from None
        return JsonElement(path, number, value, where, line)

    def _scalar(self) -> str:
        pieces: list[str] = []
        while True:
            end = _SCALAR_END.search(self.source.text, self.source.at)
            pieces.append(self.source.move(end.start() if end else len(self.source.text)))
            self._check_length(pieces)
            if end or not self.source.more():
                return "".join(pieces)

    def _nested(self, where: str) -> str:
        """Return the text of a list, object or string, to its last character."""
        pieces: list[str] = []
        depth, within = 0, False
        while True:
            source, at = self.source, self.source.at
            while found := (_QUOTE if within else _MARK).search(source.text, at):
                at = found.end()
                match found.group():
                    case "\\":
                        if at == len(source.text):
                            at -= 1
                            break
                        at += 1
                    case '"':
                        within = not within
                    case "[" | "{":
                        depth += 1
                    case _:
                        depth -= 1
                if depth > MAX_DEPTH:
                    raise _wrong(f"Lists and objects nest deeper than {MAX_DEPTH}.", where)
                if not depth and not within:
                    pieces.append(source.move(at))
                    return "".join(pieces)
            # A backslash at the end of the block needs the next character.
            pieces.append(source.move(at if found else len(source.text)))
            self._check_length(pieces)
            if not source.more():
                raise _wrong("This is not JSON: the file ends within this value.", where)

    def _check_length(self, pieces: list[str]) -> None:
        if sum(map(len, pieces)) > MAX_LINE_BYTES:
            self.fail(f"One record is longer than {MAX_LINE_BYTES // MIB} MiB.")


def _named(path: KeyPath, number: int) -> str:
    """Return a value's name in errors: ``Record 3 of examples``."""
    name = printable(".".join(path))[:MAX_NAME]
    if number:
        return f"Record {number} of {name}" if name else f"Record {number}"
    return name or "The record"


def _wrong(what: str, where: str) -> UserError:
    return UserError(what, where=where, how=_HOW, code="bad-line")
