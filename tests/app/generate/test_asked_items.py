"""Each system of a study is asked by its own recipe, which its owner is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from fake_backend import FAKE

from ftcompare.app.generate.engine_run import GenerationProgress, drive
from ftcompare.app.generate.generation import GenerationRun
from ftcompare.app.generate.scoring import ScoringRun
from ftcompare.app.generate.speed_and_savings import MeasuringRun
from ftcompare.app.setup.new_study import fill_study
from ftcompare.app.setup.system_groups import generated_groups, item_of, recipe_notes, text_to_score
from ftcompare.core.context import Passage
from ftcompare.core.recipe import Recipe
from ftcompare.core.run_record import read_runs
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec, SystemKind, SystemSpec
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.engine.protocol import GenerationSettings
from ftcompare.store.study.study_file import StudyFile

PLAIN = PromptSpec("p0", (Message("user", "What is a heart?"),))
WITH_CONTEXT = PromptSpec(
    "p1", (Message("user", "Which valve?"),), context=(Passage("", "The mitral valve leaks."),)
)
EXAMPLES = (Message("user", "A?"), Message("assistant", "B."))
RECIPE = Recipe("Answer shortly.", EXAMPLES, context="after", template_options=(("enable_thinking", False),))


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> StudyFile:
    """The base, the base with a recipe, an adapter; of the fake engine."""
    specs = (
        SystemSpec("base", SystemKind.BASE, model="{}"),
        SystemSpec("prompted", SystemKind.BASE, model="{}", recipe=RECIPE),
        SystemSpec("tuned", SystemKind.ADAPTER, model="{}", adapter="a"),
    )
    made = StudyFile.create(tmp_path / "s.ftstudy", title="S", scale=Scale(), rng=Random(1), now=now)
    fill_study(made, specs, (PLAIN, WITH_CONTEXT), (), now=now)
    return made


def write(study: StudyFile, now: datetime) -> GenerationProgress:
    run = GenerationRun(study, settings=GenerationSettings(), clock=lambda: now, backend=FAKE)
    with EngineProcess() as engine:
        return drive(run, engine, lambda _: None)


def test_systems_are_asked_by_their_recipes_and_others_alike(study: StudyFile) -> None:
    base, prompted, tuned = study.systems.all()
    item = item_of(PLAIN, (base, prompted, tuned), "7", (0, 2))
    assert (item.key, item.samples, item.messages) == ("7", (0, 2), PLAIN.messages)
    assert item.own == {str(prompted.id): (Message("system", "Answer shortly."), *EXAMPLES, *PLAIN.messages)}
    assert item.messages_for(str(tuned.id)) == PLAIN.messages
    told = item_of(WITH_CONTEXT, (base, tuned), "8")
    assert told.messages[-1].content == "Context:\nThe mitral valve leaks.\n\nQuestion:\nWhich valve?"
    assert told.own == {}
    text = text_to_score(WITH_CONTEXT, (base, prompted), "9", "The mitral one.")
    assert text.own[str(prompted.id)][-1].content == "Which valve?\n\nThe mitral valve leaks."


def test_a_run_asks_so_says_so_and_keeps_it(study: StudyFile, now: datetime) -> None:
    progress = write(study, now)
    assert (progress.done, progress.fault) == (2, None)
    told = "prompted has its own instructions: system prompt of "
    (note,) = (note for note in progress.notes if "has its own instructions" in note)
    assert note.startswith(told)
    assert note.endswith("template options: enable_thinking = false.")
    texts = {
        (r.prompt, r.system): r.text
        for prompt in study.prompts.all()
        for r in study.responses.of_prompt(prompt.id)
    }
    base, prompted, _ = (system.id for system in study.systems.all())
    second = study.prompts.all()[1].id
    assert texts[second, base].endswith("Context:\nThe mitral valve leaks.\n\nQuestion:\nWhich valve?")
    assert texts[second, prompted].endswith("Which valve?\n\nThe mitral valve leaks.")
    (run,) = read_runs(study.runs.all())
    assert [one.recipe_digest for one in run.systems] == ["", RECIPE.digest, ""]


def test_all_systems_of_a_model_are_one_group_and_carry_their_options(study: StudyFile) -> None:
    (group,) = generated_groups(study)
    requests = group.requests()
    assert [one.template_options for one in requests] == [(), (("enable_thinking", False),), ()]
    assert [one.recipe for one in requests] == ["", RECIPE.digest, ""]
    there = group.requests("http://localhost:1/v1")
    assert [(one.template_options, one.recipe) for one in there] == [
        (one.template_options, one.recipe) for one in requests
    ]


def test_scoring_and_measuring_ask_so_too(study: StudyFile, now: datetime) -> None:
    write(study, now)
    with EngineProcess() as engine:
        scored = drive(ScoringRun(study, clock=lambda: now, backend=FAKE), engine, lambda _: None)
        settings = GenerationSettings()
        run = MeasuringRun(study, settings=settings, clock=lambda: now, backend=FAKE)
        measured = drive(run, engine, lambda _: None)
    assert (scored.fault, measured.fault) == (None, None)
    speeds = json.loads(json.dumps(study.scores.examinations("measured")[-1]))["speeds"]
    assert speeds[1]["prompt_tokens"] > speeds[0]["prompt_tokens"] == speeds[2]["prompt_tokens"]


def test_a_system_prompt_that_takes_the_place_of_prompts_own_is_noted(study: StudyFile) -> None:
    own = [
        replace(PLAIN, messages=(Message(role, "Be kind."), *PLAIN.messages))
        for role in ("system", "developer")
    ]
    base, prompted, _ = study.systems.all()
    assert list(recipe_notes((base, prompted), [*own, PLAIN]))[1:] == [
        "The system prompt of prompted's instructions replaces the system turn of 2 prompts."
    ]
    assert len([*recipe_notes((base, prompted), [PLAIN])]) == 1
