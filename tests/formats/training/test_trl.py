"""Rows for TRL, OpenAI, LLaMA-Factory and Axolotl as their readers take them, in parts by prompt and seed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcompare.core.errors import UserError
from ftcompare.core.study import JudgedRow, Message, PromptSpec, SystemId
from ftcompare.formats.export_format import AnyExportFormat, ExportContext
from ftcompare.formats.training import trainers
from ftcompare.formats.training.rows import (
    PARTS,
    Parts,
    PreferenceRow,
    TrainingAnswer,
    joined_groups,
    read_parts,
)
from ftcompare.formats.training.selection import PairFilters, answer_rows, preference_rows
from tests.builders import refusal_code

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


def test_standard_and_conversational_form(tmp_path: Path, make_row: MakeRow) -> None:
    path = tmp_path / "t.jsonl"
    assert trainers.PREFERENCE.write(path, rows_of(make_row("a", texts=("Ja – é\n", "=1"))), PLAIN) == 1
    assert objects(path) == [{"prompt": "What is a stent?", "chosen": "Ja – é\n", "rejected": "=1", **KNOWN}]
    trainers.PREFERENCE.write(path, rows_of(make_row("b", messages=CHAT)), MESSAGES)
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
        trainers.PREFERENCE.write(tmp_path / "t.jsonl", rows, PLAIN)
    assert caught.value.code == "several-turns"
    assert list(tmp_path.iterdir()) == []


def test_without_rows_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There are no training rows to write"):
        trainers.PREFERENCE.write(tmp_path / "t.jsonl", (), MESSAGES)
    assert list(tmp_path.iterdir()) == []


def answers_of(*judged: JudgedRow, winners: bool) -> tuple[TrainingAnswer, ...]:
    return tuple(answer_rows(lambda: judged, PairFilters(), winners=winners).rows)


OF_ANSWER = {name: KNOWN[name] for name in ("prompt_id", "category", "split", "source", "weight", "n_raters")}


def test_unpaired_rows_are_marked_good_and_bad(tmp_path: Path, make_row: MakeRow) -> None:
    path = tmp_path / "t.jsonl"
    rows = answers_of(make_row("b"), make_row("both_bad", comparison=2), winners=False)
    trainers.UNPAIRED.write(path, rows, PLAIN)
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
    trainers.SUPERVISED.write(path, rows, MESSAGES)
    assert objects(path) == [
        {
            "messages": [
                {"role": "user", "content": "What is a stent?"},
                {"role": "assistant", "content": "A small mesh tube."},
            ],
            **OF_ANSWER,
        }
    ]
    trainers.SUPERVISED.write(path, rows, PLAIN)
    assert objects(path) == [{"prompt": "What is a stent?", "completion": "A small mesh tube.", **OF_ANSWER}]


def test_reward_rows_are_whole_conversations_with_a_margin(tmp_path: Path, make_row: MakeRow) -> None:
    path = tmp_path / "t.jsonl"
    trainers.REWARD.write(path, rows_of(make_row("b", strength=3, messages=CHAT)), MESSAGES)
    (row,) = objects(path)
    asked = [{"role": m.role, "content": m.content} for m in CHAT]
    assert row["chosen"] == [*asked, {"role": "assistant", "content": "A small mesh tube."}]
    assert row["rejected"] == [*asked, {"role": "assistant", "content": "A tube."}]
    assert row["margin"] == 3.0
    assert "prompt" not in row


def test_digests_of_the_systems_stand_in_the_rows_where_they_may_be_told(
    tmp_path: Path, make_row: MakeRow
) -> None:
    names = {SystemId(1): "base", SystemId(2): "tuned"}
    told = ExportContext(names, digests={SystemId(1): "aa", SystemId(2): "bb"})
    trainers.PREFERENCE.write(tmp_path / "p.jsonl", rows_of(make_row("b")), told)
    (row,) = objects(tmp_path / "p.jsonl")
    assert (row["chosen_digest"], row["rejected_digest"]) == ("bb", "aa")
    assert (row["chosen_model"], row["rejected_model"]) == ("tuned", "base")
    trainers.SUPERVISED.write(tmp_path / "s.jsonl", answers_of(make_row("b"), winners=True), told)
    (row,) = objects(tmp_path / "s.jsonl")
    assert (row["model"], row["digest"]) == ("tuned", "bb")


CONTEXT = ExportContext({})
ASKED = [{"role": m.role, "content": m.content} for m in CHAT]
GOOD, BAD = "A small mesh tube.", "A tube."


def written(form: AnyExportFormat, path: Path, *judged: JudgedRow) -> list[dict[str, Any]]:
    form.write(path, preference_rows(lambda: judged, PairFilters()).rows, CONTEXT)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_openai_gets_its_fields_and_no_other(tmp_path: Path, make_row: MakeRow) -> None:
    assert written(trainers.OPENAI, tmp_path / "o.jsonl", make_row("b", messages=CHAT)) == [
        {
            "input": {"messages": ASKED, "tools": [], "parallel_tool_calls": True},
            "preferred_output": [{"role": "assistant", "content": GOOD}],
            "non_preferred_output": [{"role": "assistant", "content": BAD}],
        }
    ]


def test_axolotl_gets_one_message_a_side(tmp_path: Path, make_row: MakeRow) -> None:
    (row,) = written(trainers.AXOLOTL, tmp_path / "a.jsonl", make_row("b", messages=CHAT))
    assert row["messages"] == ASKED
    assert row["chosen"] == {"role": "assistant", "content": GOOD}
    assert row["rejected"] == {"role": "assistant", "content": BAD}


def test_llama_factory_gets_objects_and_its_entry(tmp_path: Path, make_row: MakeRow) -> None:
    (row,) = written(trainers.LLAMA_FACTORY, tmp_path / "rows.jsonl", make_row("b", messages=CHAT))
    assert [turn["from"] for turn in row["conversations"]] == ["system", "human", "gpt", "human"]
    assert row["chosen"] == {"from": "gpt", "value": GOOD}
    assert row["rejected"] == {"from": "gpt", "value": BAD}
    entry = json.loads((tmp_path / "rows.jsonl.dataset_info.json").read_text(encoding="utf-8"))
    assert entry["rows"]["file_name"] == "rows.jsonl"
    assert entry["rows"]["ranking"] is True
    assert entry["rows"]["columns"] == {
        "messages": "conversations",
        "chosen": "chosen",
        "rejected": "rejected",
    }


@pytest.mark.parametrize(
    "roles", [("user", "user"), ("assistant", "user"), ("user", "assistant", "assistant", "user")]
)
def test_what_llama_factory_would_skip_is_left_out_and_counted(
    make_row: MakeRow, roles: tuple[str, ...]
) -> None:
    judged = make_row("b", messages=tuple(Message(role, "x") for role in roles))

    def unfit(prompt: PromptSpec) -> str:
        return trainers.not_in_turn(prompt.messages, conversational=True)

    found = preference_rows(lambda: [judged], PairFilters(), unfit=unfit)
    assert (found.kept, found.dropped) == (0, {trainers.NOT_IN_TURN: 1})


KEYS = [f"q{number}" for number in range(2000)]
ALONE = {key: key for key in KEYS}


def test_shares_are_met_within_a_few_hundredths() -> None:
    counts = Counter(Parts((0.8, 0.1, 0.1), seed=3).divide(ALONE).values())
    assert 1540 <= counts["train"] <= 1660
    assert all(150 <= counts[part] <= 250 for part in PARTS[1:])


def test_the_seed_alone_decides_and_new_prompts_move_no_other() -> None:
    parts = Parts((0.5, 0.25, 0.25), seed=1)
    whole = parts.divide(ALONE)
    fewer = parts.divide({key: key for key in KEYS[::3]})
    assert fewer == {key: whole[key] for key in fewer}
    assert Parts((0.5, 0.25, 0.25), seed=2).divide(ALONE) != whole


def test_parts_without_rows_are_named() -> None:
    assert Parts((0.5, 0.3, 0.2)).empty(["a.train.jsonl"]) == ("validation", "test")
    assert Parts((0.5, 0.5, 0.0)).empty(["a.train.jsonl", "a.validation.jsonl"]) == ()


def test_prompts_of_a_group_go_together() -> None:
    groups = joined_groups(KEYS, zip(KEYS[::2], KEYS[1::2], strict=True))
    part = Parts((0.5, 0.3, 0.2)).divide(groups)
    assert all(part[one] == part[other] for one, other in zip(KEYS[::2], KEYS[1::2], strict=True))
    assert len(set(part.values())) == 3


@pytest.mark.parametrize("text", ["80/10/10", "0.8/0.1/0.1"])
def test_shares_are_read_as_people_write_them(text: str) -> None:
    assert read_parts(text, 5) == Parts((0.8, 0.1, 0.1), 5)
    assert read_parts("90/10", 0).shares == (0.9, 0.1, 0.0)


@pytest.mark.parametrize("text", ["", "x", "1", "50/20", "0/50/50", "-10/60/50", "1/1/1/1", "nan/1", "inf/1"])
def test_what_is_no_division_is_refused(text: str) -> None:
    assert refusal_code(lambda: read_parts(text, 0)) == "bad-shares"


@given(pairs=st.lists(st.tuples(st.sampled_from(KEYS[:20]), st.sampled_from(KEYS[:20])), max_size=30))
def test_all_that_are_connected_are_one_group(pairs: list[tuple[str, str]]) -> None:
    groups = joined_groups(KEYS[:20], pairs)
    assert all(groups[one] == groups[other] for one, other in pairs)
    assert all(groups[key] == key for key in groups.values())
    untouched = set(KEYS[:20]) - {key for pair in pairs for key in pair}
    assert all(groups[key] == key for key in untouched)
