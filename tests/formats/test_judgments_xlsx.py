"""The workbook of judgments: read back by openpyxl and pandas, and without a formula."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from ftcompare.core.errors import UserError
from ftcompare.core.scale import Scale
from ftcompare.core.study import JudgedRow, SystemId
from ftcompare.formats import judgments_xlsx
from ftcompare.formats.export_format import ExportContext
from ftcompare.formats.judgments_csv import COLUMNS
from ftcompare.formats.judgments_xlsx import CUT, EXPORT, MAX_CELL, shown_text

MakeRow = Callable[..., JudgedRow]
NAMES = {SystemId(1): "base", SystemId(2): "=cardiology"}
CONTEXT = ExportContext(NAMES, Scale(criteria=("=tone",), reasons=("long",)))


def cells(path: Path) -> list[dict[str, object]]:
    sheet = load_workbook(path).active
    assert isinstance(sheet, Worksheet)
    header, *rows = sheet.iter_rows()
    assert {cell.data_type for row in rows for cell in row} <= {"s", "inlineStr", "n"}
    return [{str(h.value): c.value for h, c in zip(header, row, strict=True)} for row in rows]


def test_one_row_a_judgment_with_numbers_as_numbers(tmp_path: Path, make_row: MakeRow) -> None:
    path = tmp_path / "j.xlsx"
    rows = [make_row("a", strength=2, comment="=1+1"), make_row("tie", seconds=None)]
    assert EXPORT.write(path, rows, CONTEXT) == 2
    first, second = cells(path)
    assert [*first] == [*COLUMNS, "criterion: =tone", "reasons", "reason sides"]
    assert first["system_b"] == "=cardiology"
    assert first["comment"] == "=1+1"
    assert (first["seconds"], first["strength"], first["preference_b"], first["sample_a"]) == (4.2, 2, 0, 0)
    assert second["seconds"] is None
    assert list(pd.read_excel(path)["choice"]) == ["a", "tie"]
    with ZipFile(path) as parts:
        assert b"<f>" not in b"".join(parts.read(name) for name in parts.namelist())
    assert [found.name for found in tmp_path.iterdir()] == ["j.xlsx"]


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_is_text(tmp_path_factory: pytest.TempPathFactory, make_row: MakeRow, text: str) -> None:
    path = tmp_path_factory.mktemp("xlsx") / "j.xlsx"
    EXPORT.write(path, [make_row(comment=text)], CONTEXT)
    (row,) = cells(path)
    assert (row["comment"] or "") == shown_text(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("=1+1", "=1+1"), ("#N/A", "#N/A"), ("a\r\nb\rc", "a\nb\nc"), ("\x01\x1b[0m", "\\x01\\x1b[0m")],
)
def test_what_a_cell_cannot_hold(text: str, shown: str) -> None:
    assert shown_text(text) == shown


def test_a_longer_text_is_cut_and_says_so(tmp_path: Path, make_row: MakeRow) -> None:
    EXPORT.write(tmp_path / "j.xlsx", [make_row(comment="x" * 40_000)], CONTEXT)
    comment = str(cells(tmp_path / "j.xlsx")[0]["comment"])
    assert len(comment) == MAX_CELL
    assert comment.endswith(CUT)


def test_no_rows_and_too_many_are_refused(
    tmp_path: Path, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="There are no judgments to write"):
        EXPORT.write(tmp_path / "j.xlsx", [], CONTEXT)
    monkeypatch.setattr(judgments_xlsx, "MAX_ROWS", 2)
    with pytest.raises(UserError, match="Export them as CSV"):
        EXPORT.write(tmp_path / "j.xlsx", [make_row()] * 2, CONTEXT)
    assert list(tmp_path.iterdir()) == []
