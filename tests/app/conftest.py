"""A small study, written and partly judged, as the operations find it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.setup.new_study import fill_study
from ftcompare.core.scale import Scale
from ftcompare.core.study import (
    FinishReason,
    GlossaryTerm,
    Message,
    PromptSpec,
    ResponseDraft,
    Split,
    SystemKind,
    SystemSpec,
    TermStatus,
)
from ftcompare.store.study.study_file import StudyFile
from tests.builders import built_once
from tests.results_once import results_once as results_once

PROMPTS = 12
SPLITS = (Split.TRAINED, Split.PARAPHRASE, Split.HELD_OUT)


def prompt(number: int) -> PromptSpec:
    text = f"What is an irregular heartbeat, case {number}?"
    category = "Diagnosis" if number % 2 else "Treatment"
    return PromptSpec(f"p{number:02}", (Message("user", text),), category, SPLITS[number % 3])


GLOSSARY = (
    GlossaryTerm("atrial fibrillation", TermStatus.PREFERRED, "AF"),
    GlossaryTerm("irregular heartbeat", TermStatus.DEPRECATED, "AF"),
)


@built_once
def _write_study(path: Path, drawn: tuple[Any, ...], now: datetime) -> Path:
    systems = (
        SystemSpec("base", SystemKind.BASE, model="{}"),
        SystemSpec("cardiology", SystemKind.ADAPTER, model="{}", adapter="tuned"),
    )
    prompts = tuple(prompt(n) for n in range(PROMPTS))
    rng = Random()
    rng.setstate(drawn)
    with StudyFile.create(
        path, title="Review", scale=Scale(), notice="Not advice", rng=rng, now=now
    ) as study:
        fill_study(study, systems, prompts, GLOSSARY, now=now)
    return path


@pytest.fixture
def empty_study(tmp_path: Path, rng: Random, now: datetime) -> Iterator[StudyFile]:
    """Two systems of the fake engine, twelve prompts, nothing written."""
    path = _write_study(tmp_path / "study.ftstudy", rng.getstate(), now)
    rng.getrandbits(128)  # the secret of the study
    with StudyFile.open(path, now=now) as study:
        yield study


@pytest.fixture
def study(empty_study: StudyFile, now: datetime) -> StudyFile:
    """The same with every pair written."""
    base, tuned = empty_study.systems.all()
    run = empty_study.runs.start({"settings": {}}, now=now)
    for entry in empty_study.prompts.all():
        drafts = [
            ResponseDraft(base.id, f"An irregular heartbeat. {entry.spec.key}", FinishReason.END, 5),
            ResponseDraft(tuned.id, f"Atrial fibrillation. {entry.spec.key}", FinishReason.END, 4),
        ]
        empty_study.responses.store(entry.id, drafts, run=run)
    return empty_study
