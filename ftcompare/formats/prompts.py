"""Prompt files: JSON Lines, JSON, CSV, TSV, Excel, Parquet, plain text.

Fields: ``prompt`` (text), or ``messages`` or ``conversations`` (see `chat_records`; as JSON in a table), or
``turns``; and optionally ``input``, ``system``, and ``history`` (see `with_question`), ``id``, ``category``,
``split``, ``reference`` (a text, or a list of accepted ones), ``tags`` (a list, or text separated by ``|``),
``checks`` (see `prompt_checks`), and those of `CONTEXT_FIELDS`. Other fields are ignored and listed in
`PromptFile.unused`. In plain text, a line is a prompt.

A prompt without an id gets one from its position in the file: ``p0001`` for the first. If another prompt has
that id, it becomes ``p0001-2`` and so on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count
from pathlib import Path

from ftcompare.core.context import ContextKind, Expectation, Passage
from ftcompare.core.hashing import Json
from ftcompare.core.judgment_limits import MAX_LATER_TURNS
from ftcompare.core.prompt_check import CheckKind, RefusalCheck
from ftcompare.core.study import Message, PromptSpec
from ftcompare.formats import parquet_file, tables
from ftcompare.formats.chat_records import (
    BESIDE_QUESTION,
    CONVERSATIONS,
    QUESTIONS,
    with_messages,
    with_question,
    without_answer,
)
from ftcompare.formats.json_files import parse
from ftcompare.formats.prompt_checks import read_checks, stored_checks
from ftcompare.formats.record_fields import Record, shown
from ftcompare.formats.tables import SUFFIXES as TABLES
from ftcompare.formats.text_files import MIB, place, printable, read_lines, require_content

CONTEXT_FIELDS = (
    "context",
    "context_kind",
    "expects",
    "task",
    "labels",
    "later_turns",
    "turns",
    "more_references",
)
"""Fields read here; also ``reference`` if it is a list."""
MAX_CONTEXT = 1_000_000  # characters of a prompt's passages; more fits no model and slows the window
MAX_PASSAGES = 1_000
LATER_REFERENCES = "reference of later turns"  # name under which these are reported as ignored

_LISTS = ("checks", "context", "later_turns", "turns", "more_references")
_KINDS = {kind.value: kind for kind in ContextKind if kind}
_EXPECTED = {one.value: one for one in Expectation if one}


def with_lists(record: Record) -> Record:
    """Parse lists in a table row from JSON; other text is unchanged."""
    found = {name: listed(record.fields.get(name)) for name in _LISTS if record.has(name)}
    return replace(record, fields={**record.fields, **found})


def with_turns(record: Record) -> Record:
    """Split ``turns`` into ``prompt`` and ``later_turns``, and its references into one and later ones."""
    if not record.has("turns"):
        return record
    beside = next((name for name in ("prompt", "messages", "later_turns") if record.has(name)), "")
    if beside:
        raise record.error(f"There are both turns and {beside}.", "Leave one of them out.")
    turns = record.texts("turns")
    if not turns:
        raise record.error("turns contains no text.")
    fields = {name: value for name, value in record.fields.items() if name != "turns"}
    given = fields.get("reference")
    if isinstance(given, list) and len(given) == len(turns) > 1:
        fields |= {"reference": given[0], LATER_REFERENCES: given[1:]}
    return replace(record, fields={**fields, "prompt": turns[0], "later_turns": [*turns[1:]]})


def with_context(spec: PromptSpec, record: Record) -> PromptSpec:
    reference, *others = _references(record)
    turns = record.texts("later_turns")
    if len(turns) > MAX_LATER_TURNS:
        raise record.error(f"later_turns has {len(turns):,} turns. The maximum is {MAX_LATER_TURNS}.")
    context, kind = passages(record), record.word("context_kind", _KINDS, ContextKind.NONE)
    if kind and not context:
        what = f"context_kind is {kind.value!r}, but there is no context."
        raise record.error(what, "Give the context, or leave context_kind out.")
    return replace(
        spec,
        reference=reference,
        more_references=(*others, *record.texts("more_references")),
        task=record.label("task"),
        context=context,
        context_kind=kind,
        expects=record.word("expects", _EXPECTED, Expectation.NONE),
        labels=record.parted("labels"),
        later_turns=turns,
    )


def _references(record: Record) -> tuple[str, ...]:
    if isinstance(record.fields.get("reference"), list):
        return record.texts("reference") or ("",)
    return (record.text("reference"),)


def passages(record: Record) -> tuple[Passage, ...]:
    """Return the field ``context``, a text or a list of texts or ``{"id", "text"}``, without empty ones."""
    value = record.fields.get("context")
    given = value if isinstance(value, list) else [] if value is None else [value]
    if len(given) > MAX_PASSAGES:
        raise record.error(f"context has {len(given):,} passages. The maximum is {MAX_PASSAGES:,}.")
    found = [_passage(record, n, one) for n, one in enumerate(given, start=1)]
    found = [one for one in found if one.text.strip()]
    length = sum(len(one.text) for one in found)
    if length > MAX_CONTEXT:
        what = f"context has {length:,} characters. The maximum is {MAX_CONTEXT:,}."
        raise record.error(what, "Keep the passages that the question is about.")
    twice = next((key for key, n in Counter(one.id for one in found if one.id).items() if n > 1), None)
    if twice is not None:
        raise record.error(f"context: two passages have the id {shown(twice)}.")
    return tuple(found)


def passages_json(context: Sequence[Passage]) -> Json:
    """Return passages in the simplest form that `passages` reads."""
    if len(context) == 1 and not context[0].id:
        return context[0].text
    if not any(one.id for one in context):
        return [one.text for one in context]
    return [{"id": one.id, "text": one.text} if one.id else {"text": one.text} for one in context]


def _passage(record: Record, number: int, value: Json) -> Passage:
    if isinstance(value, str):
        return Passage("", value)
    name = f"context, passage {number}"
    if not isinstance(value, dict):
        raise record.error(f'{name} must be text or an object with "id" and "text", not {shown(value)}.')
    part = replace(record, fields={f"{name}: {key}": one for key, one in value.items()})
    return Passage(part.label(f"{name}: id"), part.present_text(f"{name}: text"))


def listed(cell: Json) -> Json:
    """Return the list of texts or objects that a cell holds as JSON; else the cell itself."""
    if not isinstance(cell, str) or not cell.lstrip().startswith("["):
        return cell
    try:
        value = parse(cell)
    except ValueError:
        return cell
    is_list = isinstance(value, list) and all(isinstance(part, str | dict) for part in value)
    return value if is_list else cell


MOST_NAMED = 8  # maximum number of labels named one by one


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Error of a prompt as a sentence, and how to correct it."""

    what: str
    how: str


