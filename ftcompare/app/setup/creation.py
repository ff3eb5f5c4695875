"""Create a study from its plan, completely or not at all."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app import application_paths
from ftcompare.app.setup.answers_file import answers_in, reasoning_words, remembering
from ftcompare.app.setup.asked_checks import unchecked_words
from ftcompare.app.setup.consent import agree_to
from ftcompare.app.setup.new_study import (
    StudyPlan,
    inspect_plan,
    plan_warnings,
    prompt_file_words,
    unused_words,
)
from ftcompare.app.setup.recipes import require_recipes, set_recipes
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import GoldItem
from ftcompare.core.study import GlossaryTerm, PromptSpec, SystemSpec
from ftcompare.formats.answer_files import read_answers
from ftcompare.formats.glossary import read_glossary
from ftcompare.formats.practice_and_gold import read_gold
from ftcompare.formats.prompts import PromptFile, read_prompt_file
from ftcompare.store.study.responses import require_few_comparisons
from ftcompare.store.study.study_file import StudyFile


def create_study(
    path: Path,
    plan: StudyPlan,
    *,
    rng: Random,
    now: datetime,
    fill: Callable[[StudyFile], object] = lambda _: None,
    warn: Callable[[str], object] = lambda _: None,
) -> StudyFile:
    """Check everything that the plan names, then write the study; an error leaves no file.

    ``fill`` adds content that is not in the plan; ``warn`` receives warnings about a valid plan.

    Raises:
        UserError: the file exists, or a folder or a line of a file is wrong.
        EnvironmentFault: the study cannot be written.
    """
    if application_paths.is_there(path):
        what = "There is a file of this name already."
        raise UserError(what, where=str(path), how="Choose another name, or open it.", code="study-exists")
    found = inspect_plan(plan)
    require_recipes((spec.name for spec in found.systems), plan.recipes)
    file = _prompts_of(plan)
    require_few_comparisons(len(file.prompts) * math.comb(len(found.systems), 2))
    glossary = read_glossary(plan.glossary) if plan.glossary else ()
    gold = read_gold(plan.gold) if plan.gold else ()
    for warning in (*plan_warnings(plan, found), *prompt_file_words(file), *_answer_warnings(plan)):
        warn(warning)

    def fill_all(study: StudyFile) -> None:
        fill_study(study, found.systems, file.prompts, glossary, now=now)
        set_recipes(study, plan.recipes, now=now)
        if plan.answers:
            answers = read_answers(plan.answers, columns=plan.answer_columns)
            with remembering(study, plan.answers.name):
                for words in reasoning_words(study.imports.outputs(answers, now=now)):
                    warn(words)
        _set_rating(study, plan, gold, now)
        if words := unchecked_words([p.spec for p in study.prompts.all()], study.glossary.terms()):
            warn(words)
        fill(study)
        agree_to(found.systems)

    return StudyFile.create(
        path, title=plan.title, scale=plan.scale, notice=found.notice, rng=rng, now=now, fill=fill_all
    )


def _prompts_of(plan: StudyPlan) -> PromptFile:
    if plan.prompts is None:
        return PromptFile(plan.prompt_rows)
    return read_prompt_file(plan.prompts, plan.prompt_columns)


def _answer_warnings(plan: StudyPlan) -> tuple[str, ...]:
    """Warnings about the file of answers. It is read completely before anything is written."""
    unread = answers_in(plan.answers, plan.answer_columns).unread if plan.answers else ()
    return (unused_words(unread),) if unread else ()


def _set_rating(study: StudyFile, plan: StudyPlan, gold: tuple[GoldItem, ...], now: datetime) -> None:
    """Set the scale and design where they differ from those of the new file, and add the gold items."""
    if (plan.scale, plan.design) != (study.settings.read().scale, study.settings.design()):
        study.settings.set_rating(plan.scale, plan.design, now=now)
    if gold:
        study.gold.add(gold, now=now)


def fill_study(
    study: StudyFile,
    systems: tuple[SystemSpec, ...],
    prompts: tuple[PromptSpec, ...],
    glossary: tuple[GlossaryTerm, ...],
    *,
    now: datetime,
) -> None:
    """Add systems, prompts and glossary, all or none."""
    with study.atomic():
        for system in systems:
            study.systems.add(system)
        study.prompts.add(prompts)
        study.glossary.replace(glossary, now=now)
