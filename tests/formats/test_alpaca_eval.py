"""AlpacaEval's annotations and outputs, out and in."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import pandas as pd
import pytest
from hypothesis import given

from ftcompare.core.errors import UserError
from ftcompare.core.records import OutputRecord
from ftcompare.core.study import JudgedRow, Message, PromptSpec, RaterKind, Split
from ftcompare.formats.alpaca_eval import EXPORT, EXPORT_OUTPUTS, IMPORT
from ftcompare.formats.record_fields import ImportNotes
from tests.builders import text_file
from tests.formats.conftest import row_of
from tests.formats.judged_rows import CHAT, CONTEXT, answers, there_and_back, votes, whole

ANNOTATION = {
    "instruction": "Why?",
    "output_1": "So.",
    "generator_1": "base",
    "output_2": "Thus.",
    "generator_2": "new",
    "annotator": "gpt",
    "preference": 1.75,
}


def write(folder: Path, *records: object, name: str = "annotations.json") -> Path:
    return text_file(folder / name, json.dumps(records, indent=2))


@given(rows=votes(chats=False))
def test_what_the_format_holds_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[JudgedRow]
) -> None:
    nothing: dict[str, Any] = {"strength": None, "left": "", "comment": "", "at": "", "tags": ()}
    nothing |= {"flagged": False, "seconds": None, "split": Split.NONE}
    held = [replace(whole(row), **nothing) for row in rows]
    back, notes = there_and_back(tmp_path_factory.mktemp("alpaca"), EXPORT, IMPORT, rows)
    assert back == held
    assert not notes.unread


def test_the_win_rate_of_the_file_is_the_mean_preference_less_one(tmp_path: Path) -> None:
    rows = [row_of(choice) for choice in ("a", "b", "b", "tie", "both_bad")]
    rows.append(row_of("b", rater_kind=RaterKind.AUTOMATIC, preference=0.8))
    path = tmp_path / "annotations.json"
    assert EXPORT.write(path, rows, CONTEXT) == 6
    table = pd.read_json(path)
    assert list(table["preference"]) == [1, 2, 2, 1.5, 1.5, 1.8]
    assert fmean(table["preference"]) - 1 == pytest.approx(fmean(row.preference for row in rows))
    assert {"instruction", "output_1", "generator_1", "output_2", "generator_2"} <= {*table.columns}


def test_a_prompt_of_several_turns_stands_as_one_text(tmp_path: Path) -> None:
    EXPORT.write(tmp_path / "a.json", [row_of(messages=CHAT)], CONTEXT)
    (row,) = json.loads((tmp_path / "a.json").read_text())
    assert row["instruction"] == "system: Be brief.\n\nuser: Hi\n\nassistant: Yes?\n\nuser: Go"


def test_annotations_of_the_tool_itself(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        ANNOTATION | {"raw_completion": "m", "price_per_example": 0.1, "datasplit": "eval"},
        ANNOTATION | {"preference": 0, "input": "Look."},
        ANNOTATION | {"preference": None},
        ANNOTATION | {"preference": 1, "rater_kind": "human", "annotator": 7},
    )
    notes = ImportNotes()
    assert IMPORT.judgments
    found = list(IMPORT.judgments(path, notes))
    assert [(v.rater, v.rater_kind.value, v.choice, v.preference) for v in found] == [
        ("gpt", "automatic", "b", 0.75),
        ("gpt", "automatic", "tie", 0.5),
        ("7", "human", "a", 0.0),
    ]
    assert found[1].messages == (Message("user", "Why?\n\nLook."),)
    assert notes.left_out == {"pairs without a vote": 1}
    assert notes.unread == {"raw_completion": 1, "price_per_example": 1, "datasplit": 1}


def test_outputs_and_annotations_without_a_preference_are_answers(tmp_path: Path) -> None:
    one = {"instruction": "Why?", "output": "So.", "generator": "base", "dataset": "koala"}
    path = write(
        tmp_path, one, one | {"generator": "new", "output": ""}, one | {"generator": None}, name="mine.json"
    )
    assert answers(IMPORT, path) == [
        OutputRecord(PromptSpec("", (Message("user", "Why?"),), category="koala"), "base", "So."),
        OutputRecord(PromptSpec("", (Message("user", "Why?"),), category="koala"), "new", ""),
        OutputRecord(PromptSpec("", (Message("user", "Why?"),), category="koala"), "mine", "So."),
    ]
    unjudged = write(tmp_path, ANNOTATION | {"preference": None})
    assert [(a.system, a.response) for a in answers(IMPORT, unjudged)] == [("base", "So."), ("new", "Thus.")]


def test_pairs_without_generators_and_several_outputs_of_one(tmp_path: Path) -> None:
    pair = write(tmp_path, {"instruction": "Why?", "output_1": "So.", "output_2": "Thus."})
    assert [(a.system, a.response) for a in answers(IMPORT, pair)] == [
        ("output_1", "So."),
        ("output_2", "Thus."),
    ]
    several = write(
        tmp_path, {"instruction": "Why?", "input": "Look.", "output": ["So.", "Thus."]}, name="mine.json"
    )
    assert [(a.system, a.sample, a.prompt.text, a.response) for a in answers(IMPORT, several)] == [
        ("mine", 0, "Why?\n\nLook.", "So."),
        ("mine", 1, "Why?\n\nLook.", "Thus."),
    ]


def test_answers_come_back(tmp_path: Path) -> None:
    records = [
        OutputRecord(PromptSpec("q1", (Message("user", "Why?"),), category="why"), s, f"{s}!")
        for s in ("base", "new")
    ]
    EXPORT_OUTPUTS.write(tmp_path / "o.json", records, CONTEXT)
    assert answers(IMPORT, tmp_path / "o.json") == records


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"preference": 2.5}, "preference is 2.5; it must be from 1 to 2"),
        ({"preference": "1"}, "preference must be a number"),
        ({"generator_2": ""}, "generator_2 is missing"),
        ({"generator_2": "base"}, "both 'base'"),
        ({"instruction": " "}, "prompt is empty"),
        ({"output_1": None}, "output_1 is missing"),
        ({"choice": "a"}, "choice is 'a' but preference"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    path = write(tmp_path, ANNOTATION, ANNOTATION | changes)
    assert IMPORT.judgments
    with pytest.raises(UserError, match=said) as caught:
        list(IMPORT.judgments(path, ImportNotes()))
    assert caught.value.where == "annotations.json, line 11"
