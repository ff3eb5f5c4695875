"""Studies whose prompts have contexts of several kinds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from random import Random

from ftcompare.core.context import ContextKind, Expectation, Passage
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer_elsewhere

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
OPENED, BEDS = "The ward **opened** in 1988.", "It has 30 beds."
KINDS = (
    (ContextKind.KNOWN, Expectation.ANSWER, (Passage("a", OPENED), Passage("", BEDS))),
    (ContextKind.UNKNOWN, Expectation.ABSTAIN, (Passage("", BEDS),)),
    (ContextKind.NONE, Expectation.NONE, ()),
)


def context_prompts(count: int = 6) -> list[PromptSpec]:
    """Prompts that have the three of `KINDS` in turn, and the tasks ``date`` and ``why`` in turn."""
    specs = []
    for number in range(count):
        kind, expects, passages = KINDS[number % len(KINDS)]
        asked = (Message("user", f"When was ward {number} opened?"),)
        specs.append(
            PromptSpec(
                f"q{number}",
                asked,
                task=("date", "why")[number % 2],
                context=passages,
                context_kind=kind,
                expects=expects,
                reference="1988",
            )
        )
    return specs


def context_study(path: Path, design: RatingDesign | None = None, count: int = 6) -> StudyFile:
    """An open study of two systems that have answered `context_prompts`."""
    study = StudyFile.create(path, title="Wards", scale=Scale(), rng=Random(3), now=NOW)
    study.settings.set_rating(Scale(), design or RatingDesign(), now=NOW)
    systems = [study.systems.add(SystemSpec(name, SystemKind.IMPORTED)).id for name in ("base", "tuned")]
    for prompt in study.prompts.add(context_prompts(count)):
        answer_elsewhere(
            study, prompt, (f"Answer {place} to {prompt.spec.key}" for place, _ in enumerate(systems))
        )
    return study
