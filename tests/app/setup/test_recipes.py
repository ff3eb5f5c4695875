"""Recipes of a study's systems: set and noted once, told after unblinding, refused once there are answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.application_paths import demo_resources
from ftcompare.app.setup import study_content
from ftcompare.app.setup.new_study import AdapterChoice, StudyPlan, create_study
from ftcompare.app.setup.recipes import RECIPE_SET, asked_as, require_recipes, set_recipes, system_recipes
from ftcompare.app.study import unblinding
from ftcompare.app.study.audit_log import audit_view, short
from ftcompare.app.study.recipes_told import recipe_words
from ftcompare.core.errors import UserError
from ftcompare.core.messages import Message
from ftcompare.core.recipe import NO_RECIPE, Recipe
from ftcompare.core.study import FinishReason, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile

BASE, ADAPTER = str(demo_resources() / "base"), str(demo_resources() / "adapter")
CLINICAL = Recipe("You answer cardiologists.")


@pytest.fixture
def made(tmp_path: Path, rng: Random, now: datetime) -> Iterator[StudyFile]:
    """A base, the same with a recipe, and an adapter."""
    plan = StudyPlan(
        "t",
        model=BASE,
        adapters=(AdapterChoice("cardiology", ADAPTER),),
        others=(SystemSpec("prompted", SystemKind.BASE, model=BASE),),
        prompt_rows=(PromptSpec("p", (Message("user", "Why?"),)),),
        recipes={"prompted": CLINICAL},
    )
    with create_study(tmp_path / "made.ftstudy", plan, rng=rng, now=now) as study:
        yield study


def noted(study: StudyFile) -> list[object]:
    return [event.detail["digest"] for event in study.audit.entries() if event.kind == RECIPE_SET]


def test_a_recipe_is_noted_in_the_audit_log_each_time_it_changes(made: StudyFile, now: datetime) -> None:
    assert noted(made) == [CLINICAL.digest]
    set_recipes(made, {"prompted": CLINICAL}, now=now)
    study_content.set_recipe(made, "prompted", NO_RECIPE, now=now)
    assert noted(made) == [CLINICAL.digest, ""]
    assert {one.words for one in system_recipes(made)} == {"the prompt as it is"}


def test_the_audit_log_names_the_system_after_unblinding(made: StudyFile, now: datetime) -> None:
    set_recipes(made, {"base": CLINICAL, "prompted": NO_RECIPE}, now=now)
    told = f"digest {short(CLINICAL.digest)}"
    assert recipe_lines(made) == ["asked as the prompts are", told, told]
    unblinding.unblind(made, "over", now=now)
    assert recipe_lines(made) == ["prompted; asked as the prompts are", f"base; {told}", f"prompted; {told}"]


def recipe_lines(study: StudyFile) -> list[str]:
    return [line.detail for line in audit_view(study).lines if line.what == "Recipe of a system set"]


def test_once_a_system_has_written_its_recipe_stays(made: StudyFile, now: datetime) -> None:
    prompted, prompt = made.systems.all()[1], made.prompts.all()[0]
    run = made.runs.start({}, now=now)
    made.responses.store(prompt.id, [ResponseDraft(prompted.id, "So.", FinishReason.END, 2)], run=run)
    with pytest.raises(UserError, match="has responses"):
        set_recipes(made, {"base": CLINICAL, "prompted": NO_RECIPE}, now=now)
    assert [one.recipe for one in system_recipes(made)] == [NO_RECIPE, CLINICAL, NO_RECIPE]
    assert [one.fixed for one in system_recipes(made)] == [False, True, False]
    assert noted(made) == [CLINICAL.digest]


def test_the_base_is_added_once_more_with_its_recipe(made: StudyFile, now: datetime) -> None:
    again = SystemSpec("short", SystemKind.BASE, model=BASE)
    add = partial(study_content.add_system, spec=again)
    found = study_content.add_asked(made, add, "short", Recipe("Be short."), now=now)
    assert found.systems[-1].spec == replace(again, recipe=Recipe("Be short."))
    with pytest.raises(UserError, match="already has a system"):
        study_content.add_asked(made, add, "short", Recipe("Be kind."), now=now)
    assert len(made.systems.all()) == 4


def test_one_of_two_bases_is_removed_and_the_last_one_is_not(made: StudyFile) -> None:
    base, prompted, _ = (system.id for system in made.systems.all())
    assert study_content.remove_system(made, base).systems[0].name == "prompted"
    with pytest.raises(UserError, match="has adapters of “prompted”"):
        study_content.remove_system(made, prompted)


def test_a_recipe_that_no_system_can_be_asked_by_is_refused(made: StudyFile, now: datetime) -> None:
    odd = Recipe(examples=(Message("user", "Why?"),))
    with pytest.raises(UserError, match="The recipe of 'base' cannot be used: Examples, turn 1"):
        set_recipes(made, {"base": odd}, now=now)
    with pytest.raises(UserError, match="Examples, turn 1"):
        asked_as(made.prompts.all()[0].spec, odd)
    with pytest.raises(UserError, match="The study has none"):
        require_recipes((), {"base": CLINICAL})


def test_a_recipe_is_told_in_words() -> None:
    whole = Recipe(
        "Be short.",
        (Message("user", "A?"), Message("assistant", "B.")),
        context="{question} {context}",
        template_options=(("enable_thinking", False), ("level", 2), ("none", None)),
        reasoning_markers=(("<r>", "</r>"),),
    )
    assert recipe_words(whole) == (
        "system prompt of 9 characters; 1 example; context: a template of its own; "
        "template options: enable_thinking = false, level = 2, none = none; 1 marker of reasoning"
    )
    assert recipe_words(Recipe(context="none")) == "context: left out"
