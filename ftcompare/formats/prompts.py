"""Prompt files: JSON Lines, JSON, CSV, TSV, Excel, Parquet, plain text.

Fields: ``prompt`` (text), or ``messages`` or ``conversations`` (see `chat_records`; as JSON in a table), or
``turns``; and optionally ``id``, ``category``, ``split``, ``reference`` (a text, or a list of accepted ones),
``tags`` (a list, or text separated by ``|``), ``checks`` (see `prompt_checks`), and those of
`prompt_context`. Other fields are ignored and listed in `PromptFile.unused`. In plain text each line is a
prompt.

A prompt without an id gets one from its position in the file: ``p0001`` for the first. If another prompt has
that id, it becomes ``p0001-2`` and so on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path

from ftcompare.core.study import Message, PromptSpec
from ftcompare.formats import parquet_file, prompt_context
from ftcompare.formats.chat_records import CONVERSATIONS, with_messages, without_answer
from ftcompare.formats.prompt_context import LATER_REFERENCES, prompt_of, with_lists, with_turns
from ftcompare.formats.record_fields import Record
from ftcompare.formats.tables import SUFFIXES as TABLES
from ftcompare.formats.tables import (
    FileColumns,
    first_rows,
    is_table,
    raw_records,
    read_table_file,
    require_columns,
    unknown_suffix,
)
from ftcompare.formats.text_files import MIB, place, printable, read_lines, require_content

MAX_BYTES = 256 * MIB
_WANTED = "at least one prompt"
_OBJECTS = (".jsonl", ".json")
_COLUMNS = (*_OBJECTS, *TABLES, parquet_file.SUFFIX)  # suffixes of files with fields or columns
SUFFIXES = (*_COLUMNS, ".txt")
FIELDS = (
    *("prompt", "messages", "id", "category", "split", "reference", "checks", "tags"),
    *prompt_context.FIELDS,
)
ASKING = ("prompt", "messages", "turns")  # fields with the question; a prompt has one of them
_KNOWN = tuple(dict.fromkeys((*FIELDS, *CONVERSATIONS)))


@dataclass(frozen=True, slots=True)
class PromptFile:
    """Content of a file of prompts."""

    prompts: tuple[PromptSpec, ...]
    unused: tuple[str, ...] = ()  # names of unused fields or columns, in order of occurrence
    answered: int = 0  # number of conversations that ended with an answer, which is not part of the prompt
    made: frozenset[str] = frozenset()  # generated ids, which are not in the file


def read_prompts(path: Path) -> tuple[PromptSpec, ...]:
    """Read the prompts of a file, all or none; the suffix defines the format."""
    return read_prompt_file(path).prompts


def read_prompt_file(path: Path, columns: Mapping[str, str] | None = None) -> PromptFile:
    """Read prompts, and report what was not used.

    ``columns`` gives the file's field or column for each of `FIELDS` that is used; without it the file
    has the standard names.
    """
    names: dict[str, None] = {}
    found: list[tuple[Record, PromptSpec]] = []
    answered = 0
    for record in _records(path) if columns is None else _raw_records(path):
        names |= dict.fromkeys(record.fields)
        whole, asked = _asked(path, record, columns)
        answered += asked is not whole
        if LATER_REFERENCES in asked.fields:
            names[LATER_REFERENCES] = None
        # From here on only the record's position is needed.
        found.append(
            (replace(record, fields={}), prompt_of(asked, asked.label("id"), prompt_messages(asked), path))
        )
    require_content(path, found=bool(found), wanted=_WANTED)
    require_columns(printable(path.name), () if columns is None else columns.values(), names)
    used = _KNOWN if columns is None else tuple(columns.values())
    unused = tuple(name for name in names if name and name not in used)
    given = {spec.key for _, spec in found}
    prompts = _with_keys(found)
    return PromptFile(prompts, unused, answered, frozenset(spec.key for spec in prompts) - given)


def has_columns(path: Path) -> bool:
    """Return whether a file's format, by its suffix, has fields or columns to choose."""
    return path.suffix.lower() in _COLUMNS


def read_columns(path: Path) -> FileColumns:
    return first_rows(path, _raw_records(path), wanted=_WANTED)


def _raw_records(path: Path) -> Iterator[Record]:
    if not has_columns(path):
        raise unknown_suffix(path, _COLUMNS)
    return raw_records(path, max_bytes=MAX_BYTES, wanted='{"prompt": "…"}')


def _asked(path: Path, record: Record, columns: Mapping[str, str] | None) -> tuple[Record, Record]:
    """Return a record with standard fields for its conversation, and the same without a final answer."""
    if columns is not None:
        asked = [name for ours, name in columns.items() if ours in ASKING]
        require_columns(record.where, asked, record.fields)
        record = _renamed(record, columns)
    as_json = is_table(path) or columns is not None
    record = with_messages(record, as_json=as_json)
    record = with_turns(with_lists(record) if as_json else record)
    return record, without_answer(record)


def _renamed(record: Record, columns: Mapping[str, str]) -> Record:
    fields = {ours: record.fields[theirs] for ours, theirs in columns.items() if theirs in record.fields}
    return replace(record, fields=fields)


def _records(path: Path) -> Iterator[Record]:
    match path.suffix.lower():
        case suffix if suffix in TABLES:
            required = ("prompt", *CONVERSATIONS, "turns")
            return read_table_file(path, max_bytes=MAX_BYTES, required=required, known=_KNOWN)
        case ".txt":
            return plain_records(path, max_bytes=MAX_BYTES)
        case _ if has_columns(path):
            return _raw_records(path)
    raise unknown_suffix(path, SUFFIXES)


def plain_records(path: Path, *, max_bytes: int) -> Iterator[Record]:
    """Yield the lines of a plain text as ``prompt`` of a record; blank lines are skipped."""
    for line, text in read_lines(path, max_bytes=max_bytes):
        if text.strip():
            yield Record({"prompt": text.strip()}, place(path, line), line)


def prompt_messages(record: Record) -> tuple[Message, ...]:
    if not record.has("messages"):
        return record.messages("prompt")
    if record.has("prompt"):
        raise record.error("There is both a prompt and messages.", "Leave one of them out.")
    return record.messages("messages")


def _with_keys(found: Iterable[tuple[Record, PromptSpec]]) -> tuple[PromptSpec, ...]:
    lines: dict[str, str] = {}
    specs = []
    for record, spec in found:
        if spec.key in lines:
            what = f"The id {spec.key!r} stands here and at {lines[spec.key]}."
            raise record.error(what, "Give each prompt an id of its own, or none.")
        if spec.key:
            lines[spec.key] = record.where.rpartition(", ")[2]
        specs.append(spec)
    taken = set(lines)
    return tuple(
        spec if spec.key else replace(spec, key=_free_key(n, taken)) for n, spec in enumerate(specs, start=1)
    )


def _free_key(number: int, taken: set[str]) -> str:
    wanted = f"p{number:04d}"
    keys = chain([wanted], (f"{wanted}-{attempt}" for attempt in count(2)))
    return next(key for key in keys if key not in taken)
