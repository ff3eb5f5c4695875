"""Applies a function to every text in a nested data structure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any


def mapped(structure: Any, change: Callable[[str], str]) -> Any:
    """Return the same tuples, dictionaries and dataclasses with ``change`` applied to all texts but keys."""
    if isinstance(structure, Enum):
        return structure
    if isinstance(structure, str):
        return change(structure)
    if isinstance(structure, tuple):
        return tuple(mapped(part, change) for part in structure)
    if isinstance(structure, dict):
        return {key: mapped(value, change) for key, value in structure.items()}
    if is_dataclass(structure) and not isinstance(structure, type):
        return replace(
            structure, **{f.name: mapped(getattr(structure, f.name), change) for f in fields(structure)}
        )
    return structure
