"""The results of a finished suite run: prompts, measures, the gate, and changes since another run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from ftcompare.app.measures.checks import PASSED, CheckedPrompt, study_checks
from ftcompare.app.release.gate import Gate
from ftcompare.app.release.gate_conditions import WHOLES, Condition, condition, simply
from ftcompare.app.release.gate_figures import GateFigure, gate_figures
from ftcompare.app.release.gate_report import GateReport, apply_gate
from ftcompare.app.release.suite_file import BASE, PROMPTED_BASE, Suite
from ftcompare.app.release.suite_run import RESULT, FinishedRun, changed_words
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.core.errors import UserError
from ftcompare.core.plurals import counted
from ftcompare.core.run_record import newest_reports, read_runs
from ftcompare.core.study import PromptSpec
from ftcompare.core.typed_json import read_record
from ftcompare.formats.json_files import parse
from ftcompare.formats.text_files import MIB, printable, read_lines
from ftcompare.stats.paired_difference import mcnemar, prompt_mean
from ftcompare.store.study.study_file import StudyFile

NO_ANSWER = "There is no answer."
NO_RESULT = "No check has a result for its answer."
FORMAT, VERSION = "ftcompare-suite-result", 1
MAX_RESULT_BYTES = 64 * MIB


@dataclass(frozen=True, slots=True)
class SuitePrompt:
    """One prompt with a check that can show that an answer is right."""

    id: str  # the owner's
    category: str
    passed: bool  # whether all answers of the candidate pass all its checks
    failed: tuple[str, ...]  # a clause for each check that the candidate's answers fail
    base: bool | None = None  # whether those of the base do; None where it has none
    prompted_base: bool | None = None  # the same of the prompted base

    @property
    def why(self) -> str:
        return "; ".join(clause.removesuffix(".") for clause in self.failed)


@dataclass(frozen=True, slots=True)
class SuiteChange:
    """The changes since an earlier run, on the prompts that both have."""

    run: FinishedRun  # the earlier one
    prompts: int
    lost: tuple[str, ...]  # ids of prompts that passed then and fail now
    gained: tuple[str, ...]  # that failed then and pass now
    p: float | None  # of McNemar's exact test; None where no prompt changed


@dataclass(frozen=True, slots=True)
class SuiteResult:
    suite: Suite = field(repr=False)
    folder: str
    candidate: str  # name of the adapter
    files: str  # digest of its files
    weights: Mapping[str, str]  # digests of base and adapter as the engine loaded them, by name
    at: str
    asked: int  # prompts of the suite; ``prompts`` are those in `Suite.checked`
    prompts: tuple[SuitePrompt, ...]
    figures: Mapping[str, GateFigure] = field(repr=False)
    change: SuiteChange | None  # since an earlier run; None where none can be compared
    why_not: str  # a sentence: why there is no change to tell; empty where there is
    notes: tuple[str, ...]
    tier: str
    report: GateReport  # of the gate, with the conditions of the suite itself first

    @property
    def passed(self) -> int:
        return sum(prompt.passed for prompt in self.prompts)

    @property
    def entry(self) -> FinishedRun:
        mean = prompt_mean([float(prompt.passed) for prompt in self.prompts]) if self.prompts else None
        return FinishedRun(
            folder=self.folder,
            suite=self.suite.title,
            candidate=self.candidate,
            at=self.at,
            digests=self.suite.digests,
            holds=self.report.holds,
            tier=self.tier,
            passed=self.passed,
            prompts=len(self.prompts),
            low=mean.low if mean else None,
            high=mean.high if mean else None,
        )


@dataclass(frozen=True, slots=True)
class EarlierRun:
    entry: FinishedRun
    passed: Mapping[str, bool]  # by id of the prompt
    weights: Mapping[str, str]  # as in `SuiteResult`


def suite_result(
    study: StudyFile,
    suite: Suite,
    entry: FinishedRun,
    *,
    files: str,
    tier: str,
    before: EarlierRun | None,
    why_not: str = "",
    progress: ProgressCallback = ignore_progress,
) -> SuiteResult:
    """The results of a run's study, in which everything is generated. Raises as `apply_gate`.

    The figures of ``entry`` are not read; ``before`` is None, with ``why_not``, for no comparison.
    """
    prompts = suite_prompts(study, suite, entry.candidate, progress)
    change = _change(prompts, before) if before else None
    weights = _weights(study)
    gate = replace(suite.gate, system=entry.candidate, against=BASE)
    report = _report(study, suite, gate, tier, progress)
    own = tuple(_own_conditions(suite, _unanswered(study, suite, entry.candidate), change))
    return SuiteResult(
        suite=suite,
        folder=entry.folder,
        candidate=entry.candidate,
        files=files,
        weights=weights,
        at=entry.at,
        asked=len(suite.specs),
        prompts=prompts,
        figures=gate_figures(study, suite.gate.prices, progress=progress),
        change=change,
        why_not=why_not,
        notes=tuple(_notes(study, weights, before)),
        tier=tier,
        report=replace(report, conditions=(*own, *report.conditions)),
    )


def _report(study: StudyFile, suite: Suite, gate: Gate, tier: str, progress: ProgressCallback) -> GateReport:
    """The gate's report; without conditions for a suite without a gate."""
    if gate.asks:
        return apply_gate(study, gate, tier=tier, progress=progress)
    return GateReport(suite.title, study.path.name, gate.system, gate.against, ())


