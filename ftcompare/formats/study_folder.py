"""Study folders: the layout of a study as open files, and writing it.

Each table of the study is a JSON Lines file with the table's name. The manifest contains the study's version
and, for each table, the number of rows, bytes and the SHA-256. A file of short digests, one for each row in
the order of the tables, lets a reader name an altered line. Times and paths are not written, so equal studies
give equal bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.study_tables import ColumnType, StudyTable, TableColumn
from ftcompare.formats.export_format import ExportFormat, RowKind
from ftcompare.formats.text_files import MIB, place

TABLE_WORDS = {
    "study": "the one row of the study itself: title, notice, question, rating, unblinding",
    "state": "what the program keeps between two sessions, such as the page that was left open",
    "systems": "what is compared: base model, adapters, other models, answers from elsewhere",
    "prompts": "the prompts with category, split, reference, checks and tags",
    "glossary": "the terms of the glossary with their status",
    "runs": "how responses were written: settings, digests and proofs of each run",
    "responses": "what each system wrote to each prompt",
    "failures": "prompts to which no response could be written, and why",
    "comparisons": "the pairs of responses: ordinary, control, gold, live",
    "raters": "who judges: people, and programs whose judgments were imported",
    "draws": "each drawing of a rater's order and sides: its seed and what was committed to",
    "allocations": "one comparison handed to one rater: place, side, and the event that stands",
    "drafts": "what a rater had begun and not yet saved",
    "events": "judgments, skips, guesses and what took them back, in a chain for each rater",
    "audit": "the audit log: what was done to the study, in a chain",
    "plans": "who judges what where raters share the pairs: seed and what was committed to",
    "shares": "the pairs of each place of a plan",
    "slots": "which rater took which place of a plan",
    "packs": "the rater packs that were made: for whom, with which key and digest",
    "pack_items": "the items of each pack and the allocations they stand for",
    "merged_annotations": "the marks of each pack as they were there, and the annotation that came of each",
    "merged": "which event came from which entry of which pack",
    "exclusions": "raters left out of the results and taken in again, with the reasons",
    "examinations": "what the engine measured or scored, and how",
    "scores": "how likely a system finds the tokens of a response",
    "judges": "models that judge: what they are, their rubric, and the rater whose votes are theirs",
    "judge_replies": "what a judge said of a pair in one order, or of one answer: each try as it came",
    "label_scores": "how likely a system finds each label of a prompt",
    "code_results": "whether the code of an answer passes its tests",
    "benchmark_results": "a metric of one item of a benchmark's task under one system",
}
"""Description of each table's rows. A table of a later version without one has its name alone."""

_README = """# A study of FTCompare as open files

This folder is a whole study: nothing of it is elsewhere, and no program but a reader of JSON is needed to
read it. Each table of the study is a file of JSON Lines, UTF-8, one row a line. `schema.json` tells the
fields of each table (JSON Schema 2020-12, one definition a table). `manifest.json` tells the version of the
study's format and the rows, bytes and SHA-256 of each file. `line-digests.txt` has the first 16 digits of
the SHA-256 of each line, in the order of the tables, so that an altered line can be named.

The folder names every system and every rater, and holds the secrets of the drawing. Rows refer to each other
by number: `responses.prompt` is an `id` of `prompts`, and so on.

To make a study file of it again, with the same ids, digests and chains:

```
ftcompare import study.ftstudy THIS-FOLDER --format folder
```

A file of a table that was altered is refused. To use the rows elsewhere, copy them. Files that are not named
here are passed over, and so are changes to this page and to `schema.json`.

| file | rows |
|---|---|
"""


def guide(tables: Iterable[StudyTable]) -> str:
    lines = (f"| `{table.name}.jsonl` | {TABLE_WORDS.get(table.name, table.name)} |" for table in tables)
    return _README + "\n".join(lines) + "\n"


def rows_schema(tables: Iterable[StudyTable], version: int) -> dict[str, Json]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Rows of the tables of a study of FTCompare, version {version}",
        "description": "Each line of TABLE.jsonl is an object of the definition of that name.",
        "$defs": {table.name: _row_schema(table) for table in tables},
    }


