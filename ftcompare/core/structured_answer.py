"""Structured answers: JSON objects and lists, and tables in Markdown, as fields with values.

A field has the names of its objects, joined by dots, such as ``address.city``. The whole answer is `WHOLE`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache

from ftcompare.core.hashing import Json, refuse_constant
from ftcompare.core.trace import StepPair, TraceStep

WHOLE = "$"  # the field of an answer that is a list
MISSING = "–"  # the value of a field that only the other answer has
MAX_FIELDS = 200  # maximum number of fields that are shown side by side
MAX_CELL = 1_000  # characters of a value in a table
MAX_CHARACTERS = 200_000  # maximum length of an answer whose fields are shown

_FENCE = re.compile(r"^[ ]{0,3}(`{3,}|~{3,})[^\n]*\n(.*?)^[ ]{0,3}\1[ \t]*$", re.MULTILINE | re.DOTALL)
_DELIMITERS = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?")
_AMBIGUOUS = re.compile(rf"^(?:{MISSING}?$|[\[{{\"])|, ")
_CELL_END = re.compile(r"(?<!\\)\|")


def json_value(text: str) -> Json:
    """Return the JSON of an answer or its only fenced block. Raises `ValueError`, `RecursionError`."""
    blocks = _FENCE.findall(text)
    content = blocks[0][1] if len(blocks) == 1 else text
    value: Json = json.loads(content, parse_constant=refuse_constant)
    return value


def structured(text: str) -> dict[str, Json] | list[Json] | None:
    """Return the object or list of an answer, or the rows of its table; None for other answers."""
    try:
        value = json_value(text)
    except (ValueError, RecursionError):
        return _table_rows(text) or None
    return value if isinstance(value, dict | list) else None


def _table_rows(text: str) -> list[Json]:
    """Return the rows of a table in Markdown, if the text is nothing else; each as an object by column."""
    lines = [line.strip() for line in text.strip().splitlines()]
    if len(lines) < 2 or not all("|" in line for line in lines) or not _DELIMITERS.fullmatch(lines[1]):
        return []
    columns, _, *rows = ([cell.strip() for cell in _CELL_END.split(line.strip("|"))] for line in lines)
    return [dict(zip(columns, map(_plain, row), strict=False)) for row in rows]


def fields(value: Json, name: str = "", *, rows: bool) -> Iterator[tuple[str, Json]]:
    """Yield the fields of a value; with ``rows``, an object in a list has fields of its own.

    Lists without objects are values; so are all lists without ``rows``.
    """
    if isinstance(value, dict):
        for key, one in value.items():
            yield from fields(one, f"{name}.{key}" if name else key, rows=rows)
    elif rows and isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for number, one in enumerate(value, start=1):
            yield from fields(one, f"{name}[{number}]", rows=rows)
    else:
        yield name or WHOLE, value


@lru_cache(16)
def field_pairs(left: str, right: str) -> tuple[StepPair, ...]:
    """Return the fields of two structured answers side by side; empty if one of them is not structured."""
    if max(len(left), len(right)) > MAX_CHARACTERS:
        return ()
    one, other = structured(left), structured(right)
    if one is None or other is None:
        return ()
    sides = [{name: _spelled(value) for name, value in fields(side, rows=True)} for side in (one, other)]
    names = list(dict.fromkeys(name for side in sides for name in side))
    return tuple(
        StepPair(*(TraceStep(name, result=side.get(name, MISSING), is_field=True) for side in sides))
        for name in names[:MAX_FIELDS]
    )


def field_cells(pair: StepPair) -> tuple[str, str, str]:
    """Return the name of a field and its values, each shortened for a table."""
    values = (step.result if step else "" for step in (pair.left, pair.right))
    name = pair.left.name if pair.left else ""
    left, right = (one if len(one) <= MAX_CELL else f"{one[: MAX_CELL - 1]}…" for one in values)
    return name, left, right


def _spelled(value: Json) -> str:
    """Return a value as it is shown; a text that could be read as another value has quotation marks."""
    if isinstance(value, list) and not any(isinstance(one, list | dict) for one in value):
        return f"[{', '.join(map(_spelled, value))}]"
    if isinstance(value, str) and not _AMBIGUOUS.search(value) and _plain(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _plain(text: str) -> Json:
    """Return the value that a text spells as JSON does; other texts as they are."""
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value
