"""Files of answers of several systems: an answer a line, or a prompt a line with all its answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftcompare.core.context import Expectation
from ftcompare.core.errors import UserError
from ftcompare.core.prompt_check import ContainsCheck
from ftcompare.core.records import OutputRecord
from ftcompare.core.study import Message, PromptSpec, Split
from ftcompare.formats.answer_files import AnswerColumns, read_answers
from ftcompare.formats.import_notes import ImportNotes
from ftcompare.formats.prompt_checks import check_text
from ftcompare.formats.prompts import read_prompts

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


ASKED = {
    "checks": [{"contains": "tube"}, "a note"],
    "expects": "answer",
    "labels": ["mild", "severe"],
    "reference": ["severe", "very severe"],
    "context": [{"id": "a", "text": "It is severe."}],
    "context_kind": "known",
    "task": "choice",
}


def asked_of(record: OutputRecord) -> PromptSpec:
    return record.prompt("p1")


def test_a_line_says_of_its_prompt_what_files_of_prompts_say(tmp_path: Path) -> None:
    answers = {"prompt": "How bad?", **ASKED, "answers": {"base": "mild", "tuned": "severe"}}
    found = read(tmp_path, "a.jsonl", json.dumps(answers))
    prompts = tmp_path / "p.jsonl"
    prompts.write_text(json.dumps({"id": "p1", "prompt": "How bad?", **ASKED}), "utf-8")
    assert [asked_of(record) for record in found] == [*read_prompts(prompts)] * 2


def test_a_table_has_columns_for_what_is_checked(tmp_path: Path) -> None:
    columns = "prompt,checks,labels,reference,more_references,expects,base,tuned"
    row = """How bad?,"{""contains"": ""tube""}",mild|severe,severe,"[""worst""]",answer,mild,severe"""
    found = read(tmp_path, "a.csv", f"{columns}\n{row}\n")
    assert [record.system for record in found] == ["base", "tuned"]
    assert {asked_of(record) for record in found} == {
        PromptSpec(
            "p1",
            (Message("user", "How bad?"),),
            reference="severe",
            more_references=("worst",),
            checks=(check_text(ContainsCheck(("tube",))),),
            labels=("mild", "severe"),
            expects=Expectation.ANSWER,
        )
    }


def test_chosen_columns_may_hold_what_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('q,must,base\nHow bad?,"[{""contains"": ""tube""}]",mild\n', "utf-8")
    columns = AnswerColumns({"prompt": "q", "checks": "must"}, ("base",))
    (record,) = read_answers(path, columns=columns)
    assert record.checks == (check_text(ContainsCheck(("tube",))),)


def test_a_schema_may_stand_beside_the_answers(tmp_path: Path) -> None:
    (tmp_path / "dose.json").write_text('{"type": "object"}', "utf-8")
    line = {"prompt": "Why?", "checks": {"json_schema": "dose.json"}, "answers": {"base": "{}"}}
    (record,) = read(tmp_path, "a.jsonl", json.dumps(line))
    assert record.checks == ('{"json_schema":{"type":"object"}}',)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"checks": {"contain": "a"}}, "checks, 1: "),
        ({"expects": "anything"}, "expects is 'anything'"),
        ({"labels": ["a", "b"], "reference": "c"}, "none of the labels"),
        ({"context_kind": "known"}, "there is no context"),
        ({"expects": "refusal", "checks": {"refusal": False}}, "wants the opposite"),
        ({"checks": {"python_tests": "asert f(1)"}}, "this is no Python"),
    ],
)
def test_what_is_wrong_with_a_prompt_is_said_as_of_files_of_prompts(
    tmp_path: Path, fields: dict[str, object], told: str
) -> None:
    good = {"prompt": "Why?", "answers": {"base": "So."}}
    with pytest.raises(UserError) as caught:
        read(tmp_path, "a.jsonl", f"{json.dumps(good)}\n{json.dumps({**good, 'prompt': 'How?', **fields})}")
    assert told in caught.value.what
    assert caught.value.where == "a.jsonl, line 2"


def test_the_lines_of_one_prompt_agree_on_what_they_say_of_it(tmp_path: Path) -> None:
    one = {"prompt": "Why?", "system": "base", "response": "So.", "checks": {"contains": "a"}}
    same, nothing = {**one, "system": "tuned"}, {"prompt": "Why?", "system": "third", "response": "So."}
    found = read(tmp_path, "a.jsonl", "\n".join(map(json.dumps, (one, same, nothing))))
    assert [bool(record.checks) for record in found] == [True, True, False]
    for first, second in ((nothing, one), (one, {**same, "checks": {"contains": "b"}})):
        with pytest.raises(UserError) as caught:
            read(tmp_path, "a.jsonl", f"{json.dumps(first)}\n{json.dumps(second)}")
        assert caught.value.what == "What it says of its prompt (checks) is not what line 1 says of it."
        assert "first line of the prompt" in caught.value.how


def test_one_question_about_two_contexts_is_two_prompts(tmp_path: Path) -> None:
    lines = [
        {"prompt": "When?", "context": text, "system": name, "response": text[-5:]}
        for text in ("It was 1988.", "It was 1989.")
        for name in ("base", "tuned")
    ]
    found = read(tmp_path, "a.jsonl", "\n".join(map(json.dumps, lines)))
    assert len({asked_of(record).context for record in found}) == 2
