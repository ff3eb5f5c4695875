"""Prompts of a task are written with its settings, in a run of its own, by systems that are loaded once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from fake_backend import FAKE

from ftcompare.app.generate.engine_run import GenerationProgress, drive
from ftcompare.app.generate.generation import GenerationRun
from ftcompare.app.generate.generation_state import (
    last_settings,
    prompts_to_answer_twice,
    settings_in_use,
    writing_state,
)
from ftcompare.app.generate.settings_history import last_by_task, mixed_words, task_words, uses_words
from ftcompare.app.setup.new_study import fill_study
from ftcompare.core.generation_settings import TaskSettings
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.run_record import read_runs
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec, SystemKind, SystemSpec
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.engine.protocol import GenerationSettings
from ftcompare.store.study.study_file import StudyFile

SETTINGS = GenerationSettings(max_new_tokens=64, seed=3)
BY_TASK: TaskSettings = {"free": {"temperature": 0.7}, "short": {"max_new_tokens": 2}}
TASKS = ("", "free", "short", "free", "other")


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    specs = (
        SystemSpec("base", SystemKind.BASE, model="{}"),
        SystemSpec("tuned", SystemKind.ADAPTER, model="{}", adapter="a"),
    )
    prompts = tuple(
        PromptSpec(f"p{n}", (Message("user", f"Question {n}?"),), task=task) for n, task in enumerate(TASKS)
    )
    path = tmp_path / "s.ftstudy"
    with StudyFile.create(path, title="S", scale=Scale(), rng=Random(1), now=now) as made:
        fill_study(made, specs, prompts, (), now=now)
        yield made


def write(
    study: StudyFile, now: datetime, by_task: TaskSettings | None, limit: int | None = None
) -> tuple[GenerationProgress, list[str]]:
    seen: list[str] = []
    run = GenerationRun(
        study, settings=SETTINGS, clock=lambda: now, backend=FAKE, by_task=by_task, limit=limit
    )
    with EngineProcess() as engine:
        progress = drive(run, engine, lambda one: seen.append(one.stage))
    return progress, [stage for number, stage in enumerate(seen) if stage not in seen[:number]]


def test_each_task_is_a_run_with_its_settings(study: StudyFile, now: datetime) -> None:
    progress, stages = write(study, now, BY_TASK)
    assert (progress.done, progress.fault, progress.parts, len(progress.proofs)) == (5, None, 1, 2)
    assert progress.counted == "pairs"
    assert stages.count("Loading the fake model") == 1
    runs = read_runs(study.runs.all())
    assert [(run.task, run.settings) for run in runs] == [
        ("", SETTINGS),
        ("free", replace(SETTINGS, temperature=0.7)),
        ("short", replace(SETTINGS, max_new_tokens=2)),
    ]
    texts = {r.prompt: r.text for r in study.responses.all()}
    assert [len(texts[prompt.id].split()) for prompt in study.prompts.all()] == [6, 6, 2, 6, 6]
    assert study.verify().ok


def test_they_are_told_by_task_and_kept_for_the_next_run(study: StudyFile, now: datetime) -> None:
    write(study, now, BY_TASK, limit=3)
    assert (last_settings(study), last_by_task(study)) == (SETTINGS, BY_TASK)
    state = writing_state(study)
    assert state.last_run is not None
    assert (state.last_run.settings, state.by_task) == (SETTINGS, BY_TASK)
    assert uses_words(settings_in_use(study)) == (
        "1 prompt: up to about 48 words, no randomness; "
        "1 prompt of the task 'free': up to about 48 words, temperature 0.7, seed 3; "
        "1 prompt of the task 'short': up to about 2 words, no randomness"
    )
    assert mixed_words(settings_in_use(study), SETTINGS, BY_TASK) == ""
    assert "of the task 'free'" in mixed_words(settings_in_use(study), SETTINGS)
    write(study, now, None)
    assert [run.task for run in read_runs(study.runs.all())] == ["", "free", "short", "", "free"]
    assert task_words(BY_TASK) == "'free': temperature 0.7; 'short': max new tokens 2"


def test_none_are_taken_where_none_are_given(study: StudyFile, now: datetime) -> None:
    write(study, now, {})
    (run,) = read_runs(study.runs.all())
    assert (run.task, run.by_task, run.general, run.settings) == ("", {}, None, SETTINGS)
    assert "by_task" not in study.runs.all()[0]


def test_second_answers_are_not_of_tasks_with_settings_of_their_own(study: StudyFile, now: datetime) -> None:
    study.settings.set_rating(study.settings.read().scale, RatingDesign(controls=0.5), now=now)
    drawn = replace(SETTINGS, temperature=0.5)
    apart = {prompt.id for prompt in study.prompts.all() if prompt.spec.task in BY_TASK}
    assert len(prompts_to_answer_twice(study, drawn, {})) == 2
    every: TaskSettings = {task: {"temperature": 0.0} for task in TASKS if task}
    assert prompts_to_answer_twice(study, drawn, every) == {study.prompts.all()[0].id}
    assert prompts_to_answer_twice(study, drawn, BY_TASK).isdisjoint(apart)