def contradiction(spec: PromptSpec) -> Contradiction | None:
    return _missing_for_check(spec) or _no_right_label(spec) or _refusal(spec)


def _missing_for_check(spec: PromptSpec) -> Contradiction | None:
    """Find a check of the labels or of the reference, which the prompt does not have."""
    kinds = {check.kind for check in stored_checks(spec.checks)}
    if CheckKind.LABEL in kinds and not spec.labels:
        how = 'Add the field "labels" with the answers to choose from.'
        return Contradiction("A check uses labels, but the prompt has none.", how)
    if CheckKind.REFERENCE in kinds and not spec.reference.strip():
        how = 'Add the field "reference" with the accepted answer, or leave the check out.'
        return Contradiction("A check uses the reference, but the prompt has none.", how)
    return None


def _no_right_label(spec: PromptSpec) -> Contradiction | None:
    """Find labels without a right one: if accepted answers are given, one label must be among them."""
    accepted = [text.strip() for text in (spec.reference, *spec.more_references) if text.strip()]
    right = {text.casefold() for text in accepted}
    if not spec.labels or not accepted or any(label.casefold() in right for label in spec.labels):
        return None
    named = [shown(label) for label in spec.labels[:MOST_NAMED]]
    more = f" and {len(spec.labels) - MOST_NAMED} more" if len(spec.labels) > MOST_NAMED else ""
    what = f"reference is {shown(accepted[0])}, which is not one of the labels: {', '.join(named)}{more}."
    return Contradiction(what, "Give the right label as the reference, or leave one of the two out.")


