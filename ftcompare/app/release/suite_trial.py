"""A trial of a fixed test set: its base answers a few prompts in a study that is deleted afterwards."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import SystemRandom

from ftcompare.app.generate.generation import GenerationRun
from ftcompare.app.generate.trial import TRIED, TrialRow, carry_trial, trial_path
from ftcompare.app.measures.runs import utc_now
from ftcompare.app.release.suite_file import BASE, CODE, Suite, suite_of
from ftcompare.app.release.suite_results import suite_prompts
from ftcompare.app.release.suite_run import REASON, require_agreed, suite_plan
from ftcompare.app.setup.asked_checks import checks_words
from ftcompare.app.setup.new_study import create_study
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.recipe import NO_RECIPE
from ftcompare.formats.toml_file import TomlTable
from ftcompare.store.study.study_file import StudyFile


def try_suite(text: str, path: Path, _: StudyFile, progress: ProgressCallback) -> tuple[TrialRow, ...]:
    """Let the base answer a few prompts, first those with checks; ``text`` is the file's, for this path.

    Raises as `suite_of`, `require_agreed`, `create_study`, and the run.
    """
    suite = suite_of(TomlTable(tomllib.loads(text), path.name, CODE), path)
    few = replace(suite, specs=(suite.checked or suite.specs)[:TRIED], prompted_base=NO_RECIPE)
    require_agreed(few)
    plan = replace(suite_plan(few, None), prompts=None, prompt_rows=few.specs)
    with (
        trial_path() as file,
        create_study(file, plan, rng=SystemRandom(), now=utc_now()) as study,
    ):
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
        counted = "Not counted: it has no checks"
        if found:
            counted = "Passes" if found.passed else f"Fails: {found.why}"
        yield TrialRow(
            spec.text,
            checks_words(spec) or "No checks",
            "\n".join(texts) or failures.get(prompt.id, ""),
            counted,
        )
