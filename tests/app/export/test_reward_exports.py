"""Prompts with checks for reinforcement learning: which ones get rows, the files, and their rewards."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.export.export_request import ExportRequest, require_known
from ftcompare.app.export.export_rows import NOT_STANDALONE, UNDECIDED
from ftcompare.app.export.exporting import export, preview
from ftcompare.app.setup.asked_checks import checks_of
from ftcompare.cli.main import run
from ftcompare.core.context import Expectation
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec, Split
from ftcompare.formats.registry import export_format
from ftcompare.formats.training.rows import CONVERSATION, SEVERAL_TURNS, read_parts
from ftcompare.formats.training.selection import PairFilters
from ftcompare.store.study.study_file import StudyFile
from tests.builders import output_of, refuses

GRPO, RFT = ExportRequest(export_format("trl-grpo")), ExportRequest(export_format("openai-rft"))
ASKED = (Message("user", "Why?"),)
CHAT = (Message("system", "Be brief."), *ASKED)
SPECS = [
    PromptSpec("plain", ASKED, checks=('{"contains":["fever"]}', "a note")),
    PromptSpec("chat", CHAT, "care", checks=('{"number":3}', '{"length":{"words":[1,6]}}'), tags=("t",)),
    PromptSpec("reference", (Message("user", "What?"),), reference="A fever.", expects=Expectation.ANSWER),
    PromptSpec("refuse", (Message("user", "Harm?"),), expects=Expectation.REFUSAL),
    PromptSpec("label", (Message("user", "Which?"),), checks=('{"label":true}',), labels=("yes", "no")),
    PromptSpec("held", (Message("user", "Held?"),), split=Split.HELD_OUT, checks=('{"json":true}',)),
    PromptSpec("none", (Message("user", "None?"),), reference="An answer"),
    PromptSpec("only polite", (Message("user", "Polite?"),), expects=Expectation.ANSWER),
    PromptSpec("term", (Message("user", "Term?"),), checks=('{"term":"AF"}',)),
    PromptSpec("code", (Message("user", "Code?"),), checks=('{"json":true}', '{"python_tests":"assert 1"}')),
    PromptSpec("turns", (Message("user", "Turns?"),), checks=('{"json":true}',), later_turns=("And?",)),
]
KEPT = ["plain", "chat", "reference", "refuse", "label"]
ANSWERS = ["A fever of 3", "no", "Yes and no", "I can't help with that.", "Three", "[3]", ""]
CODE = """
import importlib, json, sys
rows, name, answers = json.load(sys.stdin)
sys.path.insert(0, sys.argv[1])
file = importlib.import_module(name)
graders = [row["grader"] for row in rows for _ in answers]
print(json.dumps(file.reward(completions=answers * len(rows), grader=graders, reference=[])))
"""


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    path = tmp_path / "s.ftstudy"
    with StudyFile.create(path, title="Votes", scale=Scale(), rng=Random(1), now=now) as made:
        made.prompts.add(SPECS)
        yield made


def objects(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_prompts_whose_checks_decide_get_a_row_before_any_judgment(
    study: StudyFile, tmp_path: Path, now: datetime
) -> None:
    done = export(study, tmp_path / "rows.jsonl", GRPO, now=now)
    rows = objects(done.path)
    assert [row["prompt_id"] for row in rows] == KEPT
    assert done.dropped == {
        "unseen prompt": 1,
        UNDECIDED: 2,
        NOT_STANDALONE: 2,
        CONVERSATION: 1,
    }
    assert rows[1] == {
        "prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}],
        "reference": "",
        "grader": '{"checks": [{"kind": "number", "value": 3.0, "tolerance": 0.0}, {"kind": "length", '
        '"unit": "words", "low": 1, "high": 6}], "references": [], "labels": []}',
        "prompt_id": "chat",
        "category": "care",
        "split": "",
    }
    assert rows[2]["reference"] == "A fever."
    assert "rows_reward.py" in done.card.read_text(encoding="utf-8")
    shown = preview(study, GRPO)
    assert (shown.kept, shown.pairs, shown.dropped) == (len(KEPT), (), done.dropped)
    assert [json.loads(row) for row in shown.sample] == rows[:3]


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"categories": frozenset({"care"})}, ["chat"]),
        ({"tags": frozenset({"t"})}, ["chat"]),
        ({"include_held_out": True}, [*KEPT, "held"]),
        ({"splits": frozenset({Split.HELD_OUT}), "include_held_out": True}, ["held"]),
    ],
)
def test_filters_of_prompts_select_rows(
    study: StudyFile, tmp_path: Path, now: datetime, changes: dict[str, Any], kept: list[str]
) -> None:
    request = replace(GRPO, filters=replace(PairFilters(), **changes))
    require_known(request)
    done = export(study, tmp_path / "rows.jsonl", request, now=now)
    assert [row["prompt_id"] for row in objects(done.path)] == kept


@pytest.mark.parametrize("changes", [{"min_raters": 2}, {"criterion": "c"}, {"include_live": True}])
def test_filters_of_judgments_are_refused(changes: dict[str, Any]) -> None:
    with refuses("filter-not-known"):
        require_known(replace(RFT, filters=replace(PairFilters(), **changes)))


def test_a_process_with_the_file_alone_rewards_what_passes_here(
    study: StudyFile, tmp_path: Path, now: datetime
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    done = export(study, folder / "my rows.jsonl", GRPO, now=now)
    rows = objects(done.path)
    told = json.dumps([rows, "my_rows_reward", ANSWERS])
    command = [sys.executable, "-I", "-S", "-c", CODE, str(folder)]
    given = subprocess.run(command, input=told, capture_output=True, text=True, check=True).stdout
    prompts = [prompt for prompt in study.prompts.all() if prompt.spec.key in KEPT]
    checks = [checks_of(study, prompts)[prompt.id] for prompt in prompts]
    here = [float(own.passes(own.outcomes(text)) or False) for own in checks for text in ANSWERS]
    assert json.loads(given) == here
    assert sum(here) >= len(KEPT)


def test_openai_rows_and_their_grader(study: StudyFile, tmp_path: Path, now: datetime) -> None:
    done = export(study, tmp_path / "rows.jsonl", RFT, now=now)
    rows = objects(done.path)
    assert [set(row) for row in rows] == [{"messages", "reference", "grader"}] * len(KEPT)
    assert rows[0]["messages"] == [{"role": "user", "content": "Why?"}]
    grader = json.loads((tmp_path / "rows_reward.json").read_text(encoding="utf-8"))
    assert (grader["type"], grader["name"]) == ("python", "checks")
    assert len(grader["source"].encode()) < 256_000  # OpenAI's limit
    names: dict[str, Any] = {}
    exec(compile(grader["source"], "grader", "exec"), names)
    sample = {"output_text": "fever", "choices": []}
    assert [names["grade"](sample, item) for item in rows] == [1.0, 0.0, 1.0, 0.0, 0.0]


def test_parts_share_a_reward_file_that_a_later_export_removes(
    study: StudyFile, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "rows.jsonl"
    done = export(study, path, replace(GRPO, parts=read_parts("50/50", 1)), now=now)
    assert sum(done.parts.values()) == len(KEPT)
    assert (tmp_path / "rows_reward.py").is_file()
    again = export(study, path, RFT, now=now, replace=True)
    assert set(again.removed) == {*done.parts, "rows_reward.py"}
    assert not (tmp_path / "rows_reward.py").exists()
    (tmp_path / "rows_reward.json").write_text("mine", encoding="utf-8")
    with refuses("file-exists"):
        export(study, path, RFT, now=now, replace=True)


def test_plain_prompts_leave_out_chats_and_parquet_has_one_type_a_column(
    study: StudyFile, tmp_path: Path, now: datetime
) -> None:
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "rows.parquet"
    done = export(study, path, replace(GRPO, conversational=False), now=now)
    assert done.dropped[SEVERAL_TURNS] == 1
    assert list(pandas.read_parquet(path)["prompt"]) == ["Why?", "What?", "Harm?", "Which?"]
    with refuses("wrong-suffix"):
        export(study, tmp_path / "openai.parquet", RFT, now=now)


def test_the_command_counts_prompts(
    study: StudyFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study.close()
    command = ["export", str(study.path), str(tmp_path / "rows.jsonl"), "--format", "trl-grpo"]
    told = output_of(capsys, command)
    assert f"Wrote {len(KEPT)} rows, one for each prompt with checks" in told
    assert f"left out 2 prompts: {NOT_STANDALONE}" in told
    assert run([*command[:2], str(tmp_path / "b.jsonl"), *command[3:], "--min-raters", "2"]) != 0
    assert run([*command[:2], str(tmp_path / "c.jsonl"), *command[3:], "--category", "else"]) != 0