def _refusal(spec: PromptSpec) -> Contradiction | None:
    wanted = {Expectation.REFUSAL: True, Expectation.ANSWER: False}.get(spec.expects)
    given = [check.refused for check in stored_checks(spec.checks) if isinstance(check, RefusalCheck)]
    if wanted is None or not given or wanted in given:
        return None
    check = f'{{"refusal": {str(given[0]).lower()}}}'
    what = f"The prompt expects {spec.expects.value!r}, but a check requires the opposite: {check}."
    return Contradiction(
        what, "Remove the check, which follows from the expectation, or correct one of them."
    )


def prompt_of(record: Record, key: str, messages: tuple[Message, ...], path: Path) -> PromptSpec:
    """Return a prompt of a record; schemas of its checks may be beside the file at ``path``."""
    spec = PromptSpec(
        key=key,
        messages=messages,
        category=record.label("category"),
        split=record.split(),
        checks=read_checks(record, path),
        tags=record.tags(),
    )
    spec = with_context(spec, record)
    if found := contradiction(spec):
        raise record.error(found.what, found.how)
    return spec


MAX_BYTES = 256 * MIB
_WANTED = "at least one prompt"
_OBJECTS = (".jsonl", ".json")
_COLUMNS = (*_OBJECTS, *TABLES, parquet_file.SUFFIX)  # suffixes of files with fields or columns
SUFFIXES = (*_COLUMNS, ".txt")
FIELDS = (
    *("prompt", *BESIDE_QUESTION, "messages", "id", "category", "split", "reference", "checks", "tags"),
    *CONTEXT_FIELDS,
)
ASKING = ("prompt", "messages", "turns")  # fields with the question; a prompt has one of them
IDS = ("id", "prompt_id", "question_id")
_KNOWN = tuple(dict.fromkeys((*FIELDS, *CONVERSATIONS, *IDS)))
_SAFE = ("prompt", *BESIDE_QUESTION, "reference", "category", "tags", "id")
"""Fields that are read from columns with usual names, if no column is named; other columns are not used."""


def guessed_columns(names: Sequence[str]) -> dict[str, str]:
    found = tables.likely_columns(names, tables.COLUMN_NAMES["prompts"])
    asking = [name for name in ASKING if name in found]
    return {name: column for name, column in found.items() if name not in asking[1:]}


def _read_columns(path: Path) -> dict[str, str]:
    """Return the columns of a file without standard names for the question, by their whole names."""
    names = read_columns(path).names if has_columns(path) else ()
    if not names or {name.casefold() for name in names} & {*ASKING, *CONVERSATIONS}:
        return {}
    words = {field: tables.COLUMN_NAMES["prompts"].get(field, (field,)) for field in _SAFE}
    found = tables.likely_columns(names, {**words, "prompt": (*QUESTIONS, "query", "input")}, whole=True)
    return found if "prompt" in found else {}


@dataclass(frozen=True, slots=True)
class PromptFile:
    prompts: tuple[PromptSpec, ...]
    unused: tuple[str, ...] = ()  # names of unused fields or columns, in order of occurrence
    answered: int = 0  # number of conversations that ended with an answer, which is not part of the prompt
    made: frozenset[str] = frozenset()  # generated ids, which are not in the file
    places: Mapping[str, str] = field(default_factory=dict)  # where each unused name occurs first
    columns: Mapping[str, str] = field(default_factory=dict)  # column of each field, if they were guessed


def read_prompts(path: Path) -> tuple[PromptSpec, ...]:
    return read_prompt_file(path).prompts


