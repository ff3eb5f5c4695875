"""The real application on a virtual display: the main job by key and mouse, and a kill in its midst."""

from __future__ import annotations

import json
import shutil
import signal
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.setup.new_study import fill_study
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer
from tests.end_to_end.conftest import drive

TOPICS = ("angina", "hypertension", "a stroke", "a murmur", "a pacemaker", "palpitations")
KINDS = ("What is", "Explain")
PAIRS = len(TOPICS) * len(KINDS)

pytestmark = [
    pytest.mark.xvfb,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb"),
    pytest.mark.skipif(shutil.which("xdotool") is None, reason="needs xdotool"),
]


def test_from_a_new_study_to_training_rows_by_keys(
    tmp_path: Path, environment: dict[str, str], now: datetime
) -> None:
    prompts = [f"{kind} {topic}?" for kind in KINDS for topic in TOPICS]
    lines = (json.dumps({"id": f"p{n}", "prompt": text}) for n, text in enumerate(prompts))
    (tmp_path / "prompts.jsonl").write_text("\n".join(lines), encoding="utf-8")

    with drive(environment, tmp_path) as child:
        printed, errors = child.communicate()

    assert child.returncode == 0, errors
    assert f"after undo: Pair 9 of {PAIRS}" in printed
    assert "headline: 8 judgments by 1 rater so far." in printed
    assert "cardiology" not in printed
    with StudyFile.open(tmp_path / "review.ftstudy", now=now) as study:
        assert study.counts().pairs_written == PAIRS
        assert study.counts().judgments == 8
        (rater,) = study.raters.all()
        kinds = [event.kind.value for event in study.judgments.events(rater.id)]
        assert kinds == ["judgment"] * 10 + ["retraction"] * 2
        assert all(finding.ok for finding in study.check())
        decided = {row.choice for row in study.judgments.standing()} & {"a", "b"}
        assert decided
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows
    assert all(row["chosen"] != row["rejected"] for row in rows)
    assert {row["prompt"][0]["content"] for row in rows} <= set(prompts)
    assert (tmp_path / "rows.jsonl.card.md").exists()


def judged_before(path: Path, rng: Random, now: datetime, pairs: int = 30) -> Path:
    systems = (
        SystemSpec("base", SystemKind.BASE, model="m"),
        SystemSpec("tuned", SystemKind.ADAPTER, model="m", adapter="a"),
    )
    specs = tuple(PromptSpec(f"p{n}", (Message("user", f"Question {n}"),)) for n in range(pairs))
    with StudyFile.create(path, title="Kill", scale=Scale(), rng=rng, now=now) as study:
        fill_study(study, systems, specs, (), now=now)
        run = study.runs.start({}, now=now)
        for prompt in study.prompts.all():
            answer(study, prompt, (f"{s.name} on {prompt.spec.key}" for s in study.systems.all()), run=run)
    return path


def test_a_kill_between_two_judgments_loses_none(
    tmp_path: Path, environment: dict[str, str], now: datetime, rng: Random
) -> None:
    path = judged_before(tmp_path / "kill.ftstudy", rng, now)
    with drive(environment, tmp_path, "judge", path, 5) as child:
        assert child.stdout
        assert child.stderr
        assert child.stdout.readline() == "judged 5\n", child.stderr.read()
        child.send_signal(signal.SIGKILL)
        child.communicate()
    with StudyFile.open(path, now=now) as study:
        assert study.counts().judgments == 5
        assert all(finding.ok for finding in study.check())
