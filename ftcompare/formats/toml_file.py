"""A TOML file of settings as values, within limits that its parser does not have."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ftcompare.core.errors import UserError
from ftcompare.formats.text_files import MIB, printable, read_lines

MAX_BYTES = 1 * MIB
MAX_KEY_PARTS = 64
"""Names joined by dots in one key: the parser takes time that grows with their square."""

LARGEST_WHOLE = 2**63 - 1
"""The whole numbers that TOML promises; larger ones fit in no column of a study and no float."""

# An unclosed string is matched to its end, so that the search stays linear.
_STRING_OR_COMMENT = re.compile(
    r'"""(?:[^"\\]++|\\.|"(?!""))*+(?:"""|\\?\Z)'
    r"|'''(?:[^']++|'(?!''))*+(?:'''|\Z)"
    r'|"(?:[^"\\\n]++|\\.)*+"?'
    r"|'[^'\n]*+'?"
    r"|#[^\n]*+",
    re.DOTALL,
)
_LONG_KEY = re.compile(rf"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){{{MAX_KEY_PARTS},}}+")


def read_toml_values(path: Path, *, code: str, example: str) -> dict[str, Any]:
    """The values of a file.

    ``code`` is of the errors; ``example`` is a line as it should be, for the one about what is not TOML.

    Raises:
        UserError: not a file, not UTF-8, not TOML (with the line and column), a key of more than
            `MAX_KEY_PARTS` names, a whole number beyond 64 bits.
    """
    text = "".join(line for _, line in read_lines(path, max_bytes=MAX_BYTES))
    where, how = printable(path.name), f"Write lines such as: {example}"
    if _LONG_KEY.search(_STRING_OR_COMMENT.sub("x", text)):
        what = f"This is not TOML that can be read: a key joins more than {MAX_KEY_PARTS} names by dots."
        raise UserError(what, where=where, how=how, code=code)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what = f"This is not TOML: {printable(str(error))}."
        raise UserError(what, where=where, how=how, code=code) from error
    except RecursionError:
        what = "This is not TOML that can be read: lists and tables nest too deeply."
        raise UserError(what, where=where, how=how, code=code) from None
    except ValueError:  # Python converts no text of more than 4,300 digits
        raise _too_many_digits(where, code) from None
    if not all(-LARGEST_WHOLE - 1 <= number <= LARGEST_WHOLE for number in _whole_numbers(values)):
        raise _too_many_digits(where, code)
    return values


def _too_many_digits(where: str, code: str) -> UserError:
    how = f"Whole numbers go to {LARGEST_WHOLE:,}."
    return UserError("A number has too many digits.", where=where, how=how, code=code)


def _whole_numbers(values: object) -> list[int]:
    found, left = [], [values]
    while left:
        value = left.pop()
        if isinstance(value, Mapping):
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)
        elif isinstance(value, int):
            found.append(value)
    return found