def _row_schema(table: StudyTable) -> dict[str, Json]:
    return {
        "description": TABLE_WORDS.get(table.name, table.name),
        "type": "object",
        "properties": {column.name: _value_schema(column) for column in table.columns},
        "required": [column.name for column in table.columns],
        "additionalProperties": False,
    }


_TYPES: dict[ColumnType, str] = {
    ColumnType.TEXT: "string",
    ColumnType.INTEGER: "integer",
    ColumnType.REAL: "number",
}


def _value_schema(column: TableColumn) -> dict[str, Json]:
    types = [_TYPES[column.type], *(["object", "array"] if column.structured else [])]
    types += ["null"] if column.nullable else []
    return {"type": types[0] if len(types) == 1 else list[Json](types)}


KIND = "ftcompare-study"
LAYOUT = 1  # the version of the layout of the folder; that of the study is told beside it

MANIFEST = "manifest.json"
SCHEMA = "schema.json"
README = "README.md"
LINE_DIGESTS = "line-digests.txt"
FURTHER_FILES = (MANIFEST, SCHEMA, README, LINE_DIGESTS)  # all files beside those of the tables

EXPLAINED_BY = (README, SCHEMA, LINE_DIGESTS)  # files outside the study that the manifest has digests of

MAX_LINE = 64 * MIB  # row with its line end; a text with control characters may take six times its size

DIGEST_LENGTH = 16  # hexadecimal digits of the SHA-256 of a line, without its end


EXPORT: ExportFormat[Mapping[str, Json]] = ExportFormat(
    id="folder",
    title="The whole study as open files",
    description="A folder with all that the study is made of, as JSON Lines with a schema and a guide; "
    "a study file can be made of it again.",
    rows=RowKind.TABLE,
    stem="as open files",
    to_object=lambda row, _context: row,
    suffix="",
    file_type="Folders",
)


@dataclass(frozen=True, slots=True)
class TableEntry:
    """Entry of a table in the manifest."""

    name: str  # of the table
    rows: int  # their number
    bytes: int  # of its file
    sha256: str  # of its file, hexadecimal


def table_file(name: str) -> str:
    return f"{name}.jsonl"


def file_digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def line_digest(line: bytes) -> str:
    """Return what stands for a line, without its end, in `LINE_DIGESTS`."""
    return hashlib.sha256(line).hexdigest()[:DIGEST_LENGTH]


def write_study_folder(
    folder: Path, version: int, tables: Iterable[tuple[StudyTable, Iterable[Mapping[str, Json]]]]
) -> int:
    """Write the files of a study into an empty folder; return the number of rows.

    ``version`` is that of the study's format; rows come in the order of their keys. Raises `OSError` if
    the disk is full, and the like.
    """
    entries, written = [], []
    with (folder / LINE_DIGESTS).open("xb") as digests:
        for table, rows in tables:
            entries.append(_write_table(folder / table_file(table.name), table.name, rows, digests))
            written.append(table)
    _write_json(folder / SCHEMA, rows_schema(written, version))
    (folder / README).write_text(guide(written), encoding="utf-8", newline="\n")
    manifest: dict[str, Json] = {"format": KIND, "layout": LAYOUT, "study_version": version}
    manifest["tables"] = [asdict(entry) for entry in entries]
    manifest["explained_by"] = {name: file_digest(folder / name) for name in EXPLAINED_BY}
    _write_json(folder / MANIFEST, manifest)
    return sum(entry.rows for entry in entries)


def _write_table(path: Path, name: str, rows: Iterable[Mapping[str, Json]], digests: BinaryIO) -> TableEntry:
    whole, count, size = hashlib.sha256(), 0, 0
    with path.open("xb") as handle:
        for row in rows:
            line = json.dumps(row, ensure_ascii=False, allow_nan=False).encode()
            count += 1
            if len(line) >= MAX_LINE:
                raise _too_long(path, count)
            size += handle.write(line + b"\n")
            whole.update(line + b"\n")
            digests.write(line_digest(line).encode() + b"\n")
    return TableEntry(name, count, size, whole.hexdigest())


def _write_json(path: Path, value: Json) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")


def _too_long(path: Path, number: int) -> UserError:
    what = f"The row takes more than {MAX_LINE // MIB} MiB as JSON, which is more than readers take."
    return UserError(what, where=place(path, number), how="Save a copy of the study.", code="row-too-long")
