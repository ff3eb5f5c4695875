"""``outputs``: responses made elsewhere, as JSON Lines, in and out.

One object a line: ``prompt`` (text or messages), ``system``, ``response``; optional ``prompt_id``,
``category``, ``split``, ``tags`` (a list of texts), ``reference``, ``sample`` (which of several responses
of a system to the prompt, from 0). Fields that are not ours are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ftcompare.core.hashing import Json
from ftcompare.core.records import OutputRecord
from ftcompare.core.study import Prompt, Response, SystemId
from ftcompare.formats.consistency import PromptIds, SeenResponses
from ftcompare.formats.export_format import ExportContext, ExportFormat, ImportFormat, RowKind
from ftcompare.formats.jsonl import read_records
from ftcompare.formats.record_fields import Record, prompt_json
from ftcompare.formats.text_files import MIB

MAX_BYTES = 2048 * MIB
MOST_SAMPLES = 100_000
"""Responses of one system to one prompt."""


def read_outputs(path: Path) -> Iterator[OutputRecord]:
    """The responses of a file, one at a time, so that a file of any length fits in memory.

    An error comes when its line is reached: take the records inside one transaction.

    Raises:
        UserError: with the line and what is wrong with it.
    """
    ids, responses = PromptIds(), SeenResponses()
    for fields in read_records(path, max_bytes=MAX_BYTES, wanted="a response"):
        record = _output(fields)
        ids.check(fields, record.prompt_id, record.messages)
        responses.check(fields, record.messages, record.system, record.response, record.sample)
        yield record


def record_of(response: Response, prompt: Prompt, names: Mapping[SystemId, str]) -> OutputRecord:
    """A stored response as a neutral record."""
    spec = prompt.spec
    return OutputRecord(
        messages=spec.messages,
        system=names[response.system],
        response=response.text,
        prompt_id=spec.key,
        category=spec.category,
        split=spec.split,
        reference=spec.reference,
        tags=spec.tags,
        sample=response.sample,
    )


def to_object(record: OutputRecord, _context: ExportContext) -> dict[str, Json]:
    """A response as one line's object. Optional fields that say nothing are left out."""
    optional: dict[str, Json] = {
        "prompt_id": record.prompt_id,
        "category": record.category,
        "split": record.split.value,
        "tags": [*record.tags],
        "reference": record.reference,
        "sample": record.sample,
    }
    return {
        "prompt": prompt_json(record.messages),
        "system": record.system,
        "response": record.response,
        **{name: value for name, value in optional.items() if value},
    }


def _output(fields: Record) -> OutputRecord:
    return OutputRecord(
        messages=fields.messages("prompt"),
        system=fields.required_label("system"),
        response=fields.present_text("response"),
        prompt_id=fields.label("prompt_id"),
        category=fields.label("category"),
        split=fields.split(),
        reference=fields.text("reference"),
        tags=fields.tags(),
        sample=_sample(fields),
    )


def _sample(fields: Record) -> int:
    number = fields.number("sample") or 0
    if number not in range(MOST_SAMPLES):
        raise fields.error(f"sample must be a whole number from 0 to {MOST_SAMPLES - 1}.")
    return int(number)


EXPORT = ExportFormat(
    id="outputs",
    title="All answers (JSON Lines)",
    description="Every answer of every system; can be imported into another study.",
    rows=RowKind.RESPONSE,
    stem="answers",
    to_object=to_object,
)
IMPORT = ImportFormat(
    id="outputs",
    title="Answers made elsewhere",
    description="JSON Lines with prompt, system and response; they are paired and can be rated.",
    outputs=read_outputs,
)
