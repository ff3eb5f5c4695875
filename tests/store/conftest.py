"""Studies on disk for the tests of the store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.scale import Scale
from ftcompare.core.study import (
    FinishReason,
    Message,
    Prompt,
    PromptSpec,
    Rater,
    ResponseDraft,
    System,
    SystemKind,
    SystemSpec,
)
from ftcompare.store.study_file import StudyFile

PROMPTS = 12


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a study, 100% #1?.ftstudy"


@pytest.fixture
def study(path: Path, now: datetime) -> Iterator[StudyFile]:
    """A new study with nothing in it."""
    with StudyFile.create(path, title="Hearts", scale=Scale(strengths=3), rng=Random(7), now=now) as made:
        yield made


@pytest.fixture
def systems(study: StudyFile) -> tuple[System, System]:
    return (
        study.add_system(SystemSpec("plain", SystemKind.BASE, "models/plain")),
        study.add_system(SystemSpec("tuned", SystemKind.ADAPTER, "models/plain", "adapters/tuned")),
    )


@pytest.fixture
def prompts(study: StudyFile, systems: tuple[System, System], now: datetime) -> tuple[Prompt, ...]:
    """Prompts that both systems have answered."""
    specs = [PromptSpec(f"p{i}", (Message("user", f"Question {i}?"),), "heart") for i in range(PROMPTS)]
    added = study.add_prompts(specs)
    run = study.start_run({"seed": 1, "temperature": 0.5}, now=now)
    with study.atomic():
        for prompt in added:
            drafts = [
                ResponseDraft(system.id, f"{system.name} on {prompt.spec.key}", FinishReason.END, 5)
                for system in systems
            ]
            study.store_responses(prompt.id, drafts, run=run)
    return added


@pytest.fixture
def ann(study: StudyFile, prompts: tuple[Prompt, ...], now: datetime) -> Rater:
    """A rater to whom all comparisons are allocated."""
    rater = study.add_rater("Ann")
    assert study.allocate(rater.id, rng=Random(3), now=now) == len(prompts)
    return rater
