"""A study of three prompts whose two imported systems answered, and judges of the fake engine for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from fake_backend import FAKE

from ftcompare.app.generate.engine_run import GenerationProgress, drive
from ftcompare.app.judges.judging_run import JudgingRun
from ftcompare.core.judge import JudgeKind, JudgeMode, JudgeSpec
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer, import_systems

QUESTIONS = ("What is the pulse?", "What is an ECG?", "What is fibrillation?")
PROMPTS = tuple(PromptSpec(f"p{n}", (Message("user", text),)) for n, text in enumerate(QUESTIONS))


def said(verdict: object, reason: str = "So it is.") -> str:
    """A reply as a judge should give it."""
    return json.dumps({"reason": reason, "verdict": verdict})


def scored(score: object, reason: str = "So it is.") -> str:
    """A score as a judge should give it."""
    return json.dumps({"reason": reason, "score": score})


def fake_judge(
    answers: Mapping[str, str], name: str = "judge", mode: JudgeMode = JudgeMode.PAIRWISE, **conduct: Any
) -> JudgeSpec:
    """A judge of the fake engine: by key of a question and its try ("pair 1 ab try 1"), what it replies."""
    script = json.dumps({"answers": {"0": dict(answers)}, **conduct})
    return JudgeSpec(name, JudgeKind.MODEL, mode, model=script, rubric="Which is right?")


@contextmanager
def judged_study(path: Path, now: datetime, prompts: Sequence[PromptSpec] = PROMPTS) -> Iterator[StudyFile]:
    """Pairs 1, 2 and 3 are those of the prompts in their order; "plain" is a, "tuned" is b."""
    with StudyFile.create(path, title="Judged", scale=Scale(), rng=Random(1), now=now) as study:
        systems = import_systems(study, "plain", "tuned")
        for prompt in study.prompts.add(prompts):
            answer(study, prompt, (f"{one.name} on {prompt.spec.key}" for one in systems), tokens=4)
        yield study


def judge(
    study: StudyFile,
    now: datetime,
    *specs: JudgeSpec,
    show: Callable[[GenerationProgress, EngineProcess], None] = lambda *_: None,
    **options: Any,
) -> GenerationProgress:
    run = JudgingRun(study, specs, clock=lambda: now, backend=FAKE, **options)
    with EngineProcess() as engine:
        return drive(run, engine, lambda progress: show(progress, engine))
