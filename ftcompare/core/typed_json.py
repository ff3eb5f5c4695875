"""Builds dataclasses from JSON by their type hints; used to read messages and parts of records strictly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import is_dataclass
from functools import cache
from types import UnionType
from typing import Literal, get_args, get_origin, get_type_hints


class ShapeError(ValueError):
    """A value does not have the required type; the message names the field."""


@cache
def field_types(kind: Callable[..., object]) -> dict[str, object]:
    """Type hints of a dataclass by field name, in field order."""
    return get_type_hints(kind)


def read_typed(value: object, kind: object, at: str) -> object:
    """Convert a JSON value to the type ``kind``.

    Supported types: dataclasses (an object with every field and no other), ``tuple[X, ...]``, ``tuple[X,
    Y]``, ``dict[str, X]``, ``X | None``, unions of plain types, literals, and plain types. An integer is
    accepted where a float is required.

    Args:
        at: name of the value for error messages.

    Raises:
        ShapeError: the value has another type, or a field is missing or unknown.
    """
    origin, parts = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        return _read_object(value, kind, at)
    if origin is tuple and isinstance(value, list):
        kinds = [parts[0]] * len(value) if parts[-1] is Ellipsis else parts
        if len(kinds) == len(value):
            return tuple(read_typed(one, part, at) for one, part in zip(value, kinds, strict=True))
    if origin is dict and isinstance(value, dict):
        return {key: read_typed(one, parts[1], at) for key, one in value.items()}
    if origin is UnionType:
        plain = value is None or type(value) in parts
        return value if plain else read_typed(value, parts[0], at)
    if kind is float and type(value) is int:
        return float(value)
    if (origin is Literal and value in parts) or type(value) is kind:
        return value
    raise ShapeError(f"{at} has the wrong type.")


def _read_object(value: object, kind: Callable[..., object], at: str) -> object:
    types = field_types(kind)
    if not isinstance(value, dict) or set(value) != set(types):
        raise ShapeError(f"{at} has not the fields it should have.")
    return kind(**{name: read_typed(value[name], one, f"{at}.{name}") for name, one in types.items()})
