"""Prompt files of every form, and what a bad line gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.study import Message, PromptSpec, Split
from ftcompare.formats import jsonl
from ftcompare.formats.prompts import read_prompts


def file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_json_lines_with_every_field(tmp_path: Path) -> None:
    lines = [
        {"prompt": "What is a stent?", "id": 7, "category": " cardiology ", "split": "held_out", "tags": "b"},
        {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]},
        {
            "prompt": "Why? ",
            "reference": "Because.",
            "checks": ["names a cause", " "],
            "tokens": 3,
            "tags": ["a", "b|c", "a", ""],
        },
    ]
    path = file(tmp_path, "p.jsonl", "\ufeff" + "\n\n".join(json.dumps(line) for line in lines))
    assert read_prompts(path) == (
        PromptSpec("7", (Message("user", "What is a stent?"),), "cardiology", Split.HELD_OUT, tags=("b",)),
        PromptSpec("p0002", (Message("system", "Be brief."), Message("user", "Hi"))),
        PromptSpec(
            "p0003",
            (Message("user", "Why? "),),
            reference="Because.",
            checks=("names a cause",),
            tags=("a", "b|c"),
        ),
    )


@pytest.mark.parametrize(("name", "mark"), [("p.csv", ","), ("p.csv", ";"), ("p.tsv", "\t")])
def test_tables_with_columns_in_any_order_and_case(tmp_path: Path, name: str, mark: str) -> None:
    rows = [
        ["Split", "PROMPT", "id", "checks", "owner", "Tags"],
        ["Held-Out", '"Two\r\nlines, ""quoted"""', "a", "one|two", "me", "dose| child||dose"],
        ["", "", "", "", "", ""],
        ["", "Plain", "", "", "", ""],
    ]
    path = file(tmp_path, name, "\r\n".join(mark.join(row) for row in rows))
    assert read_prompts(path) == (
        PromptSpec(
            "a",
            (Message("user", 'Two\r\nlines, "quoted"'),),
            split=Split.HELD_OUT,
            checks=("one", "two"),
            tags=("dose", "child"),
        ),
        PromptSpec("p0002", (Message("user", "Plain"),)),
    )


def test_a_table_may_hold_messages_as_json(tmp_path: Path) -> None:
    cell = json.dumps([{"role": "user", "content": "Hi"}]).replace('"', '""')
    assert read_prompts(file(tmp_path, "p.csv", f'messages\n"{cell}"\n')) == (
        PromptSpec("p0001", (Message("user", "Hi"),)),
    )


def test_plain_text_is_one_prompt_a_line(tmp_path: Path) -> None:
    specs = read_prompts(file(tmp_path, "p.txt", "One?\r\n\n  Two, three?  \n"))
    assert [(spec.key, spec.text) for spec in specs] == [("p0001", "One?"), ("p0002", "Two, three?")]


def test_keys_made_for_prompts_without_id_keep_clear_of_given_ones(tmp_path: Path) -> None:
    path = file(tmp_path, "p.csv", "id,prompt\n,one\np0001,two\np0001-2,three\n,four\n")
    assert [spec.key for spec in read_prompts(path)] == ["p0001-3", "p0001", "p0001-2", "p0004"]


def test_long_chats_and_deep_but_harmless_extras_are_taken(tmp_path: Path) -> None:
    turns = [{"role": role, "content": "[{"} for role in ["user", "assistant"] * 40 + ["user"]]
    spec = read_prompts(file(tmp_path, "p.jsonl", json.dumps({"messages": turns, "meta": [[[]]]})))[0]
    assert len(spec.messages) == 81


def message_line(*turns: object) -> str:
    return json.dumps({"messages": turns})


