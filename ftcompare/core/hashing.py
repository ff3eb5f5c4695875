"""Canonical JSON, tagged digests and hash chains, which detect changes to a study."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import NoReturn, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | tuple[Json, ...] | dict[str, Json] | None"

# Made once: json.dumps with options builds an encoder on every call.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)

GENESIS = "0" * 64  # the digest that precedes the first link of every chain


def canonical_json(value: Json) -> bytes:
    """Encode with sorted keys, without spaces, in ASCII; ValueError for NaN or an infinity."""
    return _ENCODER.encode(value).encode("ascii")


def digest(tag: str, value: Json) -> str:
    """Return SHA-256 in hexadecimal; the tag keeps equal values of two kinds apart."""
    return digest_spelled(tag, canonical_json(value))


def digest_spelled(tag: str, spelled: bytes) -> str:
    """Do as `digest`, for a value already encoded by `canonical_json`."""
    return hashlib.sha256(f"ftcompare/{tag}\0".encode() + spelled).hexdigest()


def texts_in(value: Json) -> Iterator[str]:
    """Yield the texts of a JSON value, without the names of its fields."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts_in(one)


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and infinities, which Python accepts and JSON lacks; for ``parse_constant``."""
    raise ValueError(name)


def link(tag: str, previous: str, value: Json) -> str:
    """Return the digest of a chain's next link: it covers the value and every link before it."""
    return digest(tag, [previous, value])


def chain(tag: str, values: Iterable[Json]) -> Iterator[str]:
    previous = GENESIS
    for value in values:
        previous = link(tag, previous, value)
        yield previous


def finite(value: float | None) -> float | None:
    """Return a number as JSON can store it; None for NaN and infinities."""
    return None if value is None or not math.isfinite(value) else value


def fields_json(record: object, *names: str, **renamed: str) -> dict[str, Json]:
    """Return some fields of a record, by their names or by `renamed` keys; nulls without a record.

    Enums are written as their values, tuples as lists, numbers as `finite` has them.
    """
    keys = dict(zip(names, names, strict=True)) | renamed
    return {key: None if record is None else _plain(getattr(record, name)) for key, name in keys.items()}


def _plain(value: Json | Enum) -> Json:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return finite(value) if isinstance(value, float) else value
