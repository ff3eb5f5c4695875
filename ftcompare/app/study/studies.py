"""Making, opening and describing studies."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app import application_paths
from ftcompare.app.export.importing import import_file
from ftcompare.app.generate.generation_state import responses_told
from ftcompare.app.output_files import require_output
from ftcompare.app.raters.packs import packs_out
from ftcompare.app.setup import download_consent
from ftcompare.app.setup.host_consent import agree_to
from ftcompare.app.setup.study_plan import StudyPlan, notice_of, planned_systems
from ftcompare.app.study.shown_names import system_names
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.rating_design import GoldItem, RatingDesign
from ftcompare.core.study import (
    FinishReason,
    GlossaryTerm,
    PromptSpec,
    Study,
    SystemSpec,
)
from ftcompare.formats.glossary import read_glossary
from ftcompare.formats.practice_and_gold import read_gold
from ftcompare.formats.prompts import read_prompts
from ftcompare.store.pack.pack_file import PackFile
from ftcompare.store.records import ImportCounts
from ftcompare.store.sqlite.errors import IMPOSSIBLE_VALUE, damaged
from ftcompare.store.study.responses import require_few_comparisons
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class SystemInfo:
    """One system as it may be shown now.

    Args:
        responses: None where the number would tell which of the blinded systems this is.
        cut: responses cut at the length limit.
    """

    name: str
    responses: int | None
    cut: int | None


@dataclass(frozen=True, slots=True)
class StudyInfo:
    """What is in a study, and what to do next.

    Args:
        packs_out: rater packs of which something is still to come.
        own_templates: systems that are asked with their adapter's own chat template.
    """

    study: Study
    format_version: int
    systems: tuple[SystemInfo, ...]
    prompts: int
    samples: int
    planned: int
    written: int
    failed: int
    raters: int
    judgments: int
    glossary_terms: int
    design: RatingDesign
    packs_out: int
    own_templates: int
    next_step: str


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
    if (plan.scale, plan.design) != (study.study().scale, study.design()):
        study.set_rating(plan.scale, plan.design, now=now)
    if gold:
        study.add_gold(gold, now=now)


def create_from_import(
    path: Path, plan: StudyPlan, file: Path, form: str, *, rng: Random, now: datetime
) -> ImportCounts:
    """A new study made of an import alone; a failure leaves no file."""
    counts: list[ImportCounts] = []
    create_study(
        path,
        plan,
        rng=rng,
        now=now,
        fill=lambda study: counts.append(import_file(study, file, form, now=now)),
    ).close()
    return counts[0]


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
            study.add_system(system)
        study.add_prompts(prompts)
        study.set_glossary(glossary, now=now)


def save_copy(study: StudyFile, path: Path, *, replace: bool = False) -> None:
    """Write a verified copy of the study.

    Raises:
        UserError: as `require_output`; ``study-read-only``.
        EnvironmentFault: ``disk-full``.
    """
    require_output(path, inputs=(study.path,), replace=replace, new_suffix=application_paths.STUDY_SUFFIX)
    study.save_copy(path)


def open_study(path: Path, *, now: datetime) -> StudyFile:
    """Open a study, with a dated copy kept on a rota."""
    return StudyFile.open(path, now=now, backups=application_paths.backups())


@contextlib.contextmanager
def damage_told(study: StudyFile | PackFile) -> Iterator[None]:
    """A failure over values that cannot be there is the damaged study's and no bug of ours.

    Raises:
        UserError: ``study-damaged``, where something within failed and the study does not hold its checks.
    """
    try:
        yield
    except IMPOSSIBLE_VALUE as error:
        wrong = next((found for found in study.check() if not found.ok), None)
        if wrong is None:
            raise
        raise damaged(study.path, f"{wrong.subject}: {wrong.detail}") from error


def describe(study: StudyFile) -> StudyInfo:
    """What is in it. While it is blinded, nothing that tells the systems apart."""
    counts = study.counts()
    settings = study.study()
    names, told = system_names(study), responses_told(study)
    systems = tuple(
        SystemInfo(
            names[s.id],
            told[s.id],
            None if settings.blinded else counts.finish.get(s.id, {}).get(FinishReason.LENGTH, 0),
        )
        for s in study.systems()
    )
    info = StudyInfo(
        study=settings,
        format_version=study.format_version,
        systems=tuple(sorted(systems, key=lambda s: s.name)) if settings.blinded else systems,
        prompts=counts.prompts,
        samples=study.samples(),
        planned=counts.pairs_planned,
        written=counts.pairs_written,
        failed=counts.pairs_failed,
        raters=counts.raters,
        judgments=counts.judgments,
        glossary_terms=len(study.glossary()),
        design=study.design(),
        packs_out=len(packs_out(study)),
        own_templates=sum(bool(s.spec.template) for s in study.systems()),
        next_step="",
    )
    return _with_next_step(info)


INFO_FORMAT = 1
"""Version of the form of ``info --json`` itself; the file's own is `StudyInfo.format_version`."""


