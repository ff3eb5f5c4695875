"""Texts of training files of any tool: JSON Lines, CSV, TSV, Excel, plain text.

Field names differ between tools, so every text of a record counts. For a chat, the user's turns also count as
one text, and ``instruction`` with ``input`` count together, since prompts consist of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ftcompare.core.hashing import Json
from ftcompare.core.study import Message
from ftcompare.formats.json_files import read_records
from ftcompare.formats.prompts import plain_records
from ftcompare.formats.record_fields import Record
from ftcompare.formats.tables import SUFFIXES as TABLES
from ftcompare.formats.tables import read_table_file, unknown_suffix
from ftcompare.formats.text_files import MIB, require_content

MAX_BYTES = 8192 * MIB
SUFFIXES = (".jsonl", *TABLES, ".txt")

_LABELS = ("role", "from")
_SAID = ("content", "value")
_USERS = ("user", "human")
_KNOWN = (*_LABELS, *_SAID, "instruction", "input")


class TrainingRecord(NamedTuple):
    """Texts of one line or row. ``line`` counts from 1."""

    line: int
    texts: tuple[str, ...]


def read_training(path: Path) -> Iterator[TrainingRecord]:
    """Yield the records of a file, one at a time, so that a file of any length fits in memory."""
    wanted = "one training example a line"
    match path.suffix.lower():
        case ".jsonl":
            records = read_records(path, max_bytes=MAX_BYTES, expected="a training example")
        case suffix if suffix in TABLES:
            wanted = "a row of column names and rows below it"
            records = read_table_file(path, max_bytes=MAX_BYTES, required=(), known=_KNOWN)
        case ".txt":
            records = plain_records(path, max_bytes=MAX_BYTES)
        case _:
            raise unknown_suffix(path, SUFFIXES)
    return _training_records(path, records, wanted)


def _training_records(path: Path, records: Iterable[Record], expected: str) -> Iterator[TrainingRecord]:
    found = False
    for record in records:
        found = True
        yield TrainingRecord(record.line, tuple(dict.fromkeys(_texts(dict(record.fields)))))
    require_content(path, has_records=found, wanted=expected)


def asked(messages: Iterable[Message]) -> str:
    """Return the user's turns of a chat as one text, which is searched in training files."""
    return "\n".join(message.content for message in messages if message.role in _USERS)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        if value.strip():
            yield value
    elif isinstance(value, dict):
        yield from _of_object(value)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)
        turns = [
            said
            for turn in value
            if isinstance(turn, dict) and any(turn.get(label) in _USERS for label in _LABELS)
            for said in (turn.get(key) for key in _SAID)
            if isinstance(said, str)
        ]
        if len(turns) > 1:
            yield "\n".join(turns)


def _of_object(value: Mapping[str, Json]) -> Iterator[str]:
    for name, part in value.items():
        if name not in _LABELS:
            yield from _texts(part)
    instruction, more = value.get("instruction"), value.get("input")
    if isinstance(instruction, str) and isinstance(more, str) and more.strip():
        yield f"{instruction}\n{more}"
