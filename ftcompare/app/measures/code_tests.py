"""How often the code of systems passes the tests of its prompts: pass@k."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ftcompare.app.generate import code_run
from ftcompare.app.measures import kind
from ftcompare.app.measures.blocks import DIFFERENCE_RULE, MCNEMAR_RULE, pair_answer_blocks, systems_table
from ftcompare.app.measures.document import measured_document
from ftcompare.app.measures.measure import Measure, MeasuredStudy, SharedTexts
from ftcompare.app.measures.runs import AskedConsent, MeasureRun, RunLeft, utc_now
from ftcompare.app.results.presentation import blocks
from ftcompare.app.results.presentation.number_format import name, percent
from ftcompare.app.study.kept_findings import kept_until_changed
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.core.hashing import Json
from ftcompare.core.language import N_, counted, decimal, tr, trn
from ftcompare.core.prompt_check import CodeOutcome
from ftcompare.core.study import PromptId, ResponseId, SystemId
from ftcompare.stats.correctness import pass_at_k
from ftcompare.store.records import CodeResult
from ftcompare.store.study.study_file import StudyFile

TITLE = N_("Code that passes its tests")
GROUP = kind.MeasureGroup("code", TITLE, 4, "ftcompare measures code STUDY")
AT_1, AT_K = "pass_at_1", "pass_at_k"
"""Ids of the measures pass@1 and pass@k, where k is the smallest number of samples of any prompt."""
RULE = N_(
    "The first Python block of an answer, or the whole answer if it has no block, is run with the tests "
    "of its prompt. Of n samples of which c pass, pass@k = 1 − C(n − c, k) / C(n, k) is the probability "
    "that one of k samples passes. The figure is the mean over prompts."
)
LIMITS = N_(
    "Tests show only that code does what they ask. Code can be written to deceive them. Code that needs "
    "the network, files, other processes, or installed packages fails here."
)
TEXTS = SharedTexts("code", TITLE, DIFFERENCE_RULE, (LIMITS,), MCNEMAR_RULE)
BEGIN = N_(
    "No prompt has tests for code. In the prompts file, add a check such as "
    '{"python_tests": "assert add(2, 3) == 5"}. Then click “Run the code” on Results → Automatic.'
)
NOT_RUN = N_("No code has been run yet. Click “Run the code” on Results → Automatic.")
WAITS = N_("Prompts have tests for code. They can be run as soon as these prompts have answers.")
OF_ALL_TOGETHER = N_(
    "Still blinded: this figure combines all systems. Whose code passes is shown after unblinding."
)
OUTCOMES: Mapping[CodeOutcome, str] = {
    CodeOutcome.PASSED: N_("Passed"),
    CodeOutcome.FAILED: N_("Failed"),
    CodeOutcome.ERROR: N_("Error"),
    CodeOutcome.TIME: N_("Time"),
    CodeOutcome.MEMORY: N_("Memory"),
    CodeOutcome.NO_CODE: N_("No code"),
}
WHY: Mapping[str, str] = {
    CodeOutcome.FAILED: N_("failed"),
    CodeOutcome.ERROR: N_("error"),
    CodeOutcome.TIME: N_("time"),
    CodeOutcome.MEMORY: N_("memory"),
    CodeOutcome.NO_CODE: N_("no_code"),
}
"""The outcomes of code that does not pass, before their details."""


@dataclass(frozen=True, slots=True)
class RunCode:
    """The code of a system's answers to one prompt, after its tests were run."""

    results: tuple[CodeResult, ...]  # one for each answer; of several tests, a failed one counts

    @property
    def passed(self) -> int:
        return sum(map(_passed, self.results))

    def __str__(self) -> str:
        wrong = next((one for one in self.results if not _passed(one)), None)
        passed = tr("{passed} of {all} pass", self.passed, len(self.results))
        why = "" if wrong is None else ": ".join(filter(None, (tr(WHY[wrong.outcome]), wrong.detail)))
        return "; ".join(filter(None, (passed, why)))


def _passed(result: CodeResult) -> bool:
    return result.outcome == CodeOutcome.PASSED


@dataclass(frozen=True, slots=True)
class StudyCode(MeasuredStudy[RunCode]):
    texts: SharedTexts = TEXTS
    with_tests: int = 0  # number of prompts with tests for code

    def outcomes(self, system: str) -> Counter[CodeOutcome]:
        return Counter(CodeOutcome(one.outcome) for own in self.evidence(system) for one in own.results)


@dataclass(frozen=True, slots=True)
class CodeTotals:
    """Code results pooled over all systems, which may be shown while a study is blinded."""

    prompts: int  # number of prompts with tests for code
    answers: int  # number of answers that have a result; an answer without code has one, too
    passed: int  # number of these that pass


@kept_until_changed
def study_code(
    study: StudyFile, _progress: ProgressCallback = ignore_progress, *, ks: tuple[int, ...] = ()
) -> StudyCode:
    """Compute pass@1, and pass@k where there are several samples. Raises ``still-blinded``.

    ``ks`` has the values of k; by default the smallest number of samples of any prompt. pass@k is not defined
    for prompts with fewer than k samples.
    """
    kind.require_measures_told(study)
    return _run(study, ks).measured


def code_totals(study: StudyFile, _progress: ProgressCallback = ignore_progress) -> CodeTotals:
    """The code results pooled over all systems; they reveal nothing about a single system."""
    found = _run(study, ())
    every = [own for prompt in found.prompts for own in prompt.evidence.values()]
    answers, passed = sum(len(own.results) for own in every), sum(own.passed for own in every)
    return CodeTotals(found.with_tests, answers, passed)