def info_json(info: StudyInfo) -> dict[str, Json]:
    """``info --json`` as documented for the command line."""
    return {
        "title": info.study.title,
        "format_version": INFO_FORMAT,
        "blinded": info.study.blinded,
        "systems": [{"name": s.name, "responses": s.responses} for s in info.systems],
        "prompts": info.prompts,
        "pairs": {"planned": info.planned, "written": info.written, "failed": info.failed},
        "raters": info.raters,
        "judgments": info.judgments,
    }


def _with_next_step(info: StudyInfo) -> StudyInfo:
    return StudyInfo(
        **{name: getattr(info, name) for name in StudyInfo.__dataclass_fields__ if name != "next_step"},
        next_step=next_step(info),
    )


def next_step(info: StudyInfo, *, all_judged: bool = False) -> str:
    """One sentence: what to do next, as an instruction.

    Args:
        info: what is in the study.
        all_judged: no judgment that is planned is missing, as `unblinding.all_judged` says.
    """
    if not info.systems:
        return "Add a base model and an adapter, or import outputs."
    if not info.prompts:
        return "Add prompts."
    if len(info.systems) < 2:
        return "Make a study with an adapter, or import outputs: a pair needs two systems."
    if not info.study.blinded and info.written:
        return _after_unblinding(info.judgments)
    if info.written < info.planned:
        missing = info.planned - info.written
        pairs, verb = "pair" if info.planned == 1 else "pairs", "is" if missing == 1 else "are"
        return f"Generate: {missing} of {info.planned} {pairs} {verb} still to be written."
    if waited := waited_for(info.design.raters, info.packs_out, info.judgments):
        return waited
    if not info.judgments:
        one = "Rate: 1 pair is ready to be judged."
        return one if info.written == 1 else f"Rate: {info.written} pairs are ready to be judged."
    if info.study.blinded and all_judged:
        return "Unblind: every pair has its judgments."
    return "Go on rating, or unblind when all judgments are in."


def _after_unblinding(judgments: int) -> str:
    """Nothing is rated any more, whatever is written."""
    if judgments:
        return "Look at the results, and export what you need."
    return (
        "Rating ended when this study was unblinded, and nothing was judged: export its answers, or make "
        "a new study to judge them."
    )


def waited_for(planned: int, out: int, judgments: int) -> str:
    """What raters who work elsewhere, or are planned for, call for now, as an instruction; may be empty.

    Args:
        planned: raters planned for; 0 for whoever comes.
        out: rater packs of which something is still to come.
        judgments: what has been judged so far.
    """
    if out:
        many = f"{out} packs are out: merge them when they come back."
        return "1 pack is out: merge it when it comes back." if out == 1 else many
    if planned and not judgments:
        many = f"{planned} raters planned: make their packs, or rate here."
        return "1 rater planned: make a pack, or rate here." if planned == 1 else many
    return ""


def next_page(info: StudyInfo) -> str:
    """Where the next step is done: ``generate``, ``raters``, ``rate`` or ``results``."""
    if info.written and not info.study.blinded:
        return "results"
    if info.written < info.planned or not info.written:
        return "generate"
    return "raters" if waited_for(info.design.raters, info.packs_out, info.judgments) else "rate"


def unblind(study: StudyFile, reason: str, *, now: datetime) -> Study:
    """Show the systems by name from now on. It cannot be undone, and is kept with its reason.

    Raises:
        UserError: no reason is given, or it is unblinded already.
    """
    return study.unblind(reason.strip(), now=now)
