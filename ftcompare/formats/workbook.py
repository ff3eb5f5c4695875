"""Excel workbooks (XLSX): reads the rows of their first visible sheet, as text.

A formula counts as its stored value; nothing is computed, and macros, links and pictures are ignored. Content
that would be read wrongly is refused with a message: merged cells, error values, formulas without a value.
Numbers become digits, dates ``2026-05-31`` (with the time if there is one), booleans ``true`` and ``false``.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import repeat
from pathlib import Path
from struct import error as StructError
from typing import BinaryIO, Protocol, TypeAlias, cast
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.cell.read_only import EMPTY_CELL, EmptyCell, ReadOnlyCell
from openpyxl.workbook.workbook import Workbook

from ftcompare.core.errors import UserError
from ftcompare.core.language import N_
from ftcompare.formats.text_files import MIB, open_binary, place, printable, refused

MAX_BYTES = 64 * MIB
MAX_UNPACKED = 256 * MIB  # all parts of a workbook, for a small file may hold very large ones
MAX_PARTS = 5000
MAX_COLUMNS = 702  # as many as have names of one or two letters: up to ZZ
MAX_ROWS = 1_048_576  # Excel's own limit
MAX_CELL = 1_000_000  # characters; Excel takes 32,767

ROW = N_("row")  # what errors count in a sheet

SheetCell: TypeAlias = Cell | ReadOnlyCell | EmptyCell

_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*[\"']([A-Z0-9:$]{1,40})[\"']")
_FAR = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br\s*=\s*[\"'][A-Z]{3,}[0-9]")
_CHUNK, _OVERLAP = MIB, 512

# All that the library is known to raise for files that are no workbooks, or damaged ones. Nothing
# was imported yet when one is raised.
_DAMAGED = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    SyntaxError,  # of the standard library's parser and of lxml's, which openpyxl takes where it is
    BadZipFile,
    ZlibError,
    StructError,
)


def read_rows(path: Path, *, max_bytes: int = MAX_BYTES) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a workbook's first visible sheet, with their numbers, without empty ones."""
    with _books(path, max_bytes) as (values, formulas):
        rows = _rows(values)
        sources = repeat((0, ())) if formulas is None else _rows(formulas)
        for (number, cells), (_, source) in zip(rows, sources, strict=False):
            _require_values(path, number, cells, source)
            # Empty cells at the end of a row are in no file.
            width = len(cells)
            while width and cells[width - 1] is EMPTY_CELL:
                width -= 1
            used = cells[:width]
            texts = [_text(path, number, column, cell) for column, cell in enumerate(used)]
            while texts and not texts[-1].strip():
                texts.pop()
            if texts:
                yield number, texts


class Sheet(Protocol):
    """Members of a sheet that is read row by row, which the library's types leave out."""

    sheet_state: str
    _worksheet_path: str

    def reset_dimensions(self) -> None: ...

    def iter_rows(self, *, max_row: int, max_col: int) -> Iterator[tuple[SheetCell, ...]]: ...


@contextmanager
def _books(path: Path, max_bytes: int) -> Iterator[tuple[Sheet, Sheet | None]]:
    """Yield the sheet with its values, and with its formulas if it has any."""
    with open_binary(path, max_bytes=max_bytes) as handle, open_binary(path, max_bytes=max_bytes) as again:
        opened: list[Workbook] = []
        try:
            _check_sizes(path, handle)
            opened.append(_load(handle, data_only=True))
            sheet = _first_visible(opened[0], path)
            formulas = None
            if _has_formulas(path, handle, sheet):
                opened.append(_load(again, data_only=False))
                formulas = _first_visible(opened[1], path)
            yield sheet, formulas
        except UserError:
            raise
        except _DAMAGED:
            raise _damaged(path) from None
        except OSError as error:
            if error.errno is not None:
                raise
            # openpyxl's own words for a package without a workbook
            raise _damaged(path) from None
        finally:
            for book in opened:
                book.close()


def _load(handle: BinaryIO, *, data_only: bool) -> Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts that are of no matter here
        return load_workbook(handle, read_only=True, data_only=data_only, keep_links=False)


