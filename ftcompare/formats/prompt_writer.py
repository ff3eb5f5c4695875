"""Prompts as a file that `prompts` reads back as the very same ones: JSON Lines, CSV, Excel.

A table holds texts: conversations stand in it as JSON, tags and checks parted by ``|``. What a table would
not give back, or a spreadsheet would run as a formula, is refused with the prompt's id: JSON Lines hold any
prompt.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.study import PromptSpec
from ftcompare.formats.atomic_write import all_or_none, atomic_text
from ftcompare.formats.csv_reader import unknown_suffix
from ftcompare.formats.jsonl import require_rows, write_objects
from ftcompare.formats.judgments_csv import safe_cell
from ftcompare.formats.judgments_xlsx import MAX_CELL, MAX_ROWS
from ftcompare.formats.record_fields import messages_json, plain_prompt, shown
from ftcompare.formats.text_files import printable

SUFFIXES = (".jsonl", ".csv", ".xlsx")
COLUMNS = ("id", "prompt", "messages", "category", "split", "tags", "reference", "checks")
_WHAT = "prompts"
_CARRIAGE_RETURN = "_x000D_"
"""As Excel writes it, since XML would take it away."""


def write_prompts(path: Path, prompts: Sequence[PromptSpec]) -> int:
    """Write a file, whole or not at all; its form is told by its suffix. The number of prompts.

    Raises:
        UserError: ``unknown-suffix``; ``no-rows`` without prompts; ``no-cell`` for what a table cannot hold.
        EnvironmentFault: ``disk-full``.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise unknown_suffix(path, SUFFIXES)
    require_rows(path, len(prompts), _WHAT)
    if suffix == ".jsonl":
        return write_objects(path, map(_object, prompts), what=_WHAT)
    rows = [_cells(path, spec) for spec in prompts]
    if suffix == ".csv":
        _write_csv(path, rows)
    else:
        _write_workbook(path, rows)
    return len(rows)


def _object(spec: PromptSpec) -> dict[str, Json]:
    plain = plain_prompt(spec.messages)
    asked: dict[str, Json] = (
        {"messages": messages_json(spec.messages)} if plain is None else {"prompt": plain}
    )
    rest: dict[str, Json] = {
        "category": spec.category,
        "split": spec.split.value,
        "tags": [*spec.tags],
        "reference": spec.reference,
        "checks": [*spec.checks],
    }
    return {"id": spec.key, **asked, **{name: value for name, value in rest.items() if value}}


def _cells(path: Path, spec: PromptSpec) -> list[str]:
    plain = plain_prompt(spec.messages)
    messages = "" if plain is not None else json.dumps(messages_json(spec.messages), ensure_ascii=False)
    lists = {"tags": spec.tags, "checks": spec.checks}
    for name, parts in lists.items():
        if bar := next((part for part in parts if "|" in part), ""):
            raise _refused(
                path, spec.key, f"one of its {name}, {shown(bar)}, holds the mark | that parts them"
            )
    tags, checks = ("|".join(parts) for parts in lists.values())
    cells = [spec.key, plain or "", messages, spec.category, spec.split.value, tags, spec.reference, checks]
    for name, cell in zip(COLUMNS, cells, strict=True):
        if why := _unfit(path, cell):
            raise _refused(path, spec.key, f"its {name} {why}")
    return cells


def _unfit(path: Path, cell: str) -> str:
    """Why a table cannot hold a text, after its name; empty where it can."""
    if path.suffix.lower() == ".csv":
        if len(cell) > csv.field_size_limit():
            return f"is longer than {csv.field_size_limit():,} characters"
        return "would be run as a formula by a spreadsheet" if safe_cell(cell) != cell else ""
    if len(cell.replace("\r", _CARRIAGE_RETURN)) > MAX_CELL:
        return f"is longer than the {MAX_CELL:,} characters of a cell"
    return "holds a control character" if ILLEGAL_CHARACTERS_RE.search(cell) else ""


def _write_csv(path: Path, rows: Iterable[Sequence[str]]) -> None:
    with atomic_text(path, encoding="utf-8-sig") as handle:
        table = csv.writer(handle)
        table.writerow(COLUMNS)
        table.writerows(rows)


def _write_workbook(path: Path, rows: Sequence[Sequence[str]]) -> None:
    if len(rows) >= MAX_ROWS:
        what, how = f"A workbook holds at most {MAX_ROWS - 1:,} prompts.", "Save them as JSON Lines."
        raise UserError(what, where=printable(path.name), how=how, code="too-many-rows")
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_WHAT)
    sheet.freeze_panes = "A2"
    for row in (COLUMNS, *rows):
        cells = [WriteOnlyCell(sheet, cell.replace("\r", _CARRIAGE_RETURN)) for cell in row]
        for cell in cells:
            cell.data_type = "s"  # else what begins with = would be a formula
        sheet.append(cells)
    with all_or_none(path) as draft:
        book.save(draft)


def _refused(path: Path, key: str, why: str) -> UserError:
    return UserError(
        f"The prompt {shown(key)} cannot stand in this table: {why}.",
        where=printable(path.name),
        how="Save the prompts as JSON Lines (.jsonl).",
        code="no-cell",
    )
