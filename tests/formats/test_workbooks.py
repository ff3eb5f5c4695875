"""Excel workbooks, and JSON read an element at a time: what is read, and what is refused in words."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from ftcompare.core.errors import UserError
from ftcompare.formats import text_files, workbook
from ftcompare.formats.answer_files import read_answers
from ftcompare.formats.json_files import MAX_DEPTH, read_elements, read_objects
from ftcompare.formats.prompts import read_prompt_file, read_prompts
from ftcompare.formats.record_fields import MAX_NAMES, ImportNotes, Record
from ftcompare.formats.training_texts import read_training
from ftcompare.formats.workbook import read_rows
from tests.formats.damaged_files import mutant
from tests.formats.test_glossary_files import outcome

SHEET = "xl/worksheets/sheet1.xml"


def saved(path: Path, *rows: Sequence[Any], change: Callable[[Worksheet], object] | None = None) -> Path:
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
    found = [
        (record.prompt.messages[0].content, record.system, record.response) for record in read_answers(path)
    ]
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
        (lambda sheet: sheet.__setitem__("B2", "#REF!"), "The cell B2 contains an error, #REF!"),
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
    assert "Excel workbook (XLSX) cannot be read" in refusal(path).what


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
    assert "Excel workbook (XLSX) cannot be read" in refusal(path).what


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
    assert "Excel workbook (XLSX) cannot be read" in refusal(path).what


def test_a_package_without_a_workbook_is_no_workbook(tmp_path: Path) -> None:
    path = saved(tmp_path / "n.xlsx", ("prompt",), ("Why?",))
    with_part(path, "[Content_Types].xml", lambda text: text.replace("sheet.main+xml", "sheet.other+xml"))
    assert "Excel workbook (XLSX) cannot be read" in refusal(path).what


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


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(TEXTS, VALUES, max_size=4), min_size=1, max_size=5)
LAYOUTS: list[dict[str, Any]] = [{}, {"indent": 2}, {"ensure_ascii": False}, {"separators": (",", ":")}]


def records(path: Path) -> list[Record]:
    return list(read_objects(path, max_bytes=10**8, expected="a record"))


def write(folder: Path, text: str, name: str = "file.json") -> Path:
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return path


@given(values=OBJECTS, layout=st.sampled_from(LAYOUTS), block=st.integers(1, 9), data=st.data())
def test_arrays_and_objects_of_any_layout_are_read_as_they_were(
    tmp_path_factory: pytest.TempPathFactory,
    values: list[dict[str, Any]],
    layout: dict[str, Any],
    block: int,
    data: st.DataObject,
) -> None:
    one_by_one = data.draw(st.booleans())
    if one_by_one:
        text = "\n".join(json.dumps(value, **layout) for value in values)
    else:
        text = json.dumps(values, **layout)
    path = write(tmp_path_factory.mktemp("json"), text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_files, "BLOCK_BYTES", block)
        assert [dict(record.fields) for record in records(path)] == values


def test_lines_are_read_whatever_the_file_is_called(tmp_path: Path) -> None:
    for name in ("rows.jsonl", "rows.json", "rows.ndjson", "rows"):
        found = records(write(tmp_path, '{"a": 1}\n\n{"a": 2}\n', name))
        assert [record.fields["a"] for record in found] == [1, 2]
        assert [record.line for record in found] == [1, 3]
    assert len(records(write(tmp_path, '\ufeff [{"a": 1}]', "rows.jsonl"))) == 1


def test_the_lists_of_a_document_come_an_element_at_a_time_and_all_else_whole(tmp_path: Path) -> None:
    document = {"a": {"b": [1, 2]}, "rows": {"head": "x", "rows": [{"n": 1}, {"n": 2}]}, "end": None}
    path = write(tmp_path, json.dumps(document, indent=1))
    found = list(read_elements(path, [("rows", "rows"), ("rows",)], max_bytes=10**6))
    assert [(element.path, element.number, element.value) for element in found] == [
        (("a",), 0, {"b": [1, 2]}),
        (("rows", "head"), 0, "x"),
        (("rows", "rows"), 1, {"n": 1}),
        (("rows", "rows"), 2, {"n": 2}),
        (("end",), 0, None),
    ]
    other = list(read_elements(write(tmp_path, '{"rows": [7]}'), [("rows", "rows"), ("rows",)], max_bytes=99))
    assert [(element.path, element.number, element.value) for element in other] == [(("rows",), 1, 7)]


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("", "The file is empty", 0),
        ("[]", "The file has no records", 0),
        ('[{"a": 1}\n{"b": 2}]', "'{' where , or ] must be", 2),
        ('[{"a": 1},\n]', "Record 2: This is not JSON", 2),
        ('[{"a": 1},\n\n5]', "Record 2 is not an object but 5", 3),
        ('[{"a": 1}', "the file ends too early", 1),
        ('[\n{"a": "x', "the file ends within this value", 2),
        ('[{"a": NaN}]', "NaN is not a valid", 1),
        ('[{"a": 1, "a": 2}]', "appears twice", 1),
        ('[{"a": "\\ud800"}]', "half of a character", 1),
        ('[{"a": 1}] x', "Record: This is not JSON", 1),
        ('{"a": 1},', "This is not JSON", 1),
        ('[{"a": ' + "[" * 99 + "]" * 99 + "}]", f"nest deeper than {MAX_DEPTH}", 1),
        ("[" * 99, f"nest deeper than {MAX_DEPTH}", 1),
    ],
)
def test_what_is_no_such_json_is_named_with_its_line(tmp_path: Path, text: str, said: str, line: int) -> None:
    with pytest.raises(UserError) as caught:
        records(write(tmp_path, text))
    assert said.casefold() in caught.value.what.casefold()
    assert caught.value.where == (f"file.json, line {line}" if line else "file.json")
    assert caught.value.how


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": [1], "a": 2}', "The field 'a' appears twice"),
        ('{"a": [1]} {}', "There is text after the end"),
        ("{a: 1}", "a field name in double quotes must be here"),
        ('{"a" 1}', " where : must be"),
        ('{"a": 1', "the file ends too early"),
    ],
)
def test_a_document_that_is_none(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        list(read_elements(write(tmp_path, text), [("a",)], max_bytes=10**6))
    assert list(read_elements(write(tmp_path, "{}"), [("a",)], max_bytes=10**6)) == []


def test_names_are_shown_without_what_is_invisible(tmp_path: Path) -> None:
    for name in ("a\ufeffb\x1b", "x" * 500):
        path = write(tmp_path, json.dumps({name: 5})[:-2] + "}")
        with pytest.raises(UserError) as caught:
            list(read_elements(path, [("a",)], max_bytes=10**6))
        assert str(caught.value).isprintable()
        assert len(caught.value.what) < 200


def test_bytes_that_are_no_text_are_named_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    for raw, said in ((b'[{"a":\n"\xff"}]', "the byte 0xFF"), (b'[\n"\0"]', "NUL"), (b'["\xc3', "0xC3")):
        path.write_bytes(raw)
        with pytest.raises(UserError, match=said) as caught:
            records(path)
        line = 1 + raw.count(b"\n")
        assert caught.value.where == f"file.json, line {line}"


def test_a_record_or_a_file_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_files, "MAX_LINE_BYTES", 100)
    monkeypatch.setattr(text_files, "BLOCK_BYTES", 10)
    for text in ('["' + "x" * 200 + '"]', "[" + "1" * 200 + "]"):
        with pytest.raises(UserError, match="One record is longer than"):
            records(write(tmp_path, text))
    path = write(tmp_path, json.dumps([{"a": 1}] * 20))
    with pytest.raises(UserError, match="larger than"):
        list(read_objects(path, max_bytes=50, expected="x"))


def test_no_such_file(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", Path("a\0b")):
        with pytest.raises(UserError, match="no such file"):
            records(path)


def test_fields_are_noted_by_name_and_not_without_end() -> None:
    notes = ImportNotes()
    notes.note_unread(Record({"a": 1, "b": "x", "c": "", "d": None}, "", 1), ("a",))
    notes.note_unread(Record({"b": "x"}, "", 2), (), of="data")
    assert notes.unread == {"b": 1, "data.b": 1}
    notes.note_unread(Record({f"f{n}": n for n in range(2 * MAX_NAMES)}, "", 3), ())
    notes.note_unread(Record({"b": 2}, "", 4), ())
    assert len(notes.unread) == MAX_NAMES
    assert notes.unread["b"] == 2
    notes.leave_out("pairs without a vote")
    assert notes.left_out == {"pairs without a vote": 1}
