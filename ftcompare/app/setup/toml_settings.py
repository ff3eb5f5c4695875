"""Read TOML files of settings, with size limits and type checks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from ftcompare.core.errors import UserError
from ftcompare.formats.record_fields import any_of, shown
from ftcompare.formats.text_files import printable
from ftcompare.formats.toml_file import read_toml_values

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class TomlTable:
    """The values of a file.

    Args:
        where: the file's name, for errors.
        code: code of the errors.
    """

    values: Mapping[str, Any]
    where: str
    code: str

    def error(self, what: str, how: str) -> UserError:
        """Make an error for this file."""
        return UserError(what, where=self.where, how=how, code=self.code)

    def require_known(self, known: tuple[str, ...]) -> None:
        """Refuse unknown settings, and name all of them."""
        unknown = [shown(name) for name in self.values if name not in known]
        if unknown:
            what = "is no setting" if len(unknown) == 1 else "are no settings"
            raise self.error(f"{', '.join(unknown)} {what}.", f"The settings are {any_of(known)}.")

    def text(self, name: str, default: str = "") -> str:
        """A text without surrounding blanks."""
        value = self.values.get(name, default)
        if not isinstance(value, str):
            raise self.error(f"{name} must be text, not {shown(value)}.", f'Write: {name} = "…"')
        return value.strip()

    def word(self, name: str, default: Word) -> Word:
        """A member of an enumeration."""
        value, kind = self.text(name), type(default)
        words = tuple(str(word) for word in kind)
        if value and value not in words:
            raise self.error(f"{name} is {shown(value)}.", f"It must be {any_of(words)}.")
        return kind(value) if value else default

    def flag(self, name: str) -> bool:
        """A boolean; False if absent."""
        value = self.values.get(name, False)
        if not isinstance(value, bool):
            raise self.error(f"{name} must be true or false, not {shown(value)}.", f"Write: {name} = true")
        return value

    def whole(self, name: str) -> int | None:
        """A non-negative integer; None if absent."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.error(
                f"{name} must be a whole number from 0 on, not {shown(value)}.", f"Write: {name} = 3"
            )
        return value

    def number(self, name: str, low: float, high: float) -> float | None:
        """A number from ``low`` to ``high`` inclusive; None if absent."""
        value = self.values.get(name)
        if value is None:
            return None
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not low <= value <= high or math.isinf(value):
            wanted = f"from {low:g} on" if math.isinf(high) else f"from {low:g} to {high:g}"
            raise self.error(f"{name} must be a number {wanted}, not {shown(value)}.", "Correct it.")
        return float(value)


def read_toml(path: Path, *, code: str, example: str) -> TomlTable:
    """Read the values of a file; ``example`` is a valid line, for the error about a file that is not TOML.

    Raises:
        UserError: as `read_toml_values`.
    """
    return TomlTable(read_toml_values(path, code=code, example=example), printable(path.name), code)
