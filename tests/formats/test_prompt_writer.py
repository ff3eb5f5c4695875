"""Prompts written to a file come back as they were, or are refused with their id."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.study import Message, PromptSpec, Split
from ftcompare.formats import prompt_writer
from ftcompare.formats.prompt_writer import write_prompts
from ftcompare.formats.prompts import read_prompts

TURNS = (
    Message("system", "Be brief."),
    Message("user", "Hi"),
    Message("assistant", "Hello"),
    Message("user", "Why?"),
)
PROMPTS = (
    PromptSpec("q1", (Message("user", ' What is "AF", then?\r\nSay it;\tin short.\n'),), "heart"),
    PromptSpec("7", TURNS, "", Split.HELD_OUT, "Because.", ("names a cause", "is short"), ("a", "b c")),
    PromptSpec("p0003", (Message("user", "Übung 😀"),), split=Split.TRAINED, reference=" x\n"),
)


def asking(text: str, tags: tuple[str, ...] = (), checks: tuple[str, ...] = ()) -> PromptSpec:
    return PromptSpec("q1", (Message("user", text),), tags=tags, checks=checks)


@pytest.mark.parametrize("suffix", prompt_writer.SUFFIXES)
def test_prompts_come_back_as_they_were(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"prompts{suffix}"
    assert write_prompts(path, PROMPTS) == 3
    assert read_prompts(path) == PROMPTS


def test_what_a_spreadsheet_would_run_is_text_in_a_workbook_and_refused_in_csv(tmp_path: Path) -> None:
    hostile = asking("=1+1")
    with pytest.raises(
        UserError, match="'q1' cannot stand in this table: its prompt would be run as a formula"
    ):
        write_prompts(tmp_path / "p.csv", [hostile])
    for name in ("p.xlsx", "p.jsonl"):
        write_prompts(tmp_path / name, [hostile])
        assert read_prompts(tmp_path / name) == (hostile,)
    assert not (tmp_path / "p.csv").exists()


@pytest.mark.parametrize(
    ("name", "spec", "said"),
    [
        ("p.csv", asking("x" * 131_073), "its prompt is longer than 131,072 characters"),
        ("p.xlsx", asking("x" * 32_768), "its prompt is longer than the 32,767 characters of a cell"),
        ("p.xlsx", asking("a\x07"), "its prompt has a character that a workbook cannot contain"),
        ("p.csv", asking("a", tags=("b", "c|d")), "one of its tags, 'c|d', holds the mark |"),
        ("p.xlsx", asking("a", checks=("c|d",)), "one of its checks, 'c|d', holds the mark |"),
    ],
)
def test_what_a_table_cannot_give_back_is_refused(
    tmp_path: Path, name: str, spec: PromptSpec, said: str
) -> None:
    with pytest.raises(UserError) as caught:
        write_prompts(tmp_path / name, [spec])
    assert said in caught.value.what
    assert ".jsonl" in caught.value.how
    assert not list(tmp_path.iterdir())
    assert read_back(tmp_path, spec) == (spec,)


def read_back(folder: Path, spec: PromptSpec) -> tuple[PromptSpec, ...]:
    write_prompts(folder / "p.jsonl", [spec])
    return read_prompts(folder / "p.jsonl")


def test_more_rows_than_a_sheet_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt_writer, "MAX_ROWS", 3)
    with pytest.raises(UserError, match="at most 2 prompts"):
        write_prompts(tmp_path / "p.xlsx", PROMPTS)


@pytest.mark.parametrize(("name", "code"), [("p.json", "unknown-suffix"), ("p.csv", "no-rows")])
def test_no_prompts_and_other_suffixes_are_refused(tmp_path: Path, name: str, code: str) -> None:
    with pytest.raises(UserError) as caught:
        write_prompts(tmp_path / name, [])
    assert caught.value.code == code
