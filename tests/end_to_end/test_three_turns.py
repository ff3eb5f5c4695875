"""A conversation of three turns: written by the demo model and its adapter, judged whole, exported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.application_paths import demo_resources
from ftcompare.app.rate.rating_session import study_session
from ftcompare.cli.main import run
from ftcompare.core.rating_design import ConversationJudged
from ftcompare.core.scale import Choice
from ftcompare.core.study import Verdict
from ftcompare.store.study.study_file import StudyFile
from tests.builders import present
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("forked_workers")

DEMO = demo_resources()
TURNS = (
    "How is chest pain on effort treated?",
    "What is an irregular heartbeat?",
    "What happens in a heart attack?",
)


def made(path: Path, row: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """A study of base and adapter with one prompt; the answers of both, by name."""
    prompts = path.with_suffix(".jsonl")
    prompts.write_text(json.dumps(row), encoding="utf-8")
    systems = ("--base", str(DEMO / "base"), "--adapter", str(DEMO / "adapter"))
    assert run(["new", str(path), *systems, "--prompts", str(prompts)]) == 0
    assert run(["generate", str(path), "--max-new-tokens", "12"]) == 0
    return answers(path)


def answers(path: Path) -> dict[str, tuple[str, ...]]:
    with StudyFile.open(path, now=NOW) as study:
        names = {system.id: system.name for system in study.systems.all()}
        return {names[one.system]: one.answers for one in study.responses.all()}


def chat(*said: str) -> list[dict[str, str]]:
    return [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(said)]


def told(own: tuple[str, ...]) -> list[dict[str, str]]:
    """The conversation with one system's answers."""
    return chat(*(text for turn in zip(TURNS, own, strict=True) for text in turn))


def test_each_system_answers_its_own_history(tmp_path: Path) -> None:
    """What each wrote last follows from its own answers; after those of the other it writes otherwise."""
    talk = made(tmp_path / "talk.ftstudy", {"id": "t", "prompt": TURNS[0], "later_turns": TURNS[1:]})
    base, adapter = talk["base"], talk["adapter"]
    assert (len(base), len(adapter)) == (3, 3)
    assert all(one != other for one, other in zip(base, adapter, strict=True))
    for number, (own, name) in enumerate(((base, "base"), (adapter, "adapter"))):
        row = {"id": "t", "messages": told(own)[:-1]}
        fixed = made(tmp_path / f"fixed-{number}.ftstudy", row)
        other = "adapter" if name == "base" else "base"
        assert fixed[name] == own[-1:]
        assert fixed[other] != talk[other][-1:]


def test_it_is_judged_whole_and_exported_with_all_turns(tmp_path: Path, now: datetime) -> None:
    path, rows = tmp_path / "talk.ftstudy", tmp_path / "rows.jsonl"
    talk = made(path, {"id": "t", "prompt": TURNS[0], "later_turns": TURNS[1:]})
    with StudyFile.open(path, now=now) as study:
        session = study_session(study, "Ada", clock=lambda: now, rng=Random(1))
        view = session.practised()
        item = present(view.item)
        assert view.conversations is ConversationJudged.WHOLE
        assert item.later_turns == TURNS[1:]
        left, right = (*item.left_earlier, item.left), (*item.right_earlier, item.right)
        assert {left, right} == set(talk.values())
        assert session.judge(item.allocation, Verdict(Choice.LEFT, seconds=9.0)).item is None
    assert run(["export", str(path), str(rows), "--format", "trl-preference", "--include-cut"]) == 0
    (row,) = [json.loads(line) for line in rows.read_text("utf-8").splitlines()]
    assert row["prompt"] + row["chosen"] == told(left)
    assert row["prompt"] + row["rejected"] == told(right)
