"""Applies a function to every text in a nested data structure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any


def mapped(thing: Any, change: Callable[[str], str]) -> Any:
    """Return the same tuples, dictionaries and dataclasses with ``change`` applied to all texts but keys."""
    if isinstance(thing, Enum):
        return thing
    if isinstance(thing, str):
        return change(thing)
    if isinstance(thing, tuple):
        return tuple(mapped(part, change) for part in thing)
    if isinstance(thing, dict):
        return {key: mapped(value, change) for key, value in thing.items()}
    if is_dataclass(thing) and not isinstance(thing, type):
        return replace(thing, **{f.name: mapped(getattr(thing, f.name), change) for f in fields(thing)})
    return thing
