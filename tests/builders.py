"""Study files that are made once a session for each set of arguments, and copied for each test."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec

P = ParamSpec("P")

_FILES: dict[Hashable, bytes] = {}


def built_once(build: Callable[Concatenate[Path, P], Path]) -> Callable[Concatenate[Path, P], Path]:
    """Have a builder work once for each set of arguments; a copy takes a tenth of the time.

    Args:
        build: writes a file at the path that comes first, closes it and returns the path. What it writes must
            follow from its other arguments, and must not hold the path.
    """

    @wraps(build)
    def copied(path: Path, /, *arguments: P.args, **named: P.kwargs) -> Path:
        key = (build, _key(arguments), _key(named))
        if key not in _FILES:
            _FILES[key] = build(path, *arguments, **named).read_bytes()
        else:
            with path.open("xb") as file:
                file.write(_FILES[key])
        return path

    return copied


def _key(value: object) -> Hashable:
    """What is equal for equal arguments. A function is equal to itself alone."""
    if isinstance(value, dict):
        return tuple((name, _key(part)) for name, part in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(_key, value))
    if is_dataclass(value):
        return tuple(_key(getattr(value, field.name)) for field in fields(value))
    assert isinstance(value, Hashable)
    return value
