"""A run of a suite from its folder to its files, with the caller's engine work in between; and a trial.

In a trial the base answers a few prompts, in a study that is deleted afterwards. A blinded study can be made
of the answers of a finished run, with their records and proofs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from random import Random, SystemRandom

from ftcompare.app.application_paths import STUDY_SUFFIX, is_folder
from ftcompare.app.generate.engine_run import TRIED, TrialRow, carry_trial, trial_path
from ftcompare.app.generate.generation import GenerationRun
from ftcompare.app.generate.own_measure import run_own_measure
from ftcompare.app.measures.runs import utc_now
from ftcompare.app.overwrite_guard import require_output
from ftcompare.app.release import suite_results
from ftcompare.app.release.direct_pairs import carry_answers, head
from ftcompare.app.release.gate_report import stage_person
from ftcompare.app.release.suite_file import BASE, CODE, SUITE_FORM, Suite, read_suite, suite_of
from ftcompare.app.release.suite_results import read_earlier, suite_json, suite_prompts, write_suite_junit
from ftcompare.app.release.suite_run import (
    REASON,
    RESULT,
    STUDY,
    FinishedRun,
    RunFolder,
    SuiteCandidate,
    candidate,
    engine_work,
    keep_run,
    read_runs,
    require_adapter,
    require_agreed,
    run_folder,
    run_study,
    suite_plan,
)
from ftcompare.app.setup.asked_checks import checks_words
from ftcompare.app.setup.new_study import create_study
from ftcompare.app.setup.rating_file import RatingFile
from ftcompare.app.study.altered_study import require_unaltered
from ftcompare.app.study.opening import opened_for_reading
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json, file_digest
from ftcompare.core.language import ENGLISH, in_language, tr
from ftcompare.core.recipe import NO_RECIPE
from ftcompare.core.study import SystemKind
from ftcompare.formats.json_files import write_json
from ftcompare.formats.practice_and_gold import read_gold
from ftcompare.formats.prompt_writer import write_prompts
from ftcompare.formats.text_files import printable
from ftcompare.formats.toml_file import TomlDraft, TomlTable
from ftcompare.store.study.audit import AUTOMATIC_STAGE, SUITE_CARRIED
from ftcompare.store.study.engine_runs import MEASURED
from ftcompare.store.study.study_file import StudyFile

JUNIT = "junit.xml"


@dataclass(frozen=True, slots=True)
class SuiteWork:
    suite: Suite
    candidate: SuiteCandidate
    folder: RunFolder
    study: StudyFile
    before: suite_results.EarlierRun | None  # the run to compare with; None where there is none
    why_not: str  # why not
    tier: str  # of the gate; empty for all


def prepare_suite(
    suite: Suite,
    adapter: str,
    *,
    name: str = "",
    out: Path | None = None,
    against: Path | None = None,
    tier: str = "",
    rng: Random,
    now: datetime,
) -> SuiteWork:
    """Find or make the run's folder and study, and the run that it is compared with.

    Raises `UserError`: ``gate-tier``, ``suite-result``, ``suite-not-alike`` where ``against`` had other
    prompts or settings; as `require_adapter`, `candidate`, `run_folder` and `run_study`.
    """
    chosen = tier or suite.tier
    suite.gate.of_tier(chosen)
    require_adapter(suite, adapter)
    new = candidate(adapter, name)
    given = _given(suite, against) if against else None
    folder = run_folder(suite, new, out, now=now)
    before, why_not = (given, "") if given else _last(suite, folder.path)
    study = run_study(suite, new, folder, rng=rng, now=now)
    return SuiteWork(suite, new, folder, study, before, why_not, chosen)


def _given(suite: Suite, against: Path) -> suite_results.EarlierRun:
    found = suite_results.read_earlier(against)
    if why := suite_results.why_not_compared(suite, found.entry):
        how = "Name a run with the same prompts and settings, or leave --against out."
        raise UserError(why, where=printable(str(against)), how=how, code="suite-not-alike")
    return found


def _last(suite: Suite, path: Path) -> tuple[suite_results.EarlierRun | None, str]:
    """The last run in the same folder, and why none is compared with."""
    own = path.resolve()
    runs = read_runs(own.parent)
    found = runs.last(suite.digests, but=own.name)
    if found is None:
        return None, suite_results.why_not_compared(suite, runs.newest(but=own.name))
    return suite_results.read_earlier(runs.place(found)), ""


def finish_suite(
    work: SuiteWork, *, progress: ProgressCallback = ignore_progress
) -> suite_results.SuiteResult:
    """Run the owner's measures, write the result in English, and list the run; raises `UserError`."""
    for measure in work.suite.measures:
        run_own_measure(work.study, measure, progress, clock=utc_now)
    own = work.folder.path.resolve()
    entry = FinishedRun(
        own.name, work.suite.title, work.candidate.name, work.folder.at, {}, False, work.tier, 0, 0
    )
    with in_language(ENGLISH):
        result = suite_results.suite_result(
            work.study,
            work.suite,
            entry,
            files=work.candidate.files,
            tier=work.tier,
            before=work.before,
            why_not=work.why_not,
            progress=progress,
        )
        write_suite_junit(own / JUNIT, result)
        write_json(work.folder.result, suite_json(result))
    keep_run(own.parent, result.entry)
    return result


