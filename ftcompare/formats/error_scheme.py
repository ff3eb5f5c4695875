"""Error schemes as TOML files: the types of errors that experts mark, and the weight of each severity.

A file has ``name``, then a ``[[type]]`` for each type (``key``, and optionally ``label``, ``note``,
``spanless``) and a ``[[severity]]`` for each severity (``key``, ``weight``, and optionally ``label``,
``note``). It is written by hand for this purpose, so an unknown setting is an error: it is most likely
misspelt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from ftcompare.core.error_scheme import ErrorScheme, ErrorType, Severity
from ftcompare.formats.record_fields import Record, shown
from ftcompare.formats.toml_file import TomlTable, read_toml, toml_line

CODE = "scheme-file"
MAX_TYPES, MAX_SEVERITIES = 60, 9  # maximum numbers; a severity is chosen with a digit key from 1 to 9
MAX_KEY = 60
MAX_WEIGHT = 10_000.0

SETTINGS = ("name", "type", "severity")
TYPE_SETTINGS = ("key", "label", "note", "spanless")
SEVERITY_SETTINGS = ("key", "label", "weight", "note")

_KEY = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)*")
_ONCE = "Give each a different key and label."
_EXAMPLE = 'name = "House style"'

_T = TypeVar("_T", ErrorType, Severity)


def read_error_scheme(path: Path) -> ErrorScheme:
    table = read_toml(path, code=CODE, example=_EXAMPLE)
    table.require_known(SETTINGS)
    types = _distinct(_tables(table, "type", MAX_TYPES), _type)
    severities = _distinct(_tables(table, "severity", MAX_SEVERITIES), _severity)
    if not (name := _label(table, "name")):
        raise table.error("name is missing or empty.", f"Add a line such as {_EXAMPLE}")
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
        if level.note:
            yield toml_line("note", level.note)
    yield ""


def _tables(table: TomlTable, name: str, most: int) -> tuple[TomlTable, ...]:
    tables = tuple(table.tables(name))
    if not 1 <= len(tables) <= most:
        raise table.error(f"The scheme has {len(tables)} of [[{name}]]; it may have 1 to {most}.")
    return tables


def _distinct(tables: Iterable[TomlTable], build: Callable[[TomlTable], _T]) -> tuple[_T, ...]:
    found: list[_T] = []
    for table in tables:
        made = build(table)
        if any(made.key == other.key for other in found):
            raise table.error(f"The key {shown(made.key)} appears twice.", _ONCE)
        if any(made.label.casefold() == other.label.casefold() for other in found):
            raise table.error(f"The label {shown(made.label)} appears twice.", _ONCE)
        found.append(made)
    return tuple(found)


def _type(table: TomlTable) -> ErrorType:
    table.require_known(TYPE_SETTINGS)
    key, spanless = _key(table), table.values.get("spanless", False)
    if not isinstance(spanless, bool):
        raise table.error(f"spanless must be true or false, not {shown(spanless)}.", "Write: spanless = true")
    return ErrorType(key, _label(table, "label") or key, _label(table, "note"), spanless)


def _severity(table: TomlTable) -> Severity:
    table.require_known(SEVERITY_SETTINGS)
    key, weight = _key(table), table.values.get("weight")
    if weight is None:
        raise table.error("weight is missing.", "Add a line such as weight = 5")
    if type(weight) not in (int, float) or not 0 <= weight <= MAX_WEIGHT:
        raise table.error(f"weight must be a number from 0 to {MAX_WEIGHT:,.0f}, not {shown(weight)}.")
    return Severity(key, _label(table, "label") or key, weight, _label(table, "note"))


def _key(table: TomlTable) -> str:
    key = _label(table, "key")
    if len(key) > MAX_KEY or not _KEY.fullmatch(key):
        what = (
            f"The key {shown(key)} may contain only lower-case letters, digits, and -, with / before "
            "a finer kind."
        )
        raise table.error(what, f"Write a key of at most {MAX_KEY} characters such as terminology/wrong.")
    return key


def _label(table: TomlTable, name: str) -> str:
    return Record({name: table.text(name)}, table.where, 0).label(name)