def _check_sizes(path: Path, handle: BinaryIO) -> None:
    """Refuse what would fill the memory. Parts are never unpacked beyond the sizes stated here."""
    with ZipFile(handle) as parts:
        infos = parts.infolist()
    if len(infos) > MAX_PARTS or sum(info.file_size for info in infos) > MAX_UNPACKED:
        what = f"The workbook is larger than {MAX_UNPACKED // MIB} MiB once unpacked."
        raise refused(path, what, "Save the sheet as CSV or JSON Lines.", "file-too-large")
    if any(info.flag_bits & 1 for info in infos):
        raise _damaged(path)


def _first_visible(book: Workbook, path: Path) -> Sheet:
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible":
            return cast("Sheet", sheet)
    raise refused(path, "The workbook has no visible sheet.", "Show the sheet that is meant.", "bad-workbook")


def _has_formulas(path: Path, handle: BinaryIO, sheet: Sheet) -> bool:
    """Return whether the sheet has formulas; refuse merged cells and far columns."""
    found, rest = False, b""
    part = sheet._worksheet_path  # noqa: SLF001 - the library has no other way to find the part of the sheet
    with ZipFile(handle) as parts, parts.open(part) as source:
        while chunk := source.read(_CHUNK):
            text = rest + chunk
            found = found or bool(_FORMULA.search(text))
            if merged := _MERGED.search(text):
                what = f"The cells {merged[1].decode()} are merged."
                how = "Unmerge them and fill in each cell, or save the sheet as CSV."
                raise refused(path, what, how, "merged-cells")
            if _FAR.search(text):
                what = f"The sheet has cells beyond column {_name(0, MAX_COLUMNS - 1)[:-1]}."
                how = "Delete the columns there, empty ones too, or save the sheet as CSV."
                raise refused(path, what, how, "too-many-columns")
            rest = text[-_OVERLAP:]
    return found


def _rows(sheet: Sheet) -> Iterator[tuple[int, tuple[SheetCell, ...]]]:
    """Yield numbered rows; the library repeats one object for rows that are in no file."""
    sheet.reset_dimensions()
    before = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, cells in enumerate(sheet.iter_rows(max_row=MAX_ROWS, max_col=MAX_COLUMNS), start=1):
            if cells is not before:
                before = cells
                yield number, cells


def _require_values(
    path: Path, number: int, cells: tuple[SheetCell, ...], source: tuple[SheetCell, ...]
) -> None:
    for column, (cell, formula) in enumerate(zip(cells, source, strict=False)):
        if cell.value is None and formula.data_type == "f":
            what = f"The cell {_name(number, column)} is a formula without a value."
            how = "Open the workbook in the program that it came from and save it, or paste the values."
            raise _wrong(path, number, what, how)


def _text(path: Path, number: int, column: int, cell: SheetCell) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "e":
        what = f"The cell {_name(number, column)} contains an error, {printable(str(value))[:20]}."
        raise _wrong(path, number, what, "Correct it, or empty the cell.")
    text = _written(value)
    if len(text) > MAX_CELL:
        what = f"The cell {_name(number, column)} is longer than {MAX_CELL:,} characters."
        raise _wrong(path, number, what, "Use JSON Lines for very long texts.")
    return text


def _written(value: object) -> str:
    match value:
        case str():
            # Excel writes the CR of a line end so, since XML would take it away.
            return value.replace("_x000D_", "\r")
        case bool():
            return str(value).lower()
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
    return str(value)


def _name(row: int, column: int) -> str:
    letters, rest = "", column + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return f"{letters}{row}"


def _damaged(path: Path) -> UserError:
    what = "This Excel workbook (XLSX) cannot be read; it may be damaged, or locked by a password."
    return refused(path, what, "Save it again as XLSX without a password, or as CSV.", "bad-workbook")


def _wrong(path: Path, row: int, what: str, how: str) -> UserError:
    return UserError(what, where=place(path, row, ROW), how=how, code="bad-line")
