"""JSON Lines: one object on each line, with limits checked before parsing."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.formats.atomic_write import atomic_text
from ftcompare.formats.record_fields import Record, shown
from ftcompare.formats.text_files import place, printable, read_lines, require_content

MAX_DEPTH = 64  # maximum nesting depth of lists and objects

MAX_BRACKETS = 100_000  # lists and objects in a line; more would need disproportionate memory

# An unclosed string is matched to its end, so that the search stays linear.
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


class NoFiniteNumber(ValueError):
    """Raised for NaN, an infinity, or a number too large for a float."""


class _Refused(Exception):
    """Raised for JSON that is refused; the text is the sentence for the user."""


class _NotFinite(_Refused):
    """Raised for a value that is not a finite number."""


def read_records(
    path: Path, *, max_bytes: int, wanted: str, not_finite: Callable[[int], object] | None = None
) -> Iterator[Record]:
    """Read the objects of a JSON Lines file, one at a time. Blank lines are skipped.

    ``wanted`` is a noun for an object, for the error about an empty file. A line with NaN, an infinity or
    a number too large for a float is refused, or skipped after ``not_finite`` is called with its number.
    """
    found = False
    for number, text in read_lines(path, max_bytes=max_bytes):
        if text.strip():
            found = True
            record = _record(text, place(path, number), number, refuse=not_finite is None)
            if record is not None:
                yield record
            elif not_finite:
                not_finite(number)
    require_content(path, found=found, wanted=f"one JSON object a line: {wanted}")


def write_objects(path: Path, objects: Iterable[Json], *, what: str) -> int:
    """Write one object on each line, completely or not at all; return their number."""
    count = 0
    with atomic_text(path) as handle:
        for value in objects:
            handle.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")
            count += 1
        require_rows(path, count, what)
    return count


def require_rows(path: Path, count: int, what: str) -> None:
    """Refuse to write a file without rows; ``what`` names them in the plural."""
    if not count:
        how = "Nothing was written: judge some pairs first, or loosen the filters."
        raise UserError(f"There are no {what} to write.", where=printable(path.name), how=how, code="no-rows")


def parse(text: str, *, any_text: bool = False) -> Json:
    """Parse JSON text within the limits.

    ``any_text`` accepts lone surrogates, which stand for bytes of a file name that is not UTF-8. Raises
    `ValueError` with a sentence for the user, for text that is not JSON, nests deeper than `MAX_DEPTH`,
    names a field twice, or holds a lone surrogate; `NoFiniteNumber` for NaN, an infinity, or a number too
    large.
    """
    try:
        _check_nesting(text)
        value: Json = _DECODER.decode(text)
        if not any_text and _SURROGATE_ESCAPE.search(text):
            _check_surrogates(value)
    except _NotFinite as refused:
        raise NoFiniteNumber(str(refused)) from None
    except _Refused as refused:
        raise ValueError(str(refused)) from None
    except json.JSONDecodeError as error:
        raise ValueError(f"This is not JSON: {error.msg}, at character {error.pos + 1}.") from None
    except ValueError:
        raise ValueError("This is not JSON that can be read: a number has too many digits.") from None
    return value


def _record(text: str, where: str, line: int, *, refuse: bool) -> Record | None:
    """Read a line's object; None for one with a non-finite number, unless ``refuse``."""
    how = 'Each line must be one object, such as {"prompt": "…"}.'
    try:
        value = parse(text)
    except ValueError as error:
        if isinstance(error, NoFiniteNumber) and not refuse:
            return None
        raise UserError(str(error), where=where, how=how, code="bad-line") from None
    if not isinstance(value, dict):
        raise UserError(
            f"The line is not an object but {shown(value)}.", where=where, how=how, code="bad-line"
        )
    return Record(value, where, line)


def _check_nesting(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = opened = 0
    for match in _BRACKET.finditer(_STRING.sub('""', text)):
        if match.group() in "]}":
            depth -= 1
            continue
        depth += 1
        opened += 1
        if depth > MAX_DEPTH:
            raise _Refused(f"Lists and objects nest deeper than {MAX_DEPTH}.")
        if opened > MAX_BRACKETS:
            raise _Refused(f"The line holds more than {MAX_BRACKETS:,} lists and objects.")


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise _Refused(f"The field {shown(twice)} stands twice.")
    return fields


def _no_constant(word: str) -> Json:
    raise _NotFinite(f"{word} is not a number that JSON has.")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _NotFinite(f"The number {digits[:40]} is too large.")
    return value


# Created once: json.loads with options builds a decoder on every call.
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite)


def _check_surrogates(value: Json) -> None:
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise _Refused(f"The text {shown(value)} holds half of a character (a lone surrogate).") from None
    elif isinstance(value, dict):
        for name, part in value.items():
            _check_surrogates(name)
            _check_surrogates(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _check_surrogates(part)
