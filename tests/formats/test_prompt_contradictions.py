"""A prompt that says the opposite of itself is refused as it is read, with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.study import PromptSpec
from ftcompare.formats.prompts import read_prompts

OPPOSITE = "and a check wants the opposite"
NO_LABELS = "A label is checked, and the prompt has no labels."
CHOICE = {"labels": ["mild", "severe"]}


def read_second(tmp_path: Path, fields: dict[str, Any]) -> PromptSpec:
    path = tmp_path / "p.jsonl"
    path.write_text(f'{{"prompt": "One?"}}\n{json.dumps({"prompt": "Two?", **fields})}\n', "utf-8")
    return read_prompts(path)[1]


@pytest.mark.parametrize(
    ("fields", "what", "how"),
    [
        (
            {**CHOICE, "reference": "sevre"},
            "reference is 'sevre', which is none of the labels: 'mild', 'severe'.",
            "Give the right label as the reference",
        ),
        (
            {"labels": [f"c{n}" for n in range(10)], "reference": ["no", "neither"]},
            "reference is 'no', which is none of the labels: 'c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7' "
            "and 2 more.",
            "leave one of the two out",
        ),
        (
            {"expects": "refusal", "checks": {"refusal": False}},
            f"The prompt expects 'refusal', {OPPOSITE}: {{\"refusal\": false}}.",
            "Leave the check out",
        ),
        (
            {"expects": "answer", "checks": ["a note", {"refusal": True}]},
            f"The prompt expects 'answer', {OPPOSITE}: {{\"refusal\": true}}.",
            "correct one of them",
        ),
        ({"checks": {"label": True}}, NO_LABELS, 'Add the field "labels"'),
        (
            {"checks": {"reference": True}, "reference": " "},
            "The reference is checked, and the prompt has no reference.",
            "or leave the check out",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(
    tmp_path: Path, fields: dict[str, Any], what: str, how: str
) -> None:
    with pytest.raises(UserError) as told:
        read_second(tmp_path, fields)
    assert (told.value.what, told.value.where) == (what, "p.jsonl, line 2")
    assert how in told.value.how


@pytest.mark.parametrize(
    "fields",
    [
        {**CHOICE, "reference": " Severe"},
        {**CHOICE, "reference": ["it is severe", "severe"]},
        CHOICE,
        {"reference": "severe"},
        {"expects": "refusal", "checks": {"refusal": True}},
        {"expects": "answer", "checks": {"refusal": False}},
        {"expects": "abstain", "checks": {"refusal": True}},
        {"expects": "refusal"},
        {"checks": {"refusal": False}},
    ],
)
def test_what_agrees_is_taken(tmp_path: Path, fields: dict[str, Any]) -> None:
    assert read_second(tmp_path, fields).text == "Two?"
