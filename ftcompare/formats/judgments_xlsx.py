"""``xlsx``: one row for each judgment, as in ``csv``, in a workbook of one sheet.

A cell is text or a number, never a formula, whatever it begins with. A cell holds 32,767 characters and
a sheet 1,048,576 rows: longer texts are cut and say so, more rows are refused. Characters that XML cannot
contain are written as visible escapes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from ftcompare.core.errors import UserError
from ftcompare.core.study import DETAILS, GuessRow, JudgedRow
from ftcompare.formats.atomic_write import all_or_none
from ftcompare.formats.export_format import ExportContext, ExportFormat, RowKind
from ftcompare.formats.json_files import require_rows
from ftcompare.formats.judgments_csv import columns, raw_cells
from ftcompare.formats.text_files import printable, xml_text

MAX_CELL = 32_767
MAX_ROWS = 1_048_576  # Excel's limit, including the header row

CUT = " … [cut: a cell holds 32,767 characters]"
_NUMBERS = {"preference_b", "strength", "seconds", "sample_a", "sample_b", "sure"}
_NUMBERS |= {one.attribute for one in DETAILS if one.is_number}


def write(path: Path, rows: Iterable[JudgedRow | GuessRow], context: ExportContext) -> int:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("judgments")
    with all_or_none(path) as draft:
        try:
            sheet.freeze_panes = "A2"
            sheet.append([text_cell(sheet, name, bold=True) for name in columns(context)])
            count = 0
            for row in rows:
                count += 1
                if count >= MAX_ROWS:
                    what, how = f"A workbook holds at most {MAX_ROWS - 1:,} judgments.", "Export them as CSV."
                    raise UserError(what, where=printable(path.name), how=how, code="too-many-rows")
                sheet.append([*_cells(sheet, row, context)])
            require_rows(path, count, "judgments")
        finally:
            # The library removes its temporary file only when it saves, so remove it after an error as well.
            book.save(draft)
    return count


def shown_text(text: str) -> str:
    whole = xml_text(text)
    return whole if len(whole) <= MAX_CELL else whole[: MAX_CELL - len(CUT)] + CUT


def _cells(sheet: WriteOnlyWorksheet, row: JudgedRow | GuessRow, context: ExportContext) -> Iterator[Cell]:
    for name, text in raw_cells(row, context).items():
        if text and name in _NUMBERS:
            yield WriteOnlyCell(sheet, float(text))
        else:
            yield text_cell(sheet, text)


def text_cell(sheet: WriteOnlyWorksheet, text: str, *, bold: bool = False) -> Cell:
    cell = WriteOnlyCell(sheet, shown_text(text))
    # The library reads text that begins with = as a formula, and some words as errors.
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell


EXPORT = ExportFormat(
    id="xlsx",
    title="Judgments (Excel workbook)",
    description="Every judgment as a row, and the checks of raters, for Excel. No cell is a formula.",
    rows=RowKind.JUDGMENT,
    stem="judgments",
    to_object=raw_cells,
    writer=write,
    suffix=".xlsx",
    file_type="Excel workbook",
)
