"""Text that a font can draw: what it lacks is spelled out by its code instead of becoming a box."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from ftcompare.app.report.words import code

T = TypeVar("T")


def drawn_with(text: str, drawable: Collection[str]) -> str:
    """The text with ``⟨U+4E2D⟩`` for each character that cannot be drawn."""
    return "".join(c if c in drawable else code(c) for c in text)


def fitting(thing: T, drawable: Collection[str]) -> T:
    """The same data with every text in it as `drawn_with` gives it."""
    changed: T = _mapped(thing, lambda text: drawn_with(text, drawable))
    return changed


def _mapped(thing: Any, change: Callable[[str], str]) -> Any:
    if isinstance(thing, Enum):
        return thing
    if isinstance(thing, str):
        return change(thing)
    if isinstance(thing, tuple):
        return tuple(_mapped(part, change) for part in thing)
    if isinstance(thing, dict):
        return {key: _mapped(value, change) for key, value in thing.items()}
    if is_dataclass(thing) and not isinstance(thing, type):
        return replace(thing, **{f.name: _mapped(getattr(thing, f.name), change) for f in fields(thing)})
    return thing
