"""TRL's preference data: its two forms, and TRL itself taking it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.study import JudgedRow, Message, SystemId
from ftcompare.formats.export_format import ExportContext
from ftcompare.formats.training import trl
from ftcompare.formats.training.filters import PairFilters
from ftcompare.formats.training.rows import PreferenceRow, TrainingAnswer
from ftcompare.formats.training.selection import answer_rows, preference_rows

MakeRow = Callable[..., JudgedRow]
PLAIN, MESSAGES = ExportContext({}, conversational=False), ExportContext({})
CHAT = (
    Message("system", "Be brief."),
    Message("user", "Hi"),
    Message("assistant", "Yes?"),
    Message("user", "Why?"),
)


KNOWN = {
    "prompt_id": "q1",
    "category": "cardiology",
    "split": "",
    "source": "judged",
    "margin": 1.0,
    "weight": 1.0,
    "agreement": 1.0,
    "n_raters": 1,
}


def rows_of(*judged: JudgedRow) -> tuple[PreferenceRow, ...]:
    return tuple(preference_rows(lambda: judged, PairFilters()).rows)


def objects(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_standard_form(tmp_path: Path, make_row: MakeRow) -> None:
    path = tmp_path / "t.jsonl"
    assert trl.PREFERENCE.write(path, rows_of(make_row("a", texts=("Ja – é\n", "=1"))), PLAIN) == 1
    assert objects(path) == [{"prompt": "What is a stent?", "chosen": "Ja – é\n", "rejected": "=1", **KNOWN}]


def test_conversational_form(tmp_path: Path, make_row: MakeRow) -> None:
    path = tmp_path / "t.jsonl"
    trl.PREFERENCE.write(path, rows_of(make_row("b", messages=CHAT)), MESSAGES)
    assert objects(path) == [
        {
            "prompt": [{"role": m.role, "content": m.content} for m in CHAT],
            "chosen": [{"role": "assistant", "content": "A small mesh tube."}],
            "rejected": [{"role": "assistant", "content": "A tube."}],
            **KNOWN,
        }
    ]


def test_a_row_that_the_form_cannot_hold_is_refused_and_nothing_is_written(
    tmp_path: Path, make_row: MakeRow
) -> None:
    rows = rows_of(make_row("b"), make_row("b", comparison=2, messages=CHAT))
    with pytest.raises(UserError, match="The prompt 'q2' has a system turn or several turns") as caught:
        trl.PREFERENCE.write(tmp_path / "t.jsonl", rows, PLAIN)
    assert caught.value.code == "several-turns"
    assert list(tmp_path.iterdir()) == []


def test_without_rows_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There are no training rows to write"):
        trl.PREFERENCE.write(tmp_path / "t.jsonl", (), MESSAGES)
    assert list(tmp_path.iterdir()) == []


def answers_of(*judged: JudgedRow, winners: bool) -> tuple[TrainingAnswer, ...]:
    return tuple(answer_rows(lambda: judged, PairFilters(), winners=winners).rows)


OF_ANSWER = {name: KNOWN[name] for name in ("prompt_id", "category", "split", "source", "weight", "n_raters")}


def test_unpaired_rows_are_marked_good_and_bad(tmp_path: Path, make_row: MakeRow) -> None:
    path = tmp_path / "t.jsonl"
    rows = answers_of(make_row("b"), make_row("both_bad", comparison=2), winners=False)
    trl.UNPAIRED.write(path, rows, PLAIN)
    assert [(row["prompt"], row["completion"], row["label"]) for row in objects(path)] == [
        ("What is a stent?", "A tube.", False),
        ("What is a stent?", "A small mesh tube.", True),
        ("What is stent 2?", "A tube.", False),
        ("What is stent 2?", "A small mesh tube.", False),
    ]


def test_supervised_rows_are_conversations_or_prompts_with_completions(
    tmp_path: Path, make_row: MakeRow
) -> None:
    path, rows = tmp_path / "t.jsonl", answers_of(make_row("b"), winners=True)
    trl.SUPERVISED.write(path, rows, MESSAGES)
    assert objects(path) == [
        {
            "messages": [
                {"role": "user", "content": "What is a stent?"},
                {"role": "assistant", "content": "A small mesh tube."},
            ],
            **OF_ANSWER,
        }
    ]
    trl.SUPERVISED.write(path, rows, PLAIN)
    assert objects(path) == [{"prompt": "What is a stent?", "completion": "A small mesh tube.", **OF_ANSWER}]


def test_reward_rows_are_whole_conversations_with_a_margin(tmp_path: Path, make_row: MakeRow) -> None:
    path = tmp_path / "t.jsonl"
    trl.REWARD.write(path, rows_of(make_row("b", strength=3, messages=CHAT)), MESSAGES)
    (row,) = objects(path)
    asked = [{"role": m.role, "content": m.content} for m in CHAT]
    assert row["chosen"] == [*asked, {"role": "assistant", "content": "A small mesh tube."}]
    assert row["rejected"] == [*asked, {"role": "assistant", "content": "A tube."}]
    assert row["margin"] == 3.0
    assert "prompt" not in row


def test_digests_of_the_systems_stand_in_the_rows_where_they_may_be_told(
    tmp_path: Path, make_row: MakeRow
) -> None:
    told = ExportContext({}, digests={SystemId(1): "aa", SystemId(2): "bb"})
    trl.PREFERENCE.write(tmp_path / "p.jsonl", rows_of(make_row("b")), told)
    (row,) = objects(tmp_path / "p.jsonl")
    assert (row["chosen_digest"], row["rejected_digest"]) == ("bb", "aa")
    trl.SUPERVISED.write(tmp_path / "s.jsonl", answers_of(make_row("b"), winners=True), told)
    assert objects(tmp_path / "s.jsonl")[0]["digest"] == "bb"
