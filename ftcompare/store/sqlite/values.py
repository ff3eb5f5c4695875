"""Converts times and JSON to and from column values."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, TypeVar

from ftcompare.core.errors import BugError
from ftcompare.core.hashing import Json

_Kind = TypeVar("_Kind")

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def stamp(now: datetime) -> str:
    """A time as stored: ISO 8601 in UTC with milliseconds."""
    if now.tzinfo is None:
        raise BugError("A time without a time zone cannot be stored.", code="naive-time")
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_json(value: Json) -> str:
    """JSON as stored; lone surrogates are kept, so that storing the text fails."""
    return _ENCODER.encode(value)


def read_object(text: str) -> dict[str, Any]:
    """Decode a stored JSON object.

    Raises:
        TypeError: it is another JSON value.
        ValueError: it is not JSON, or not as `to_json` writes it.
    """
    return _read_json(text, dict)


def read_list(text: str) -> list[Any]:
    """Decode a stored JSON array; raises as `read_object`."""
    return _read_json(text, list)


def read_any(text: str) -> Any:
    """Decode stored JSON; raises as `read_object`."""
    try:
        return json.loads(text, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("JSON that is nested too deeply") from error


def _read_json(text: str, kind: type[_Kind]) -> _Kind:
    found = read_any(text)
    if not isinstance(found, kind):
        raise TypeError(f"not a JSON {kind.__name__}")
    return found


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number")
