"""Training files of several tools, read for their texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.study import Message
from ftcompare.formats.training_texts import asked, read_training


def texts(path: Path, content: str) -> list[tuple[int, tuple[str, ...]]]:
    path.write_text(content, encoding="utf-8")
    return [(record.line, record.texts) for record in read_training(path)]


CHAT: Json = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "What is AF?"},
    {"role": "assistant", "content": "An arrhythmia."},
    {"role": "user", "content": "And MI?"},
]
SHAREGPT: Json = [{"from": "human", "value": "What is AF?"}, {"from": "gpt", "value": "An arrhythmia."}]


@pytest.mark.parametrize(
    ("example", "found"),
    [
        ({"text": "Q: What is AF?"}, ["Q: What is AF?"]),
        ({"prompt": "What is AF?", "completion": "An arrhythmia."}, ["What is AF?", "An arrhythmia."]),
        (
            {"messages": CHAT},
            ["Be brief.", "What is AF?", "An arrhythmia.", "And MI?", "What is AF?\nAnd MI?"],
        ),
        ({"conversations": SHAREGPT}, ["What is AF?", "An arrhythmia."]),
        (
            {"instruction": "Explain.", "input": "AF", "output": "It is…"},
            ["Explain.", "AF", "It is…", "Explain.\nAF"],
        ),
        ({"instruction": "Explain AF.", "input": "", "output": "It is…"}, ["Explain AF.", "It is…"]),
        ({"id": 7, "weight": 0.5, "ok": True, "note": None, "nested": {"deep": ["text"]}}, ["text"]),
        ({"prompt": "same", "chosen": "same"}, ["same"]),
        ({"turns": [{"role": ["odd"], "content": 5}]}, ["odd"][:0]),
    ],
)
def test_every_text_of_an_object_counts(tmp_path: Path, example: Json, found: list[str]) -> None:
    assert texts(tmp_path / "train.jsonl", json.dumps(example)) == [(1, tuple(found))]


def test_a_table_may_have_any_columns(tmp_path: Path) -> None:
    content = 'Query;Reply\n"What is AF?";An arrhythmia.\n\n"Two\nlines";x\n'
    assert texts(tmp_path / "train.csv", content) == [
        (2, ("What is AF?", "An arrhythmia.")),
        (4, ("Two\nlines", "x")),
    ]
    assert texts(tmp_path / "train.tsv", "a\tb\n1\t2\n") == [(2, ("1", "2"))]


def test_in_plain_text_each_line_is_an_example(tmp_path: Path) -> None:
    assert texts(tmp_path / "train.txt", "What is AF?\n\n  What is MI? \n") == [
        (1, ("What is AF?",)),
        (3, ("What is MI?",)),
    ]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("train.jsonl", "", "file-empty"),
        ("train.jsonl", '{"text": "a"}\nnot json', "bad-line"),
        ("train.csv", "", "file-empty"),
        ("train.txt", "\n \n", "file-empty"),
        ("train.parquet", "PAR1", "unknown-suffix"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str, content: str, code: str) -> None:
    with pytest.raises(UserError) as caught:
        texts(tmp_path / name, content)
    assert caught.value.code == code


def test_of_a_prompt_the_users_turns_are_looked_for() -> None:
    chat = (Message("system", "Be brief."), Message("user", "What is AF?"), Message("user", "And MI?"))
    assert asked(chat) == "What is AF?\nAnd MI?"


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"prompt,id\rx,1\r", "quotes or line ends"),
        (b'"prompt"\r"x"\r', "quotes or line ends"),
        (b'"prompt\n', "quotes or line ends"),
        (b'"' + b"x" * 200_000 + b'"\n', "A cell is longer than"),
    ],
)
def test_a_header_that_is_no_row_is_refused(tmp_path: Path, suffix: str, content: bytes, told: str) -> None:
    path = tmp_path / f"training.{suffix}"
    path.write_bytes(content)
    with pytest.raises(UserError, match=told) as caught:
        list(read_training(path))
    assert caught.value.where == f"training.{suffix}, line 1"
