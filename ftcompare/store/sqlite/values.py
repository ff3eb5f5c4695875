"""Converts times, JSON and records to and from column values."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_origin

from ftcompare.core.errors import BugError
from ftcompare.core.hashing import Json
from ftcompare.core.typed_json import STORED, JsonForm, field_types, value_reader

_Kind = TypeVar("_Kind")

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def stamp(now: datetime) -> str:
    """Return a time as stored: ISO 8601 in UTC with milliseconds."""
    if now.tzinfo is None:
        raise BugError("A time without a time zone cannot be stored.", code="naive-time")
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_json(value: Json) -> str:
    """Return JSON as stored; lone surrogates are kept, so that storing the text fails."""
    return _ENCODER.encode(value)


def read_object(text: str) -> dict[str, Any]:
    """Decode a stored JSON object; TypeError for other JSON, ValueError for none of `to_json`."""
    return _read_json(text, dict)


def read_list(text: str) -> list[Any]:
    return _read_json(text, list)


def read_any(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("JSON that is nested too deeply") from error


def read_row(kind: type[_Kind], row: sqlite3.Row, form: JsonForm = STORED, **known: object) -> _Kind:
    """Make a record from the columns of a row with the names of its fields, and from `known` values.

    Lists, objects and records inside it are columns with JSON of this form. Raises ValueError or TypeError
    for a column with another value.
    """
    readers = _column_readers(cast("Any", kind), form)
    for name, value in zip(row.keys(), row, strict=True):
        if name in readers and name not in known:
            read = readers[name]
            known[name] = value if read is None else read(value)
    return kind(**known)


@cache
def _column_readers(kind: Any, form: JsonForm) -> dict[str, Callable[[Any], Any] | None]:
    """Return, for each field, what converts its column; None where the value stays as it is."""
    return {name: _column_reader(hint, form) for name, hint in field_types(kind).items()}


def _column_reader(hint: Any, form: JsonForm) -> Callable[[Any], Any] | None:
    if isinstance(hint, type) and issubclass(hint, Enum | bool):
        return hint
    if bool in get_args(hint):
        return lambda number: None if number is None else bool(number)
    if get_origin(hint) not in (tuple, dict, Mapping) and not is_dataclass(hint):
        return None
    read, empty = value_reader(hint, form), dict.fromkeys(("[]", "{}"))

    def column(text: str) -> Any:
        """Make an empty list or record, which most rows have, only once."""
        if text not in empty or isinstance(value := empty[text], dict):
            return read(read_any(text))
        empty[text] = read(read_any(text)) if value is None else value
        return empty[text]

    return column


def _read_json(text: str, kind: type[_Kind]) -> _Kind:
    found = read_any(text)
    if not isinstance(found, kind):
        raise TypeError(f"not a JSON {kind.__name__}")
    return found


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is not a number")