def _run(study: StudyFile, ks: Collection[int]) -> StudyCode:
    evidence = _results(study)
    samples = [len(one.results) for own in evidence.values() for one in own.values()]
    with_tests = len(code_run.code_prompts(study))
    return StudyCode.of(study, evidence, measures=_measures(samples, ks), with_tests=with_tests)


def _results(study: StudyFile) -> dict[PromptId, dict[SystemId, RunCode]]:
    """Results of the prompts' current tests, one for each answer; of several tests, a failed one counts."""
    asked = code_run.code_prompts(study)
    wanted = {prompt: {code_run.digest_of_tests(one) for one in tests} for prompt, tests in asked.items()}
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
    return {p: {s: RunCode(tuple(own)) for s, own in by.items()} for p, by in found.items()}


def _measures(samples: Collection[int], ks: Collection[int]) -> tuple[Measure[RunCode], ...]:
    """pass@1, and pass@k for each other k; none without results."""
    if not samples:
        return ()
    further = (k for k in sorted(set(ks) or {min(samples)}) if k > 1)
    return (
        _pass_at(1, AT_1, whole=max(samples) == 1),
        *(_pass_at(k, f"pass_at_{k}" if ks else AT_K) for k in further),
    )


def _pass_at(k: int, key: str, *, whole: bool = False) -> Measure[RunCode]:
    def value(code: RunCode) -> float | None:
        samples = len(code.results)
        return pass_at_k(samples, code.passed, k) if k <= samples else None

    plain = trn("Solved in {number} (try|tries)", k)
    return Measure[RunCode](
        key, f"pass@{k}", value, rules=(RULE,), source="Chen et al. 2021", whole=whole, plain=plain
    )


def totals_json(totals: CodeTotals) -> dict[str, Json]:
    return {"blinded": True, "prompts": totals.prompts, "answers": totals.answers, "passed": totals.passed}


def code_json(results: StudyCode) -> dict[str, Json]:
    outcomes = ((system, results.outcomes(system)) for system in results.systems)
    return {
        "blinded": False,
        "prompts_with_tests": results.with_tests,
        **measured_document(results),
        "outcomes": [
            {"system": system, **{one.value: counts[one] for one in CodeOutcome}}
            for system, counts in outcomes
        ],
    }


def total_blocks(totals: CodeTotals) -> Iterator[blocks.Block]:
    yield blocks.Paragraph(tr(OF_ALL_TOGETHER), blocks.Tone.NOTE)
    if not totals.answers:
        yield blocks.Paragraph(GROUP.with_command(tr(NOT_RUN if totals.prompts else BEGIN)))
        return
    share = percent(totals.passed / totals.answers)
    yield blocks.Paragraph(
        tr(
            "The code of {passed} of {answers} passes its tests ({share}).",
            totals.passed,
            counted(totals.answers, "answer"),
            share,
        )
    )


def code_blocks(results: StudyCode) -> Iterator[blocks.Block]:
    if not results.prompts:
        yield blocks.Paragraph(GROUP.with_command(tr(NOT_RUN if results.with_tests else BEGIN)))
        return
    yield systems_table(results, RULE)
    yield blocks.Paragraph(tr(RULE), blocks.Tone.NOTE)
    yield blocks.Paragraph(tr(LIMITS), blocks.Tone.NOTE)
    yield outcomes_table(results)


def outcomes_table(results: StudyCode) -> blocks.Table:
    counts = {system: results.outcomes(system) for system in results.systems}
    rows = tuple((name(system), *(decimal(own[one]) for one in OUTCOMES)) for system, own in counts.items())
    columns = (blocks.Column(tr("System"), 2), *blocks.number_columns(*map(tr, OUTCOMES.values())))
    return blocks.Table(tr("Answers, by the result of their code"), columns, rows)


def _waits(study: StudyFile) -> str:
    if not code_run.code_prompts(study):
        return ""
    return tr(NOT_RUN if code_run.code_to_run(study) else WAITS)


def _left(study: StudyFile) -> RunLeft:
    if not code_run.code_prompts(study):
        return RunLeft(0, f"{tr(code_run.NO_TESTS)}.")
    count = len(code_run.code_to_run(study))
    if not count:
        return RunLeft(0, tr("The code of every answer was run."))
    return RunLeft(count, trn("code of {number} (answer|answers) to run", count))


RUN_CODE = MeasureRun(
    key="run-code",
    title=N_("Run the code"),
    does=N_("Runs the code of answers with the tests of their prompts, isolated from this machine."),
    left=_left,
    work=lambda study, _answers, progress: code_run.run_code_tests(study, progress, clock=utc_now).words,
    asks=(
        AskedConsent(
            N_("Run code that models wrote?"),
            code_run.WHAT_IS_RUN,
            N_("Run the code"),
            code_run.code_is_agreed,
            lambda study: code_run.agree_to_code(study, now=utc_now()),
        ),
    ),
)


def _details(study: StudyFile, progress: ProgressCallback) -> tuple[blocks.Section, ...]:
    found = study_code(study, progress)
    return (blocks.Section("code", tr(TITLE), (outcomes_table(found),)),) if found.prompts else ()


RESULTS = kind.KindResults[StudyCode](
    "code",
    TITLE,
    study_code,
    code_blocks,
    pair_answer_blocks,
    code_json,
    kind.PooledTotals(code_totals, total_blocks, totals_json),
)
KIND = kind.MeasureKind(
    GROUP,
    BEGIN,
    lambda study, progress: kind.measured_rows(GROUP, study_code(study, progress)),
    lambda study, _progress: kind.pooled_rows(GROUP, _run(study, (1,))),
    tuple(f"{TEXTS.key}.{end}" for end in (AT_1, AT_K)),
    _details,
    _waits,
    runs=(RUN_CODE,),
    results=RESULTS,
)
