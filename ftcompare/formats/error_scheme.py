"""Error schemes as TOML files: the types of errors that experts mark, and the weight of each severity.

A file has ``name``, then a ``[[type]]`` for each type (``key``, and optionally ``label``, ``note``,
``spanless``) and a ``[[severity]]`` for each severity (``key``, ``weight``, and optionally ``label``). It is
written by hand for this purpose, so an unknown setting is an error: it is most likely misspelt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ftcompare.core.error_scheme import ErrorScheme, ErrorType, Severity
from ftcompare.core.errors import UserError
from ftcompare.formats.record_fields import Record, any_of, shown
from ftcompare.formats.text_files import printable
from ftcompare.formats.toml_file import read_toml_values, toml_line

CODE = "scheme-file"
MAX_TYPES, MAX_SEVERITIES = 60, 9  # maximum numbers; a severity is chosen with a digit key from 1 to 9
MAX_KEY = 60
MAX_WEIGHT = 10_000.0

SETTINGS = ("name", "type", "severity")
TYPE_SETTINGS = ("key", "label", "note", "spanless")
SEVERITY_SETTINGS = ("key", "label", "weight")

_KEY = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)*")
_ONCE = "Give each a different key and label."
_EXAMPLE = 'name = "House style"'

_T = TypeVar("_T", ErrorType, Severity)


def read_error_scheme(path: Path) -> ErrorScheme:
    values = read_toml_values(path, code=CODE, example=_EXAMPLE)
    where = printable(path.name)
    record = Record(values, where, 0)
    _require_known(record, SETTINGS)
    types = _distinct(_tables(values, "type", where, MAX_TYPES), _type)
    severities = _distinct(_tables(values, "severity", where, MAX_SEVERITIES), _severity)
    if not (name := _label(record, "name")):
        raise record.error("name is missing or empty.", f"Add a line such as {_EXAMPLE}")
    return ErrorScheme(name, types, severities)


def error_scheme_toml(scheme: ErrorScheme) -> str:
    """Return the TOML text of a scheme, from which the same scheme is read."""
    return "\n".join(_lines(scheme))


def _lines(scheme: ErrorScheme) -> Iterator[str]:
    yield toml_line("name", scheme.name)
    for kind in scheme.types:
        yield from ("", "[[type]]", toml_line("key", kind.key), toml_line("label", kind.label))
        if kind.note:
            yield toml_line("note", kind.note)
        if kind.spanless:
            yield toml_line("spanless", True)
    for level in scheme.severities:
        yield from ("", "[[severity]]", toml_line("key", level.key), toml_line("label", level.label))
        yield f"weight = {level.weight!r}"
    yield ""


def _tables(values: Mapping[str, Any], name: str, where: str, most: int) -> tuple[Record, ...]:
    tables = values.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        what = f"{name} must be tables, not {shown(tables)}."
        raise UserError(what, where=where, how=f"Write [[{name}]] above each.", code=CODE)
    if not 1 <= len(tables) <= most:
        what = f"The scheme has {len(tables)} of [[{name}]]; it may have 1 to {most}."
        raise UserError(what, where=where, how="Correct it; nothing was changed.", code=CODE)
    return tuple(Record(table, f"{where}, {name} {n}", n) for n, table in enumerate(tables, start=1))


def _distinct(records: Iterable[Record], build: Callable[[Record], _T]) -> tuple[_T, ...]:
    found: list[_T] = []
    for record in records:
        made = build(record)
        if any(made.key == other.key for other in found):
            raise record.error(f"The key {shown(made.key)} appears twice.", _ONCE)
        if any(made.label.casefold() == other.label.casefold() for other in found):
            raise record.error(
                f"The label {shown(made.label)} appears twice.", "Give each a label of its own."
            )
        found.append(made)
    return tuple(found)


def _type(record: Record) -> ErrorType:
    _require_known(record, TYPE_SETTINGS)
    key, spanless = _key(record), record.fields.get("spanless", False)
    if not isinstance(spanless, bool):
        raise record.error(f"spanless must be true or false, not {shown(spanless)}.")
    return ErrorType(key, _label(record, "label") or key, _label(record, "note"), spanless)


def _severity(record: Record) -> Severity:
    _require_known(record, SEVERITY_SETTINGS)
    key, weight = _key(record), record.number("weight")
    if weight is None:
        raise record.error("weight is missing.", "Add a line such as weight = 5")
    if not 0 <= weight <= MAX_WEIGHT:
        raise record.error(f"weight is {shown(weight)}; it must be a number from 0 to {MAX_WEIGHT:,.0f}.")
    return Severity(key, _label(record, "label") or key, weight)


def _key(record: Record) -> str:
    key = _label(record, "key")
    if len(key) > MAX_KEY or not _KEY.fullmatch(key):
        what = (
            f"The key {shown(key)} may contain only lower-case letters, digits, and -, with / before "
            "a finer kind."
        )
        raise record.error(what, f"Write a key of at most {MAX_KEY} characters such as terminology/wrong.")
    return key


def _label(record: Record, name: str) -> str:
    """Return a text of one line; a number, which some files contain instead of a text, is refused."""
    value = record.fields.get(name, "")
    if not isinstance(value, str):
        raise record.error(f"{name} must be text, not {shown(value)}.", f'Write: {name} = "…"')
    return record.label(name)


def _require_known(record: Record, known: tuple[str, ...]) -> None:
    unknown = next((name for name in record.fields if name not in known), None)
    if unknown is not None:
        raise record.error(f"There is no setting {shown(unknown)}.", f"The settings are {any_of(known)}.")
