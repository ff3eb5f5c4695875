"""Studies on disk for the tests of the store."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    Message,
    Prompt,
    PromptSpec,
    Rater,
    System,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer, drawn_rater, present

PROMPTS = 12
COMMENT = "A-COMMENT-MADE-BY-ANN"
REASON = "THE-REASON-FOR-UNBLINDING"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a study, 100% #1?.ftstudy"


@pytest.fixture
def study(path: Path, now: datetime) -> Iterator[StudyFile]:
    with StudyFile.create(path, title="Hearts", scale=Scale(strengths=3), rng=Random(7), now=now) as made:
        yield made


@pytest.fixture
def systems(study: StudyFile) -> tuple[System, System]:
    return add_systems(study)


@pytest.fixture
def prompts(study: StudyFile, systems: tuple[System, System], now: datetime) -> tuple[Prompt, ...]:
    """Prompts that both systems have answered."""
    return add_answered_prompts(study, systems, now)


@pytest.fixture
def ann(study: StudyFile, prompts: tuple[Prompt, ...], now: datetime) -> Rater:
    """A rater to whom all comparisons are allocated."""
    rater = study.raters.add("Ann")
    assert study.allocations.draw(rater.id, rng=Random(3), now=now) == len(prompts)
    return rater


def add_systems(study: StudyFile) -> tuple[System, System]:
    return (
        study.systems.add(SystemSpec("plain", SystemKind.BASE, "models/plain")),
        study.systems.add(SystemSpec("tuned", SystemKind.ADAPTER, "models/plain", "adapters/tuned")),
    )


def add_answered_prompts(study: StudyFile, systems: tuple[System, ...], now: datetime) -> tuple[Prompt, ...]:
    specs = [PromptSpec(f"p{i}", (Message("user", f"Question {i}?"),), "heart") for i in range(PROMPTS)]
    added = study.prompts.add(specs)
    run = study.runs.start({"seed": 1, "temperature": 0.5}, now=now)
    with study.atomic():
        for prompt in added:
            answer(study, prompt, (f"{system.name} on {prompt.spec.key}" for system in systems), run=run)
    return added


@pytest.fixture(scope="session")
def busy_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed study in which something of everything has happened. To be copied, never opened."""
    now = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    path = tmp_path_factory.mktemp("busy") / "busy.ftstudy"
    with StudyFile.create(path, title="Busy", scale=Scale(strengths=3), rng=Random(7), now=now) as study:
        add_answered_prompts(study, add_systems(study), now)
        ann = drawn_rater(study, "Ann", rng=Random(3), now=now)
        with study.atomic():
            judge_some(study, ann, now)
        study.imports.judgments([imported_vote(number) for number in range(3)], now=now)
        study.settings.unblind(REASON, now=now)
    return path


def judge_some(study: StudyFile, rater: Rater, now: datetime) -> None:
    """Five judgments and a skip, of which the last judgment is taken back."""
    for number in range(6):
        item = present(study.judgments.next_item(rater.id))
        if number == 3:
            study.judgments.skip(item.allocation, "cannot tell", seconds=2.5, now=now)
        else:
            comment = "taken back" if number == 5 else COMMENT
            study.judgments.judge(
                item.allocation, Verdict(Choice.LEFT, 2, comment=comment, seconds=1.25), now=now
            )
    study.judgments.undo(rater.id, now=now)


def imported_vote(number: int) -> JudgmentRecord:
    return JudgmentRecord(
        (Message("user", f"Imported {number}?"),), "x", "y", "one", "other", "Zoe", 0.25, choice="a", left="b"
    )


@pytest.fixture
def judged(busy_study: Path, path: Path) -> Path:
    """A copy of the busy study."""
    return Path(shutil.copy(busy_study, path))
