"""Training rows with a chosen and a rejected answer, in the forms of trainers and data sets."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.study import Message
from ftcompare.formats.chosen_rejected import (
    DESIRED,
    IMPORT_TRL,
    PARTED,
    UNDESIRED,
    preference_pairs,
    unpaired_answers,
)
from ftcompare.formats.record_fields import ImportNotes
from tests.builders import text_file


def in_parts(role: str, text: str) -> dict[str, object]:
    """A message of LLaMA-Factory 1."""
    return {"role": role, "content": [{"type": "text", "value": text}], "loss_weight": 1.0}


USER, ANSWER = {"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}
OTHER = {"role": "assistant", "content": "Thus."}
SYSTEM = {"from": "system", "value": "Be brief."}
TEXTS = {"chosen": "So.", "rejected": "Thus."}
ASKED = (Message("user", "Why?"),)
PROMPTED = (Message("system", "Be brief."), *ASKED)
TRANSCRIPT = "\n\nHuman: Hi\n\nAssistant: Hello.\n\nHuman: Why?\n\nAssistant: "


@pytest.mark.parametrize(
    ("row", "messages"),
    [
        ({"prompt": "Why?", **TEXTS}, ASKED),
        ({"prompt": [USER], "chosen": [ANSWER], "rejected": [OTHER]}, ASKED),
        ({"chosen": [USER, ANSWER], "rejected": [USER, OTHER]}, ASKED),
        (
            {
                "conversations": [
                    SYSTEM,
                    {"from": "human", "value": "Why?"},
                ],
                "chosen": {"from": "gpt", "value": "So."},
                "rejected": {"from": "gpt", "value": "Thus."},
            },
            PROMPTED,
        ),
        ({"messages": [USER], "chosen": ANSWER, "rejected": OTHER}, ASKED),
        ({"instruction": "Translate.", "input": "Herz", **TEXTS}, (Message("user", "Translate.\n\nHerz"),)),
        ({"instruction": "Why?", "input": "", **TEXTS}, ASKED),
        ({"system": "Be brief.", "question": "Why?", **TEXTS}, PROMPTED),
        (
            {"instruction": "Why?", "history": [["Hi", "Hello."]], "system": "Be brief.", **TEXTS},
            (PROMPTED[0], Message("user", "Hi"), Message("assistant", "Hello."), *ASKED),
        ),
        (
            {
                "chosen_messages": [in_parts("user", "Why?"), in_parts("assistant", "So.")],
                "rejected_messages": [in_parts("user", "Why?"), in_parts("assistant", "Thus.")],
            },
            ASKED,
        ),
        (
            {"chosen": f"{TRANSCRIPT}So.", "rejected": f"{TRANSCRIPT} Thus."},
            (Message("user", "Hi"), Message("assistant", "Hello."), *ASKED),
        ),
    ],
)
def test_the_prompt_and_both_answers_of_a_row(
    tmp_path: Path, row: dict[str, object], messages: tuple[Message, ...]
) -> None:
    path, notes = text_file(tmp_path / "rows.jsonl", json.dumps(row)), ImportNotes()
    assert IMPORT_TRL.judgments is not None
    (vote,) = IMPORT_TRL.judgments(path, notes)
    assert vote.messages == messages
    assert (vote.choice, vote.response_a, vote.response_b) == ("a", "So.", "Thus.")
    assert not notes.unread


@pytest.mark.parametrize(
    ("row", "messages", "system"),
    [
        ({"messages": [USER, ANSWER], "label": True}, ASKED, DESIRED),
        (
            {"conversations": [SYSTEM, {"from": "human", "value": "Why?"}, {"from": "gpt", "value": "So."}]}
            | {"kto_tag": False},
            PROMPTED,
            UNDESIRED,
        ),
        (
            {"instruction": "Translate.", "input": "Herz", "output": "So.", "kto_tag": True},
            (Message("user", "Translate.\n\nHerz"),),
            DESIRED,
        ),
    ],
)
def test_the_prompt_and_the_labelled_answer_of_a_row(
    tmp_path: Path, row: dict[str, object], messages: tuple[Message, ...], system: str
) -> None:
    path, notes = text_file(tmp_path / "rows.jsonl", json.dumps(row)), ImportNotes()
    (answer,) = unpaired_answers(path, notes)
    assert (answer.prompt.messages, answer.system, answer.response) == (messages, system, "So.")
    assert not notes.unread


@pytest.mark.parametrize("history", ["Hi", [["Hi"]], [{"user": "Hi"}]])
def test_a_history_that_is_not_pairs_is_refused(tmp_path: Path, history: object) -> None:
    row = {"instruction": "Why?", "history": history, **TEXTS}
    with pytest.raises(UserError, match="history must be a list of pairs of texts"):
        [*preference_pairs(text_file(tmp_path / "rows.jsonl", json.dumps(row)), ImportNotes())]


def test_transcripts_that_part_earlier_are_counted_and_the_user_has_no_last_word(tmp_path: Path) -> None:
    rows = [
        {"chosen": f"{TRANSCRIPT}So.", "rejected": "\n\nHuman: Else?\n\nAssistant: Thus."},
        {"chosen": f"{TRANSCRIPT}So.", "rejected": f"{TRANSCRIPT}Thus."},
        {"chosen": "\n\nHuman: Why?", "rejected": "\n\nHuman: Why?"},
    ]
    notes = ImportNotes()
    pairs = preference_pairs(text_file(tmp_path / "rows.jsonl", "\n".join(map(json.dumps, rows))), notes)
    assert next(pairs).shared["response_b"] == "Thus."
    assert notes.left_out == {PARTED: 1}
    with pytest.raises(UserError, match="the last message must be the assistant's"):
        next(pairs)


def test_rows_are_read_from_parquet_and_tables(tmp_path: Path) -> None:
    rows = [{"prompt": "Why?", **TEXTS}]
    pd.DataFrame(rows).to_parquet(tmp_path / "rows.parquet")
    text_file(tmp_path / "rows.csv", "prompt,chosen,rejected\nWhy?,So.,Thus.\n")
    for name in ("rows.parquet", "rows.csv"):
        (pair,) = preference_pairs(tmp_path / name, ImportNotes())
        assert (pair.shared["prompt"], pair.shared["response_a"]) == ("Why?", "So.")


@pytest.mark.parametrize("split", ["train", ["train"], {"a": 1}, 5])
def test_a_split_of_another_kind_is_ignored(tmp_path: Path, split: object) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"prompt": "Why?", **TEXTS, "split": split}) + "\n", encoding="utf-8")
    notes = ImportNotes()
    (found,) = preference_pairs(path, notes)
    assert ("split" in found.shared, dict(notes.unread)) == (False, {"split": 1})