USER = {"role": "user", "content": "Hi"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{oops}", "This is not JSON"),
        ('{"prompt": "x"', "This is not JSON"),
        ("[1]", "The line is not an object but a list"),
        ('"text"', "The line is not an object but 'text'"),
        ("null", "The line is not an object but null"),
        ('{"prompt": NaN}', "NaN is not a number that JSON has"),
        ('{"prompt": -Infinity}', "-Infinity is not a number"),
        ('{"prompt": 1e999}', "The number 1e999 is too large"),
        ('{"prompt": ' + "9" * 5000 + "}", "too many digits"),
        ('{"prompt": "a", "prompt": "b"}', "The field 'prompt' stands twice"),
        ('{"prompt": "x\\ud800"}', "lone surrogate"),
        ('{"prompt": "x", "meta": [{"\\udfff": 1}]}', "lone surrogate"),
        ('{"prompt": ' + "[" * 65 + "]" * 65 + "}", "nest deeper than 64"),
        ('{"prompt": ' + "[" * 100_000, "nest deeper than 64"),
        ('{"prompt": "\\"[", "x": ' + '{"a":' * 70, "nest deeper than 64"),
        ("{}", "prompt is missing"),
        ('{"prompt": null}', "prompt is missing"),
        ('{"prompt": "  "}', "prompt is empty"),
        ('{"prompt": 3}', "prompt must be text or a list of messages, not 3"),
        ('{"prompt": "x", "messages": "y"}', "both a prompt and messages"),
        ('{"prompt": "x", "id": true}', "id must be text, not true"),
        ('{"prompt": "x", "id": [1]}', "id must be text, not a list"),
        ('{"prompt": "x", "category": {}}', "category must be text, not an object"),
        ('{"prompt": "x", "category": "a\\nb"}', "category holds a line break"),
        ('{"prompt": "x", "category": "' + "c" * 501 + '"}', "category is longer than 500 characters"),
        ('{"prompt": "x", "reference": 1.5}', "reference must be text, not 1.5"),
        ('{"prompt": "x", "checks": [1]}', "checks must be text or a list of texts"),
        ('{"prompt": "x", "checks": 1}', "checks must be text, not 1"),
        ('{"prompt": "x", "tags": 1}', "tags must be text, not 1"),
        ('{"prompt": "x", "tags": [["a"]]}', "tags must be text, not a list"),
        ('{"prompt": "x", "tags": ["a\\nb"]}', "tags holds a line break"),
        ('{"prompt": "x", "split": "test"}', "split is 'test'; it must be trained, paraphrase or held_out"),
        (message_line(), "messages is an empty list"),
        (message_line("Hi"), "messages, turn 1 must be an object"),
        (
            message_line({"role": "bot", "content": "x"}),
            "role is 'bot'; it must be system, developer, user, assistant, thought, function_call",
        ),
        (message_line({"content": "x"}), "role is missing"),
        (message_line({"role": "user", "content": ["x"]}), "content must be text, not a list"),
        (message_line(USER, {"role": "user", "content": " "}), "messages, turn 2: content is empty"),
        (message_line(USER, {"role": "system", "content": "x"}, USER), "turn 2: only the first turn"),
        (message_line(USER, *[{"role": "assistant", "content": "x"}] * 2), "last turn must be the user's"),
        (message_line({"role": "system", "content": "x"}), "no turn is the user's"),
    ],
)
def test_a_bad_line_is_named_with_its_number_and_reason(tmp_path: Path, line: str, said: str) -> None:
    path = file(tmp_path, "p.jsonl", '{"prompt": "good"}\n\n' + line + "\n")
    with pytest.raises(UserError) as caught:
        read_prompts(path)
    assert caught.value.where == "p.jsonl, line 3"
    assert said in caught.value.what
    assert len(caught.value.what) < 200


def test_too_many_lists_in_one_line_are_refused_before_they_are_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonl, "MAX_BRACKETS", 100)
    path = file(tmp_path, "p.jsonl", '{"prompt": "x", "y": [' + "[]," * 100 + "[]]}")
    with pytest.raises(UserError, match="line 1: The line holds more than 100 lists"):
        read_prompts(path)


def test_hostile_quotes_are_searched_in_one_pass(tmp_path: Path) -> None:
    line = '{"x": ' + "[" * 65 + '"' + '\\"' * 1_000_000
    with pytest.raises(UserError, match="nest deeper"):
        read_prompts(file(tmp_path, "p.jsonl", line))


@pytest.mark.parametrize(
    ("name", "content", "where", "said"),
    [
        (
            "p.csv",
            "id,text\na,b\n",
            "p.csv, line 1",
            "no column prompt, messages, conversations or turns; it has 'id', 'text'",
        ),
        ("p.csv", "prompt,Prompt\na,b\n", "p.csv, line 1", "The column 'prompt' stands twice"),
        ("p.csv", "prompt,id\nWho, what?,a,b\n", "p.csv, line 2", "4 cells, the header 2; 'a' is beyond"),
        ("p.csv", 'prompt\n"ok\nok"\n"never closed\n', "p.csv, line 4", "quotes"),
        ("p.csv", 'prompt\n"a"b\n', "p.csv, line 2", "quotes"),
        ("p.csv", "prompt\na\rb\n", "p.csv, line 2", "line ends"),
        ("p.csv", "prompt\n" + "x" * 140_000, "p.csv, line 2", "A cell is longer than 131,072"),
        ("p.csv", "prompt,id\n,a\n", "p.csv, line 2", "prompt is empty"),
        ("p.csv", "\n\nprompt,split\nx,old\n", "p.csv, line 4", "split is 'old'"),
        ("p.csv", "messages\n[1\n", "p.csv, line 2", "messages: This is not JSON"),
        ("p.tsv", "prompt\tid\nx\ta\n\ny\ta\n", "p.tsv, line 4", "The id 'a' stands here and at line 2"),
        ("p.jsonl", "", "p.jsonl", "The file is empty"),
        ("p.csv", "\ufeff", "p.csv", "The file is empty"),
        ("p.csv", "prompt\n\n", "p.csv", "The file has no records"),
        ("p.txt", " \n\n", "p.txt", "The file is empty"),
        (
            "p.docx",
            "x",
            "p.docx",
            "The suffix is '.docx'; it must be .jsonl, .json, .csv, .tsv, .xlsx, .parquet or .txt",
        ),
        ("p", "x", "p", "The suffix is missing"),
        ("p.txt", b"caf\xe9", "p.txt, line 1", "not UTF-8"),
    ],
)
def test_a_bad_file_is_named_with_its_line_and_reason(
    tmp_path: Path, name: str, content: str | bytes, where: str, said: str
) -> None:
    with pytest.raises(UserError) as caught:
        read_prompts(file(tmp_path, name, content))
    assert caught.value.where == where
    assert said in caught.value.what
    assert caught.value.how


def test_a_field_that_stands_twice_among_very_many_is_found_at_once(tmp_path: Path) -> None:
    fields = ", ".join(f'"k{number}": 1' for number in range(300_000))
    path = file(tmp_path, "p.jsonl", f'{{{fields}, "z": 1, "z": 2}}\n')
    with pytest.raises(UserError, match="The field 'z' stands twice"):
        read_prompts(path)
