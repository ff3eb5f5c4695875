"""JSON arrays and documents, read an element at a time: whatever JSON writes is read as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcompare.core.errors import UserError
from ftcompare.formats import json_elements, text_files
from ftcompare.formats.import_notes import MAX_NAMES, ImportNotes
from ftcompare.formats.json_elements import read_elements, read_objects
from ftcompare.formats.jsonl import MAX_DEPTH
from ftcompare.formats.record_fields import Record

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(TEXTS, VALUES, max_size=4), min_size=1, max_size=5)
LAYOUTS: list[dict[str, Any]] = [{}, {"indent": 2}, {"ensure_ascii": False}, {"separators": (",", ":")}]


def records(path: Path) -> list[Record]:
    return list(read_objects(path, max_bytes=10**8, wanted="a record"))


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
        ('[{"a": 1}\n{"b": 2}]', "'{' stands where , or ] must stand", 2),
        ('[{"a": 1},\n]', "Record 2: This is not JSON", 2),
        ('[{"a": 1},\n\n5]', "Record 2 is not an object but 5", 3),
        ('[{"a": 1}', "the file ends too early", 1),
        ('[\n{"a": "x', "the file ends within this value", 2),
        ('[{"a": NaN}]', "NaN is not a number", 1),
        ('[{"a": 1, "a": 2}]', "stands twice", 1),
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
        ('{"a": [1], "a": 2}', "The field 'a' stands twice"),
        ('{"a": [1]} {}', "Something stands behind the end"),
        ("{a: 1}", "the name of a field must stand here"),
        ('{"a" 1}', "stands where : must stand"),
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
    monkeypatch.setattr(json_elements, "MAX_LINE_BYTES", 100)
    monkeypatch.setattr(text_files, "BLOCK_BYTES", 10)
    for text in ('["' + "x" * 200 + '"]', "[" + "1" * 200 + "]"):
        with pytest.raises(UserError, match="One record is longer than"):
            records(write(tmp_path, text))
    path = write(tmp_path, json.dumps([{"a": 1}] * 20))
    with pytest.raises(UserError, match="larger than"):
        list(read_objects(path, max_bytes=50, wanted="x"))


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
