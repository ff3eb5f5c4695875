"""Base, two adapters and a served model write for one study, through kills of worker and application."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from random import Random

import psutil
import pytest

from ftcompare.core.study import Response
from ftcompare.store.study.study_file import StudyFile
from tests.engine.served.openai_front import serving
from tests.engine.tiny_models import build_adapter, build_model
from tests.limits import HANG

pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")

PROMPTS, SAMPLES = 12, 2
SYSTEMS = ("base", "one", "two", "served")
LONGEST = HANG


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ftcompare", *arguments]


def generate(study: Path) -> subprocess.Popen[bytes]:
    settings = ("--samples", str(SAMPLES), "--temperature", "0.8", "--max-new-tokens", "24", "--seed", "5")
    return subprocess.Popen(
        command("generate", str(study), *settings), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finish(study: Path) -> None:
    process = generate(study)
    _, errors = process.communicate(timeout=LONGEST)
    assert process.returncode == 0, errors.decode()


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Path]:
    """Not written yet; its server runs until the end of the test."""
    base = build_model(tmp_path / "base")
    adapters = [build_adapter(tmp_path / f"adapter-{n}", base, seed=n) for n in (1, 2, 3)]
    prompts = tmp_path / "prompts.jsonl"
    lines = [json.dumps({"id": f"q{n}", "prompt": f"What is a stroke, case {n}?"}) for n in range(PROMPTS)]
    prompts.write_text("\n".join(lines), "utf-8")
    path = tmp_path / "all.ftstudy"
    with serving(base, {"third": adapters[2]}, seconds=0.05) as front:
        named = {
            "one": str(adapters[0]),
            "two": str(adapters[1]),
            "served": f"{front.url}#model=base&adapter=third",
        }
        asked = [part for name, place in named.items() for part in ("--system", f"{name}={place}")]
        subprocess.run(
            command("new", str(path), "--base", str(base), "--prompts", str(prompts), *asked),
            check=True,
            capture_output=True,
            timeout=LONGEST,
        )
        yield path


def responses(path: Path) -> list[Response]:
    with StudyFile.open(path, now=datetime.now(UTC)) as study:
        return list(study.responses.all())


def kill_at(process: subprocess.Popen[bytes], seconds: float, *, worker: bool) -> None:
    """End it (or its worker) as the system would, so many seconds after its start."""
    time.sleep(seconds)
    victims = [process.pid]
    if worker:
        try:
            victims = [child.pid for child in psutil.Process(process.pid).children()] or victims
        except psutil.NoSuchProcess:
            victims = []
    for pid in victims:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.communicate(timeout=LONGEST)


def survives(path: Path, kills: int, rng: Random) -> None:
    """Killed at random instants of a whole run, it goes on where it was and ends with all of it once."""
    whole, before = 12.0, Counter[str]()
    for number in range(kills):
        process = generate(path)
        begun = time.monotonic()
        kill_at(process, rng.uniform(1.0, whole), worker=number % 2 == 0)
        whole = max(whole, time.monotonic() - begun)
        after = Counter(f"{r.id} {r.prompt} {r.system} {r.sample} {r.text}" for r in responses(path))
        assert before <= after  # what was there stays as it was
        before = after
    finish(path)
    finish(path)  # nothing is missing, and nothing is written twice
    found = Counter((r.prompt, r.system, r.sample) for r in responses(path))
    with StudyFile.open(path, now=datetime.now(UTC)) as study:
        wanted = {
            (prompt.id, system.id, sample)
            for prompt in study.prompts.all()
            for system in study.systems.all()
            for sample in range(SAMPLES)
        }
        assert [system.name for system in study.systems.all()] == list(SYSTEMS)
        assert set(found) == wanted
        assert set(found.values()) == {1}
        pairs = len(list(combinations(SYSTEMS, 2)))
        counts = study.counts()
        assert counts.pairs_written == counts.pairs_planned == PROMPTS * SAMPLES * pairs
        assert [finding for finding in study.check() if not finding.ok] == []


def test_a_study_of_every_kind_of_system_is_written_whole_through_kills(study: Path) -> None:
    survives(study, kills=2, rng=Random(20261120))


@pytest.mark.slow
def test_ten_kills_at_random_instants_lose_and_double_nothing(study: Path) -> None:
    survives(study, kills=10, rng=Random(7))