def _own_conditions(suite: Suite, unanswered: int, change: SuiteChange | None) -> list[Condition]:
    requirement, why = "A run requires an answer to every prompt.", "See the reason for each prompt."
    every = counted(len(suite.specs), "prompt")
    finding = f"Of {every}, {unanswered:,} have no answer." if unanswered else f"All of {every} have answers."
    found = [simply("answered", holds=not unanswered, requirement=requirement, finding=finding, why=why)]
    if suite.max_new_failures is not None and change is not None:
        lost = f"The number of prompts that passed in {change.run.folder} and fail now"
        found.append(condition("max_new_failures", len(change.lost), suite.max_new_failures, lost, WHOLES))
    return found


def _unanswered(study: StudyFile, suite: Suite, name: str) -> int:
    system = next(one for one in study.systems.all() if one.name == name)
    answered = {one.prompt for one in study.responses.all() if one.system == system.id}
    return len(suite.specs) - len(answered)


def suite_prompts(
    study: StudyFile, suite: Suite, name: str, progress: ProgressCallback
) -> tuple[SuitePrompt, ...]:
    found = {prompt.key: prompt for prompt in study_checks(study, progress).prompts}
    return tuple(_prompt(spec, found.get(spec.key), name) for spec in suite.checked)


def _prompt(spec: PromptSpec, prompt: CheckedPrompt | None, name: str) -> SuitePrompt:
    passed = {system: _passes(prompt, system) for system in (name, BASE, PROMPTED_BASE)}
    answers = prompt.evidence.get(name, ()) if prompt else ()
    why = tuple(dict.fromkeys(why for answer in answers for why in answer.why))
    missing = () if passed[name] else (NO_RESULT if answers else NO_ANSWER,)
    return SuitePrompt(
        id=spec.key,
        category=spec.category,
        passed=bool(passed[name]),
        failed=why or missing,
        base=passed[BASE],
        prompted_base=passed[PROMPTED_BASE],
    )


def _passes(prompt: CheckedPrompt | None, system: str) -> bool | None:
    answers = prompt.evidence.get(system) if prompt else None
    value = PASSED.value(answers) if answers else None
    return None if value is None else value == 1.0


def _change(prompts: tuple[SuitePrompt, ...], before: EarlierRun) -> SuiteChange:
    both = [prompt for prompt in prompts if prompt.id in before.passed]
    lost = tuple(prompt.id for prompt in both if before.passed[prompt.id] and not prompt.passed)
    gained = tuple(prompt.id for prompt in both if prompt.passed and not before.passed[prompt.id])
    then = {prompt.id: float(before.passed[prompt.id]) for prompt in both}
    test = mcnemar(then, {prompt.id: float(prompt.passed) for prompt in both})
    return SuiteChange(before.entry, len(both), lost, gained, test.p if test else None)


def read_earlier(folder: Path) -> EarlierRun:
    """Read a finished run. Raises ``suite-result``: there is none, or it cannot be read."""
    file = folder / RESULT
    if not file.is_file():
        what = "This folder holds no finished run of a fixed test set."
        raise UserError(what, where=printable(str(folder)), how="Name one that does.", code="suite-result")
    text = "".join(line for _, line in read_lines(file, max_bytes=MAX_RESULT_BYTES))
    try:
        document = cast("dict[str, Any]", parse(text, any_text=True))
        entry = read_record(FinishedRun, document["run"], at="run")
        passed = {str(one["prompt_id"]): one["passed"] is True for one in document["prompts"]}
        weights = {str(name): str(value) for name, value in document["weights"].items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        what = f"This is no result of a fixed test set's run: {printable(str(error))}"
        how = "Name the folder of another run."
        raise UserError(what, where=printable(str(file)), how=how, code="suite-result") from None
    return EarlierRun(entry, passed, weights)


def why_not_compared(suite: Suite, other: FinishedRun | None) -> str:
    """Why a run is not compared with the one before it; empty where it can be."""
    if other is None:
        return "It is the first run of this fixed test set here: there is none to compare with."
    changed = changed_words(other.digests, suite.digests)
    if not changed:
        return ""
    return f"It is not compared with {other.folder}: {changed} changed since."


def _weights(study: StudyFile) -> dict[str, str]:
    reports = newest_reports(read_runs(study.runs.all()))
    names = {str(system.id): system.name for system in study.systems.all()}
    return {names[key]: found.digest for key, found in reports.items() if key in names}


def _notes(study: StudyFile, weights: Mapping[str, str], before: EarlierRun | None) -> list[str]:
    found = []
    if before and before.weights.get(BASE, "") != weights.get(BASE, ""):
        found.append(f"The base's weights differ from those of {before.entry.folder}.")
    failures = study.responses.failures()
    keys = {prompt.id: prompt.spec.key for prompt in study.prompts.all()}
    found += [f"Prompt {keys.get(prompt, prompt)}: {why}" for prompt, why in failures.items()]
    return found
