"""Files of answers of several systems: an answer a line, or a prompt a line with all its answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.records import OutputRecord
from ftcompare.core.study import Message, Split
from ftcompare.formats.answer_files import read_answers
from ftcompare.formats.import_notes import ImportNotes

STENT, STROKE = (Message("user", "What is a stent?"),), (Message("user", "What is a stroke?"),)


def read(tmp_path: Path, name: str, text: str) -> list[OutputRecord]:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return list(read_answers(path))


def test_a_table_has_a_column_for_each_system(tmp_path: Path) -> None:
    text = "Prompt,split,Base,tuned\nWhat is a stent?,trained,A tube.,A mesh.\nWhat is a stroke?,,,A bleed.\n"
    assert read(tmp_path, "a.csv", text) == [
        OutputRecord(STENT, "Base", "A tube.", split=Split.TRAINED),
        OutputRecord(STENT, "tuned", "A mesh.", split=Split.TRAINED),
        OutputRecord(STROKE, "tuned", "A bleed."),
    ]


def test_marked_columns_alone_are_systems(tmp_path: Path) -> None:
    text = "Prompt\tAnswer:Base\tnotes\tanswer: tuned\nWhat is a stent?\tA tube.\tlook\tA mesh.\n"
    assert [record.system for record in read(tmp_path, "a.tsv", text)] == ["Base", "tuned"]


def test_a_table_has_a_row_for_each_answer(tmp_path: Path) -> None:
    text = "prompt,system,response,sample\nWhat is a stent?,base,A tube.,0\nWhat is a stent?,base,,1\n"
    assert read(tmp_path, "a.csv", text) == [
        OutputRecord(STENT, "base", "A tube."),
        OutputRecord(STENT, "base", "", sample=1),
    ]


def test_json_lines_hold_answers_by_system(tmp_path: Path) -> None:
    line = {"prompt": "What is a stent?", "answers": {"base": "A tube.", "tuned": None, "other": ""}}
    one = {"prompt": "What is a stroke?", "system": "base", "response": "A bleed."}
    assert read(tmp_path, "a.jsonl", f"{json.dumps(line)}\n{json.dumps(one)}\n") == [
        OutputRecord(STENT, "base", "A tube."),
        OutputRecord(STENT, "other", ""),
        OutputRecord(STROKE, "base", "A bleed."),
    ]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", "question,base\nWhy?,So.\n", "no column prompt"),
        ("a.csv", "prompt,system,response\nWhy?,,So.\n", "system is missing"),
        ("a.csv", "prompt,Base,base\nWhy?,So.,No.\n", "stands twice"),
        ("a.csv", "prompt,base\nWhy?,So.\nWhy?,No.\n", "another response"),
        ("a.csv", "prompt,base\nWhy?,\nHow?,\n", "There is no answer in the file"),
        ("a.jsonl", '{"prompt": "Why?", "answers": {"base": null}}', "There is no answer in the file"),
        ("a.csv", "", "The file is empty"),
        ("a.csv", f"prompt,system,response,sample\nWhy?,base,So.,{'9' * 5000}\n", "sample must be a number"),
        ("a.csv", "prompt,system,response,sample\nWhy?,base,So.,x\n", "sample must be a number"),
        ("a.jsonl", '{"prompt": "Why?", "answers": {"base": 3}}', "must be text"),
        ("a.ods", "", "must be .jsonl, .csv, .tsv or .xlsx"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, name: str, text: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        read(tmp_path, name, text)


def test_an_array_is_read_as_lines_are_and_other_columns_are_named(tmp_path: Path) -> None:
    notes = ImportNotes()
    array = tmp_path / "answers.json"
    array.write_text('[{"prompt": "Why?", "answers": {"base": "So.", "new": "Thus."}, "mood": 1}]')
    assert [answer.system for answer in read_answers(array, notes)] == ["base", "new"]
    table = tmp_path / "answers.csv"
    table.write_text("prompt,answer:base,colour\nWhy?,So.,red\n")
    assert [answer.system for answer in read_answers(table, notes)] == ["base"]
    assert notes.unread == {"mood": 1, "colour": 1}
