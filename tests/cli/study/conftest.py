"""A study of three imported votes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.builders import output_of

VOTES = [
    {"prompt": "What is AF?", "response_a": "An irregular heartbeat.", "response_b": "Atrial fibrillation."},
    {"prompt": "What is MI?", "response_a": "A heart attack.", "response_b": "Myocardial infarction."},
    {"prompt": "What is HF?", "response_a": "A weak heart.", "response_b": "Heart failure."},
]
CHOICES = ["b", "b", "tie"]


def vote_lines() -> list[dict[str, Any]]:
    names = {"system_a": "base", "system_b": "tuned", "rater": "Ada"}
    return [{**vote, **names, "choice": c} for vote, c in zip(VOTES, CHOICES, strict=True)]


def write_lines(path: Path, lines: list[Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    file = write_lines(tmp_path / "votes.jsonl", vote_lines())
    path = tmp_path / "study.ftstudy"
    output_of(capsys, ["import", str(path), str(file), "--format", "judgments"])
    return path
