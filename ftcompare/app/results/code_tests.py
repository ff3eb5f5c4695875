"""How often the code of systems passes the tests of its prompts: pass@k."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ftcompare.app.generate.code_run import code_prompts, digest_of_tests
from ftcompare.app.results.over_all_systems import over_all_systems
from ftcompare.app.results.prompt_measures import (
    PromptMeasure,
    PromptMeasures,
    measured_prompt,
    measures_json,
)
from ftcompare.app.study.shown_names import system_names
from ftcompare.core.code_tests import CodeOutcome
from ftcompare.core.disclosure import Subject
from ftcompare.core.hashing import Json
from ftcompare.core.study import PromptId, ResponseId, SystemId
from ftcompare.stats.pass_at_k import pass_at_k
from ftcompare.store.records import CodeResult
from ftcompare.store.study.study_file import StudyFile

AT_1, AT_K = "pass_at_1", "pass_at_k"
"""Ids of the measures pass@1 and pass@k, where k is the smallest number of samples of any prompt."""

_BySystem = Mapping[SystemId, tuple[CodeResult, ...]]


@dataclass(frozen=True, slots=True)
class StudyCode:
    """The code results of all systems.

    Args:
        found: pass@k by prompt.
        outcomes: number of answers with each outcome, by system name.
        prompts: number of prompts with tests for code.
    """

    found: PromptMeasures = field(default_factory=PromptMeasures)
    outcomes: Mapping[str, Mapping[CodeOutcome, int]] = field(default_factory=dict)
    prompts: int = 0


@dataclass(frozen=True, slots=True)
class CodeTotals:
    """Code results pooled over all systems, which may be shown while a study is blinded.

    Args:
        prompts: number of prompts with tests for code.
        answers: number of answers that have a result; an answer without code has one, too.
        passed: number of these that pass.
        values: pass@1 of each prompt over all systems, for prompts where all systems have results.
    """

    prompts: int
    answers: int
    passed: int
    values: Mapping[PromptId, float]


def code_told(study: StudyFile, ks: Collection[int] = ()) -> StudyCode | CodeTotals:
    """The results by system, or pooled over all systems while the study is blinded."""
    tells = study.settings.read().disclosure.tells(Subject.AUTOMATIC_MEASURES)
    return study_code(study, ks) if tells else code_totals(study)


def study_code(study: StudyFile, ks: Collection[int] = ()) -> StudyCode:
    """Compute pass@1, and pass@k where there are several samples.

    Args:
        study: a study whose code was run with `run_code_tests`.
        ks: values of k; by default the smallest number of samples of any prompt. pass@k is not defined for
            prompts with fewer than k samples.

    Raises:
        UserError: ``still-blinded``.
    """
    study.settings.read().disclosure.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    names, results = system_names(study), _results(study)
    measures = _measures(results.values(), ks)
    specs = {prompt.id: prompt for prompt in study.prompts.all()}
    prompts, outcomes = [], defaultdict[str, Counter[CodeOutcome]](Counter)
    for key, own in results.items():
        values: dict[str, dict[str, float]] = {measure.id: {} for measure, _ in measures}
        told = {}
        for system, answers in own.items():
            passed = sum(_passed(one) for one in answers)
            outcomes[names[system]].update(CodeOutcome(one.outcome) for one in answers)
            for measure, k in measures:
                if k <= len(answers):
                    values[measure.id][names[system]] = pass_at_k(len(answers), passed, k)
            told[names[system]] = _words(answers, passed)
        prompts.append(measured_prompt(specs[key], values, told))
    systems = tuple(name for name in names.values() if name in outcomes)
    found = PromptMeasures(tuple(measure for measure, _ in measures), systems, tuple(prompts))
    return StudyCode(found, {s: dict(outcomes[s]) for s in systems}, len(code_prompts(study)))


def code_totals(study: StudyFile) -> CodeTotals:
    """The code results pooled over all systems; they reveal nothing about a single system."""
    results = _results(study)
    every = [one for own in results.values() for answers in own.values() for one in answers]
    by_system = [
        {p: sum(map(_passed, own[s])) / len(own[s]) for p, own in results.items() if s in own}
        for s in system_names(study)
    ]
    passed = sum(map(_passed, every))
    return CodeTotals(len(code_prompts(study)), len(every), passed, over_all_systems(by_system))


def _passed(result: CodeResult) -> bool:
    return result.outcome == CodeOutcome.PASSED


def _words(answers: tuple[CodeResult, ...], passed: int) -> str:
    """How many samples pass, and the error of the first that fails."""
    wrong = next((one for one in answers if not _passed(one)), None)
    why = "" if wrong is None else ": ".join(filter(None, (wrong.outcome, wrong.detail)))
    return "; ".join(filter(None, (f"{passed} of {len(answers)} pass", why)))


def _results(study: StudyFile) -> dict[PromptId, _BySystem]:
    """Results of the prompts' current tests, one for each answer; of several tests, a failed one counts."""
    asked = code_prompts(study)
    wanted = {prompt: {digest_of_tests(one) for one in tests} for prompt, tests in asked.items()}
    by_response: defaultdict[ResponseId, dict[str, CodeResult]] = defaultdict(dict)
    for result in study.code_results.all():
        by_response[result.response][result.tests] = result
    found: defaultdict[PromptId, defaultdict[SystemId, list[CodeResult]]]
    found = defaultdict(lambda: defaultdict(list))
    for response in study.responses.all() if by_response else ():
        tests = wanted.get(response.prompt, set())
        own = [one for key, one in by_response.get(response.id, {}).items() if key in tests]
        if tests and len(own) == len(tests):
            found[response.prompt][response.system].append(next((o for o in own if not _passed(o)), own[0]))
    return {p: {s: tuple(own) for s, own in found[p].items()} for p in asked if p in found}


def _measures(results: Collection[_BySystem], ks: Collection[int]) -> tuple[tuple[PromptMeasure, int], ...]:
    """pass@1 and pass@k, each with its k."""
    samples = [len(answers) for own in results for answers in own.values()]
    if not samples:
        return ()
    several = max(samples) > 1
    made = [(PromptMeasure(AT_1, "pass@1", whole=not several), 1)]
    for k in sorted(set(ks) or {min(samples)}):
        if k > 1:
            key = AT_K if not ks else f"pass_at_{k}"
            made.append((PromptMeasure(key, f"pass@{k}", whole=False), k))
    return tuple(made)


def totals_json(found: CodeTotals) -> dict[str, Json]:
    """The JSON form while the study is blinded."""
    return {"blinded": True, "prompts": found.prompts, "answers": found.answers, "passed": found.passed}


def code_json(found: StudyCode) -> dict[str, Json]:
    """The JSON form after unblinding: pass@k, and the outcomes of the answers."""
    return {
        "blinded": False,
        "prompts_with_tests": found.prompts,
        **measures_json(found.found),
        "outcomes": [
            {"system": system, **{one.value: counts.get(one, 0) for one in CodeOutcome}}
            for system, counts in found.outcomes.items()
        ],
    }
