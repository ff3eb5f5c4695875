"""Excel workbooks: what is read from them, and what is refused in words."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from ftcompare.core.errors import UserError
from ftcompare.formats import workbook
from ftcompare.formats.answer_files import read_answers
from ftcompare.formats.prompts import read_prompt_file, read_prompts
from ftcompare.formats.training_texts import read_training
from ftcompare.formats.workbook import read_rows
from tests.formats.damaged_files import mutant
from tests.formats.test_mutated_files import outcome

SHEET = "xl/worksheets/sheet1.xml"


def saved(path: Path, *rows: Sequence[Any], change: Callable[[Worksheet], object] | None = None) -> Path:
    """A workbook of one sheet."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    if change:
        change(sheet)
    book.save(path)
    return path


def with_part(path: Path, name: str, change: Callable[[str], str]) -> Path:
    """The workbook with one of its parts rewritten."""
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    parts[name] = change(parts[name].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for part, content in parts.items():
            new.writestr(part, content)
    return path


def refusal(path: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        list(read_rows(path))
    return caught.value


def test_a_sheet_of_answers_has_systems_in_their_own_case(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "a.xlsx", ("Prompt", "Base", "LoRA r=16"), ("Why?", "So.", None), ("How?", 4, "Thus.")
    )
    found = [(record.messages[0].content, record.system, record.response) for record in read_answers(path)]
    assert found == [("Why?", "Base", "So."), ("How?", "Base", "4"), ("How?", "LoRA r=16", "Thus.")]


def test_a_sheet_of_prompts_is_read_with_its_unused_columns(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "p.XLSX",
        (None,),
        ("ID", "Prompt", "Notes", "split"),
        (7, "A line.\nAnother: é 😀", "x", "trained"),
        (None, None, "", None),
        (None, "Second?", None, None),
    )
    file = read_prompt_file(path)
    assert [(spec.key, spec.text) for spec in file.prompts] == [
        ("7", "A line.\nAnother: é 😀"),
        ("p0002", "Second?"),
    ]
    assert file.unused == ("Notes",)


def test_a_sheet_of_training_texts_is_read(tmp_path: Path) -> None:
    path = saved(tmp_path / "t.xlsx", ("instruction", "output"), ("Say it.", "It."))
    assert [record.texts for record in read_training(path)] == [("Say it.", "It.")]


def test_values_become_text(tmp_path: Path) -> None:
    day = datetime.fromisoformat("2026-05-31")  # workbooks know no time zones
    path = saved(
        tmp_path / "v.xlsx",
        (1, 2.0, 2.5, True, day, day + timedelta(hours=14, minutes=5), "a_x000D_\nb"),
    )
    assert list(read_rows(path)) == [
        (1, ["1", "2", "2.5", "true", "2026-05-31", "2026-05-31 14:05:00", "a\r\nb"])
    ]


def test_a_formula_counts_as_its_value_and_is_refused_without_one(tmp_path: Path) -> None:
    path = saved(tmp_path / "f.xlsx", ("prompt",), ("=1+1",))
    error = refusal(path)
    assert "The cell A2 is a formula without a value" in error.what
    assert error.where == "f.xlsx, row 2"
    with_part(path, SHEET, lambda text: text.replace("<v />", "<v>2</v>").replace("<v></v>", "<v>2</v>"))
    assert list(read_rows(path))[1] == (2, ["2"])


def test_only_the_first_visible_sheet_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(("hidden",))
    book.worksheets[0].sheet_state = "hidden"
    book.create_sheet("Seen").append(("seen",))
    book.create_sheet("Third").append(("third",))
    book.save(tmp_path / "s.xlsx")
    assert list(read_rows(tmp_path / "s.xlsx")) == [(1, ["seen"])]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda sheet: sheet.merge_cells("A2:A3"), "The cells A2:A3 are merged"),
        (lambda sheet: sheet.__setitem__("B2", "#REF!"), "The cell B2 holds an error, #REF!"),
        (lambda sheet: sheet.cell(2, 703, "far"), "beyond column ZZ"),
    ],
)
def test_what_would_be_read_wrongly_is_refused(
    tmp_path: Path, change: Callable[[Worksheet], object], told: str
) -> None:
    path = saved(tmp_path / "m.xlsx", ("prompt", "a"), ("Why?", "b"), change=change)
    error = refusal(path)
    assert told in error.what
    assert error.how


