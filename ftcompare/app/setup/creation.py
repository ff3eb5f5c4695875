"""Making a study from its plan: all of it or nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app import application_paths
from ftcompare.app.setup import download_consent
from ftcompare.app.setup.host_consent import agree_to
from ftcompare.app.setup.new_study import StudyPlan, notice_of, planned_systems
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import GoldItem
from ftcompare.core.study import (
    GlossaryTerm,
    PromptSpec,
    SystemSpec,
)
from ftcompare.formats.glossary import read_glossary
from ftcompare.formats.practice_and_gold import read_gold
from ftcompare.formats.prompts import read_prompts
from ftcompare.store.study.responses import require_few_comparisons
from ftcompare.store.study.study_file import StudyFile


def create_study(
    path: Path,
    plan: StudyPlan,
    *,
    rng: Random,
    now: datetime,
    fill: Callable[[StudyFile], object] = lambda _: None,
) -> StudyFile:
    """Check everything that the plan names, then write the study; a failure leaves no file.

    Args:
        path: the study's file. It is there once all is in it.
        plan: what the study is made of.
        rng: source of the study's secret.
        now: dates the study.
        fill: writes what the study is to hold beyond its plan.

    Raises:
        UserError: the file exists, or a folder, prompt or glossary line is wrong.
        EnvironmentFault: it cannot be written.
    """
    if application_paths.is_there(path):
        raise UserError(
            "There is a file of this name already.",
            where=str(path),
            how="Choose another name, or open it.",
            code="study-exists",
        )
    systems = planned_systems(plan)
    notice = notice_of(plan)
    prompts = read_prompts(plan.prompts) if plan.prompts else ()
    require_few_comparisons(len(prompts) * math.comb(len(systems), 2))
    glossary = read_glossary(plan.glossary) if plan.glossary else ()
    gold = read_gold(plan.gold) if plan.gold else ()

    def fill_all(study: StudyFile) -> None:
        fill_study(study, systems, prompts, glossary, now=now)
        _set_rating(study, plan, gold, now)
        fill(study)
        agree_to(systems)
        download_consent.agree_to(systems)

    return StudyFile.create(
        path, title=plan.title, scale=plan.scale, notice=notice, rng=rng, now=now, fill=fill_all
    )


def _set_rating(study: StudyFile, plan: StudyPlan, gold: tuple[GoldItem, ...], now: datetime) -> None:
    """What the new file does not hold yet of how it is rated."""
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