def read_prompt_file(
    path: Path,
    columns: Mapping[str, str] | None = None,
    counted: Callable[[Iterable[Record]], Iterable[Record]] = iter,
) -> PromptFile:
    """Read prompts, and report what was not used.

    ``columns`` gives the file's field or column for each of `FIELDS` that is used; without it the file
    has the standard names, or usual ones for the question. The records pass through ``counted``, which may
    raise to cancel.
    """
    guessed = _read_columns(path) if columns is None else {}
    columns = guessed or columns
    names: dict[str, str] = {}  # where each occurs first
    found: list[tuple[Record, PromptSpec]] = []
    answered, beside = 0, path / "data" if path.is_dir() else path
    for record in counted(_records(path) if columns is None else _chosen_records(path, columns)):
        names = {**dict.fromkeys(record.fields, record.where), **names}
        whole, asked = _asked(path, record, columns)
        answered += asked is not whole
        if LATER_REFERENCES in asked.fields:
            names.setdefault(LATER_REFERENCES, record.where)
        # From here on only the record's position is needed.
        found.append(
            (replace(record, fields={}), prompt_of(asked, _key(asked), prompt_messages(asked), beside))
        )
    require_content(path, has_records=bool(found), wanted=_WANTED)
    tables.require_columns(printable(path.name), () if columns is None else columns.values(), names)
    used = _KNOWN if columns is None else tuple(columns.values())
    unused = tuple(name for name in names if name and name not in used)
    given = {spec.key for _, spec in found}
    prompts = _with_keys(found)
    made, places = frozenset(spec.key for spec in prompts) - given, {name: names[name] for name in unused}
    return PromptFile(prompts, unused, answered, made, places, guessed)


def _key(record: Record) -> str:
    return next(filter(None, map(record.label, IDS)), "")


def has_columns(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() in _COLUMNS


def read_columns(path: Path) -> tables.FileColumns:
    return tables.first_rows(path, _raw_records(path), expected=_WANTED)


def _raw_records(path: Path) -> Iterator[Record]:
    if not has_columns(path):
        raise tables.unknown_suffix(path, _COLUMNS)
    return tables.raw_records(path, max_bytes=MAX_BYTES, expected='{"prompt": "…"}')


def _chosen_records(path: Path, columns: Mapping[str, str]) -> Iterator[Record]:
    return (tables.with_nested(record, columns.values()) for record in _raw_records(path))


def _asked(path: Path, record: Record, columns: Mapping[str, str] | None) -> tuple[Record, Record]:
    """Return a record with standard fields for its conversation, and the same without a final answer."""
    if columns is not None:
        asked = [name for ours, name in columns.items() if ours in ASKING]
        tables.require_columns(record.where, asked, record.fields)
        fields = {ours: record.fields[theirs] for ours, theirs in columns.items() if theirs in record.fields}
        record = replace(record, fields=fields)
    as_json = tables.is_table(path) or columns is not None
    record = with_messages(record, as_json=as_json)
    record = with_turns(with_lists(record) if as_json else record)
    record = with_question(record, *BESIDE_QUESTION)
    return record, without_answer(record)


def _records(path: Path) -> Iterator[Record]:
    if path.is_dir():
        return _raw_records(path)
    match path.suffix.lower():
        case suffix if suffix in TABLES:
            required = ("prompt", *CONVERSATIONS, "turns")
            return tables.read_table_file(path, max_bytes=MAX_BYTES, required=required, known=_KNOWN)
        case ".txt":
            return plain_records(path, max_bytes=MAX_BYTES)
        case _ if has_columns(path):
            return _raw_records(path)
    raise tables.unknown_suffix(path, SUFFIXES)


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


def _with_keys(prompts: Iterable[tuple[Record, PromptSpec]]) -> tuple[PromptSpec, ...]:
    lines: dict[str, str] = {}
    specs = []
    for record, spec in prompts:
        if spec.key in lines:
            what = f"The id {spec.key!r} appears here and in {lines[spec.key]}."
            raise record.error(what, "Give each prompt a different id, or none.")
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