def test_an_error_names_the_row_of_the_sheet(tmp_path: Path) -> None:
    path = saved(tmp_path / "r.xlsx", ("prompt", "split"), ("Why?", "trained"), (), ("How?", "nowhere"))
    with pytest.raises(UserError, match="split is 'nowhere'") as caught:
        read_prompts(path)
    assert caught.value.where == "r.xlsx, row 4"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"prompt,a\nWhy?,b\n", b"\xd0\xcf\x11\xe0" * 200])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    assert "no Excel workbook" in refusal(path).what


def test_a_file_that_unpacks_to_very_much_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "b.xlsx", ("x" * 30_000,))
    monkeypatch.setattr(workbook, "MAX_UNPACKED", 20_000)
    assert refusal(path).code == "file-too-large"


def test_a_part_that_says_it_is_smaller_than_it_is_is_not_unpacked_further(tmp_path: Path) -> None:
    path = saved(tmp_path / "z.xlsx", ("prompt",), *[("Why?" * 50,)] * 200)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as parts:
        size = parts.getinfo("xl/worksheets/sheet1.xml").file_size.to_bytes(4, "little")
    for found in (i for i in range(len(data) - 4) if data[i : i + 4] == size):
        data[found : found + 4] = (100).to_bytes(4, "little")
    path.write_bytes(data)
    assert "no Excel workbook" in refusal(path).what


def test_a_sheet_that_claims_to_be_endless_is_read_for_what_it_holds(tmp_path: Path) -> None:
    path = saved(tmp_path / "d.xlsx", ("prompt",), ("Why?",))
    with_part(path, SHEET, lambda text: text.replace('ref="A1:A2"', 'ref="A1:XFD1048576"'))
    assert list(read_rows(path)) == [(1, ["prompt"]), (2, ["Why?"])]
    with_part(path, SHEET, lambda text: text.replace('<row r="2"', '<row r="999999999"'))
    assert list(read_rows(path)) == [(1, ["prompt"])]


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    assert openpyxl.DEFUSEDXML
    path = saved(tmp_path / "e.xlsx", ("prompt",), ("Why?",))
    bomb = '<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    with_part(path, SHEET, lambda text: bomb + text[text.index("<worksheet") :])
    assert "no Excel workbook" in refusal(path).what


def test_a_package_without_a_workbook_is_no_workbook(tmp_path: Path) -> None:
    path = saved(tmp_path / "n.xlsx", ("prompt",), ("Why?",))
    with_part(path, "[Content_Types].xml", lambda text: text.replace("sheet.main+xml", "sheet.other+xml"))
    assert "no Excel workbook" in refusal(path).what


def test_damaged_workbooks_are_read_or_refused_in_words(tmp_path: Path) -> None:
    whole = saved(
        tmp_path / "w.xlsx", ("prompt", "base", "tuned"), *[(f"Why {n}?", "So.", "Thus.") for n in range(9)]
    )
    names = zipfile.ZipFile(whole).namelist()
    path, rng = tmp_path / "mutant.xlsx", Random("workbook")
    mutants = (_mutant(whole, names[number % (len(names) + 1) :][:1], rng) for number in range(200))
    refusals = [error for data in mutants if (error := outcome(read_answers, path, data))]
    assert 0 < len(refusals) < 200
    assert all(error.how and str(error).isprintable() for error in refusals)


def _mutant(whole: Path, parts: list[str], rng: Random) -> bytes:
    """The file with one of its parts damaged before it was packed, or damaged itself."""
    if not parts:
        return mutant(whole.read_bytes(), rng)
    packed = io.BytesIO()
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, mutant(content, rng) if name in parts else content)
    return packed.getvalue()
