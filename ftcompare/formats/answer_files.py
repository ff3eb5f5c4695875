"""Files of answers made elsewhere, of two or more systems: JSON Lines, CSV, TSV, Excel.

Two layouts, told apart line by line in JSON Lines and by the header in a table:

- an answer a line: ``prompt``, ``system``, ``response`` and optionally ``sample``;
- a prompt a line: ``prompt`` and, in JSON Lines, ``answers``, an object of texts by system; in a table, a
  column for each system. Where columns begin with ``answer:``, only these are systems; else all that are not
  named here are. An empty cell is no answer.

Either takes ``prompt_id``, ``category``, ``split``, ``tags`` and ``reference`` too. These names are
taken in any case; those of systems as they are written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ftcompare.core.hashing import Json
from ftcompare.core.records import OutputRecord
from ftcompare.formats.csv_reader import unknown_suffix
from ftcompare.formats.import_notes import ImportNotes
from ftcompare.formats.json_elements import read_objects
from ftcompare.formats.record_fields import PromptIds, Record, SeenResponses
from ftcompare.formats.tables import SUFFIXES as TABLES
from ftcompare.formats.tables import is_table, read_table_file
from ftcompare.formats.text_files import MIB, require_content

MAX_BYTES = 2048 * MIB
SUFFIXES = (".jsonl", *TABLES)
MARK = "answer:"
"""Before the names of systems, in a table that has other columns beside them."""
_OF_PROMPT = ("prompt", "prompt_id", "category", "split", "tags", "reference", "sample")
_KNOWN = ("id", *_OF_PROMPT, "system", "response")
_FIELDS = (*_KNOWN, "answers")


def read_answers(path: Path, notes: ImportNotes | None = None) -> Iterator[OutputRecord]:
    """The answers of a file, one at a time, so that a file of any length fits in memory.

    An error comes when its line is reached: take the records inside one transaction.

    Args:
        path: of the file.
        notes: counts fields that are not ours.

    Raises:
        UserError: with the line and what is wrong with it.
    """
    ids, responses, notes = PromptIds(), SeenResponses(), notes or ImportNotes()
    found = False
    for fields in _records(path):
        found = True
        notes.note_unread(fields, _FIELDS)
        for answer in _answers(fields):
            record = output_of(answer)
            ids.check(answer, record.prompt_id, record.messages)
            responses.check(answer, record.messages, record.system, record.response, record.sample)
            yield record
    require_content(path, found=found, wanted="a prompt with answers")


def _records(path: Path) -> Iterator[Record]:
    if is_table(path):
        return map(_row, read_table_file(path, max_bytes=MAX_BYTES, required=("prompt",), known=_KNOWN))
    if path.suffix.lower() in (".xls", ".ods"):
        raise unknown_suffix(path, SUFFIXES)
    return read_objects(path, max_bytes=MAX_BYTES, wanted="a response")


def _row(record: Record) -> Record:
    """A row of a table with what JSON Lines would hold in its place."""
    fields: dict[str, Json] = {name: cell for name, cell in record.fields.items() if record.has(name)}
    if "id" in fields and "prompt_id" not in fields:
        fields["prompt_id"] = fields.pop("id")  # as files of prompts call it
    sample = fields.get("sample")
    if isinstance(sample, str) and sample.strip().isdecimal():
        fields["sample"] = int(sample)
    if "system" in record.fields:
        return replace(record, fields={"response": "", **fields})
    marked = {
        name[len(MARK) :].strip(): cell for name, cell in fields.items() if name.casefold().startswith(MARK)
    }
    other = {name: cell for name, cell in fields.items() if name not in _OF_PROMPT}
    own = {name: cell for name, cell in fields.items() if name in _OF_PROMPT}
    if marked:
        rest = {name: cell for name, cell in other.items() if not name.startswith(MARK)}
        return replace(record, fields={**own, **rest, "answers": marked})
    return replace(record, fields={**own, "answers": other})


def _answers(record: Record) -> Iterator[Record]:
    """A line's answers, each as a record of its own."""
    if not record.has("answers"):
        yield record
        return
    rest = {name: value for name, value in record.fields.items() if name != "answers"}
    for name, text in record.part("answers").fields.items():
        if text is not None:
            yield replace(record, fields={**rest, "system": name, "response": text})


def output_of(fields: Record) -> OutputRecord:
    """The answer of a line whose fields are ours.

    Raises:
        UserError: with the place and what is wrong.
    """
    return OutputRecord(
        messages=fields.messages("prompt"),
        system=fields.required_label("system"),
        response=fields.present_text("response"),
        prompt_id=fields.label("prompt_id"),
        category=fields.label("category"),
        split=fields.split(),
        reference=fields.text("reference"),
        tags=fields.tags(),
        sample=fields.sample("sample") or 0,
    )
