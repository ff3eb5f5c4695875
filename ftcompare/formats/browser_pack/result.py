"""Result file of a page: JSON Lines with a head, an event a line, a mark a line, and an end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from ftcompare.core.annotations import AnnotationKind, AnnotationRow, PackAnnotation, PageResult
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import refuse_constant
from ftcompare.core.study import JudgmentEvent
from ftcompare.core.survey import read_answers
from ftcompare.core.typed_json import ShapeError, field_types, value_reader
from ftcompare.formats.text_files import first_bytes, read_lines

FORMAT = 1
MAX_BYTES = 2**26  # of a result; one of 10,000 judgments with comments has 10 MB
MAX_ACTS = 100_000  # Judgments, what was taken back, and marks of one result
MARK = "ftcompare_result"  # the first key of a result's head
_HEAD_BYTES = 64

_NOT_STORED = {"preference", "id", "row", "comparison"}  # fields that only a study or a pack has
EVENT_TYPES = {name: kind for name, kind in field_types(JudgmentEvent).items() if name not in _NOT_STORED}
_ROW_TYPES = field_types(PackAnnotation) | field_types(AnnotationRow)
_MARK_TYPES = {name: kind for name, kind in _ROW_TYPES.items() if name not in _NOT_STORED}
_MARKING = {AnnotationKind.MARK, AnnotationKind.REVIEWED, AnnotationKind.RETRACTION}
_MOST_IN_RECORD = 16  # fields of a mark; there are fewer


def is_result(path: Path) -> bool:
    return first_bytes(path, _HEAD_BYTES).lstrip().startswith(f'{{"{MARK}"'.encode())


def read_result(path: Path) -> PageResult:
    """Read a result; whether its judgments are genuine is for the study to verify."""
    lines = _lines(path)
    first, last = next(lines, (0, {})), next(lines, None)
    if last is None:
        _refuse(path, first[0], "its end is missing")
    head, acts = first[1], _Acts(path)
    if head.get(MARK) != FORMAT:
        what = "This result was saved by another version of the page."
        raise UserError(what, where=str(path), how="Update FTCompare.", code="result-newer")
    for following in lines:
        acts.take(*last)
        last = following
    number, end = last
    found = len(acts.events), len(acts.annotations)
    told = end.get("events"), end.get("annotations", 0)
    if found != told or any(type(count) is not int for count in told):
        _refuse(path, number, "judgments are missing, or the file was cut off")
    marks = end.get("marks", "")
    if not isinstance(marks, str) or not _storable(marks):
        _refuse(path, number, "its last line has been changed")
    state = head.get("state")
    try:
        survey = read_answers(state.get("survey", [])) if isinstance(state, dict) else ()
    except ShapeError:
        _refuse(path, 1, "its answers to questions have been changed")
    return PageResult(*_head(path, head), tuple(acts.events), tuple(acts.annotations), marks, survey)


class _Acts:
    """Acts of a result, verified as they are read, so that a file that is none is refused early."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.events: list[JudgmentEvent] = []
        self.annotations: list[PackAnnotation] = []

    def take(self, number: int, fields: dict[str, Any]) -> None:
        """Take the next line: acts of judging come before marks."""
        if len(self.events) + len(self.annotations) >= MAX_ACTS:
            _refuse(self._path, number, f"it has more than {MAX_ACTS:,} entries")
        if fields.keys() == _MARK_TYPES.keys():
            self.annotations.append(_annotation(self._path, number, fields))
        elif self.annotations:
            _refuse(self._path, number, "it is not a mark that the page stores")
        else:
            read = _read_fields(self._path, number, fields, EVENT_TYPES)
            seconds = None if read["seconds"] is None else float(read["seconds"])
            self.events.append(JudgmentEvent(**{**read, "seconds": seconds}))


def _head(path: Path, head: dict[str, Any]) -> tuple[str, str, str, tuple[str, ...]]:
    texts = [head.get(name) for name in ("pack", "rater", "page")]
    items = head.get("items")
    whole = all(isinstance(text, str) for text in texts) and isinstance(items, list)
    if not whole or not all(isinstance(item, str) for item in items or ()):
        _refuse(path, 1, "its first line has been changed")
    pack, rater, page = map(str, texts)
    return pack, rater, page, tuple(items or ())


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in _read(path):
        if not line.strip():
            continue
        try:
            value = json.loads(line, parse_constant=refuse_constant)
        except (ValueError, RecursionError):
            _refuse(path, number, "it is not JSON")
        if not isinstance(value, dict):
            _refuse(path, number, "it is not a JSON object")
        yield number, value


def _read(path: Path) -> Iterator[tuple[int, str]]:
    try:
        yield from read_lines(path, max_bytes=MAX_BYTES)
    except UserError as error:
        if error.code == "file-too-large":
            error.how = "A page never saves that much. Ask the rater for the original file."
        raise


def _annotation(path: Path, number: int, fields: dict[str, Any]) -> PackAnnotation:
    read = _read_fields(path, number, fields, _MARK_TYPES)
    record = read["record"]
    known = read["kind"] in _MARKING and len(record) <= _MOST_IN_RECORD
    if not known or not all(
        _storable(name) and isinstance(value, str | int) and _storable(value)
        for name, value in record.items()
    ):
        _refuse(path, number, "it is not a mark that the page stores")
    row = AnnotationRow(read["kind"], read["response"], None, record, read["retracts"])
    return PackAnnotation(read["seq"], row, read["at"], read["digest"])


def _read_fields(path: Path, number: int, fields: dict[str, Any], types: dict[str, object]) -> dict[str, Any]:
    if fields.keys() != types.keys():
        _refuse(path, number, "it is not an entry that the page stores")
    read = {}
    for name, kind in types.items():
        value = fields[name]
        try:
            read[name] = value_reader(kind)(value)
        except ShapeError:
            _refuse(path, number, f"“{name}” is not what the page stores")
        if not isinstance(value, dict) and not _storable(value):
            _refuse(path, number, f"“{name}” is not what the page stores")
    return read


def _storable(value: str | float | None) -> bool:
    """Return whether a file can hold it: no half of a character, no number that others would round."""
    if isinstance(value, str):
        return not any("\ud800" <= character <= "\udfff" for character in value)
    return value is None or abs(value) < 2**53


def _refuse(path: Path, line: int, why: str) -> NoReturn:
    how = "Ask the rater for the file as it was saved. Nothing was imported from this one."
    raise UserError(
        f"The result is damaged: {why}.", where=f"{path}, line {line}", how=how, code="result-damaged"
    )