def carry_suite(file: Path, adapter: Path, progress: ProgressCallback) -> Path:
    """Run a fixed test set on an adapter with a worker of its own; return the folder of its runs.

    Raises as `read_suite`, `require_agreed`, `prepare_suite`, and the run.
    """
    suite = read_suite(file)
    require_agreed(suite)
    work = prepare_suite(suite, str(adapter), rng=SystemRandom(), now=utc_now())
    with work.study:
        for _words, run in engine_work(suite, work.study, utc_now):
            carry_trial(run, progress)
        finish_suite(work, progress=progress)
    return work.folder.path.parent


def try_suite(text: str, path: Path, _: StudyFile, progress: ProgressCallback) -> tuple[TrialRow, ...]:
    """Let the base answer a few prompts, first those with checks; ``text`` is the file's, for this path.

    Raises as `suite_of`, `require_agreed`, `create_study`, and the run.
    """
    suite = suite_of(TomlTable(tomllib.loads(text), path.name, CODE), path)
    few = replace(suite, specs=(suite.checked or suite.specs)[:TRIED], prompted_base=NO_RECIPE)
    require_agreed(few)
    plan = replace(suite_plan(few, None), prompts=None, prompt_rows=few.specs)
    with trial_path() as file, create_study(file, plan, rng=SystemRandom(), now=utc_now()) as study:
        study.settings.unblind(REASON, now=utc_now())
        run = GenerationRun(study, settings=few.settings, by_task=few.by_task, clock=utc_now)
        carry_trial(run, progress)
        return tuple(_rows(study, few, progress))


def _rows(study: StudyFile, suite: Suite, progress: ProgressCallback) -> Iterator[TrialRow]:
    failures, responses = study.responses.failures(), [*study.responses.all()]
    checked = {one.id: one for one in suite_prompts(study, suite, BASE, progress)}
    for prompt in study.prompts.all():
        spec = prompt.spec
        texts = [" ".join(one.text.split()) for one in responses if one.prompt == prompt.id]
        found = checked.get(spec.key)
        counted = tr("Not counted, because the prompt has no check")
        if found:
            counted = tr("Passes") if found.passed else tr("Fails: {why}", found.why)
        yield TrialRow(
            spec.text,
            checks_words(spec) or tr("None"),
            "\n".join(texts) or failures.get(prompt.id, ""),
            counted,
        )


def write_suite_study(
    path: Path, run: Path, by: str, *, title: str, rating: RatingFile, rng: Random, now: datetime
) -> StudyFile:
    """Write a study of all systems and answers of a run; what the run showed is its automatic stage.

    Args:
        run: the folder of a finished run.
        by: the person who has seen its results, and therefore may not rate.
        title: the study's title; empty for the title of the fixed test set.
        rng: source of the new study's secret.

    Raises `UserError`: ``suite-result`` where the run is not finished; ``study-altered``; ``stage-rater``.
    """
    require_output(path, inputs=(run / STUDY,), replace=False, new_suffix=STUDY_SUFFIX)
    result = read_earlier(run).entry
    with opened_for_reading(run / STUDY, now=now) as source:
        require_unaltered(source)

        def fill(study: StudyFile) -> None:
            stage: dict[str, Json] = {"by": stage_person(study, by), "gate": file_digest(run / RESULT)}
            if (rating.scale, rating.design) != (study.settings.read().scale, study.settings.design()):
                study.settings.set_rating(rating.scale, rating.design, now=now)
            study.glossary.replace(source.glossary.terms(), now=now)
            asked = source.prompts.all()
            study.prompts.add([prompt.spec for prompt in asked])
            new = dict(zip((one.id for one in asked), (one.id for one in study.prompts.all()), strict=True))
            samples, systems = source.settings.samples(), source.systems.all()
            study.settings.set_samples(samples)
            carry_answers(study, source, {one.id: one.name for one in systems}, new, samples=samples, now=now)
            if runs := len(study.runs.all()):
                for prompt, reason in source.responses.failures().items():
                    study.responses.mark_failed(new[prompt], reason, run=runs)
            if rating.gold:
                study.gold.add(read_gold(rating.gold), now=now)
            for measured in source.scores.examinations(MEASURED):
                record = {name: value for name, value in measured.items() if name != "at"}
                study.scores.add_examination(MEASURED, record, now=now)
            carried: dict[str, Json] = {"prompts": len(asked), "from": [head(source)]}
            study.audit.append(SUITE_CARRIED, carried, now=now)
            study.audit.append(AUTOMATIC_STAGE, {**stage, "passed": result.holds}, now=now)

        return StudyFile.create(
            path,
            title=title or result.suite,
            scale=rating.scale,
            notice=source.settings.read().notice,
            rng=rng,
            now=now,
            fill=fill,
        )


def save_prompts(path: Path, study: StudyFile) -> None:
    """Write the prompts of a study, with their checks, as a file for a fixed test set."""
    require_output(path, inputs=[study.path], replace=True)
    write_prompts(path, [prompt.spec for prompt in study.prompts.all()])


def own_adapter(study: StudyFile) -> str:
    """The folder of the study's adapter; empty if it has none, or several."""
    found = {one.spec.adapter for one in study.systems.all() if one.spec.adapter}
    return found.pop() if len(found) == 1 and is_folder(Path(next(iter(found)))) else ""


def new_suite(study: StudyFile) -> TomlDraft:
    """A fixed test set with the base of the study, if it has one on this machine."""
    bases = [one.spec.model for one in study.systems.all() if one.spec.kind is SystemKind.BASE]
    return TomlDraft(SUITE_FORM, {"base": bases[0]} if any(bases) else {})
