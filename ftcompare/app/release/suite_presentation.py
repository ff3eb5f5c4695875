"""A suite's run, and the runs of a suite, as lines, charts, JSON, and JUnit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from ftcompare.app.overwrite_guard import require_output
from ftcompare.app.release.gate_figures import GateFigure, Spread
from ftcompare.app.release.gate_report import gate_suites, report_json
from ftcompare.app.release.presentation import gate_lines, gate_verdict
from ftcompare.app.release.suite_file import BASE, PROMPTED_BASE, Suite
from ftcompare.app.release.suite_results import FORMAT, VERSION, SuiteChange, SuitePrompt, SuiteResult
from ftcompare.app.release.suite_run import FinishedRun, changed_words
from ftcompare.app.results.presentation.blocks import Explanation, Picture
from ftcompare.app.results.presentation.chart_data import CheckpointChart, CheckpointPoint
from ftcompare.app.results.presentation.number_format import p_equation, percent, range_words
from ftcompare.core.context import Expectation
from ftcompare.core.hashing import Json, fields_json
from ftcompare.core.plurals import counted
from ftcompare.core.recipe import RECIPE_FORM
from ftcompare.core.typed_json import record_json
from ftcompare.formats.junit import TestCase, TestSuite, write_junit

LISTED = 10
"""Number of prompts of a list that are shown individually."""


def suite_lines(results: SuiteResult) -> Iterator[str]:
    yield f"{results.suite.title}: {results.candidate} ({results.folder})"
    yield f"  {rate_line(results.entry)}"
    for name, passed in _beside(results):
        yield f"  {name}: passes {passed:,}"
    for figure in results.figures.values():
        values = [f"{name} {_value(figure, value)}" for name, value in figure.by_system.items()]
        yield f"  {figure.key}: {', '.join(values)}"
    if results.change is None:
        yield f"  {results.why_not}"
    else:
        yield from _change_lines(results, results.change)
    for note in results.notes:
        yield f"  Note: {note}"
    yield from gate_lines(results.report)
    yield f"  {gate_verdict(results.report)}"


def rate_line(run: FinishedRun) -> str:
    """``Passes 18 of 20 prompts with checks: 90% (95%: 70–97%)``."""
    if run.rate is None:
        return "No prompt has checks."
    told = f"Passes {run.passed:,} of {counted(run.prompts, 'prompt')} with checks"
    return f"{told}: {rate_words(run.rate, run.low, run.high)}"


def rate_words(value: float, low: float | None, high: float | None) -> str:
    """``90% (95%: 70–97%)``; without the interval where there is none."""
    ends = range_words(low, high)
    return f"{percent(value)} (95%: {ends})" if ends else percent(value)


def _beside(results: SuiteResult) -> Iterator[tuple[str, int]]:
    base = [prompt.base for prompt in results.prompts if prompt.base is not None]
    if base:
        yield BASE, sum(base)
    prompted = [prompt.prompted_base for prompt in results.prompts if prompt.prompted_base is not None]
    if prompted:
        yield PROMPTED_BASE, sum(prompted)


def _value(figure: GateFigure, value: Spread) -> str:
    if figure.share:
        return rate_words(value.value, value.low, value.high)
    ends = "" if value.low is None or value.high is None else f" (95%: {value.low:.4g} to {value.high:.4g})"
    return f"{value.value:.4g}{ends}"


def _change_lines(results: SuiteResult, change: SuiteChange) -> Iterator[str]:
    outcome = "passed" if change.run.holds else "did not pass"
    yield f"  Since {change.run.folder} ({change.run.candidate}, which {outcome}):"
    yield from _listed("passed before, fails now", change.lost, results)
    yield from _listed("failed before, passes now", change.gained, None)
    if change.p is not None:
        yield f"    McNemar's exact test over {counted(change.prompts, 'prompt')}: {p_equation(change.p)}"


def _listed(what: str, ids: Sequence[str], result: SuiteResult | None) -> Iterator[str]:
    yield f"    {what}: {len(ids):,}"
    why = {prompt.id: prompt.why for prompt in result.prompts} if result else {}
    for key in ids[:LISTED]:
        yield f"      {key}{': ' if key in why else ''}{why.get(key, '')}"
    if len(ids) > LISTED:
        yield f"      and {len(ids) - LISTED:,} more, listed in result.json"


def suite_told(suite: Suite) -> Iterator[str]:
    checked = len(suite.checked)
    yield f"{suite.title}: {counted(len(suite.specs), 'prompt')}, {checked:,} with checks; base {suite.base}"
    conditions = suite.gate.condition_count
    tiers = f" Tiers: {', '.join(suite.gate.tier_names)}." if suite.gate.tiers else ""
    yield f"The release check has {counted(conditions, 'condition')}.{tiers}"
    yield from _missing(suite, checked)


def _missing(suite: Suite, checked: int) -> Iterable[str]:
    """Warnings about what a suite lacks."""
    keys = {spec.key for spec in suite.checked}
    unsure = sum(1 for spec in suite.specs if spec.expects is Expectation.ANSWER and spec.key not in keys)
    if unsure:
        yield (
            f"Not counted: {counted(unsure, 'prompt')} with “expects: answer” and no reference or check "
            "of the answer's content. Not declining does not make an answer right."
        )
    if not checked:
        yield "Note: no prompt has checks, so nothing is compared between runs."
    if suite.max_new_failures is None and not suite.gate.asks:
        yield "Note: the release check has no conditions, so every run passes."
    if suite.settings.temperature > 0 and suite.max_new_failures == 0:
        yield "Note: at a temperature above 0 a prompt may fail by chance, and max_new_failures is 0."


DATE = len("2026-11-20")


def suite_chart(runs: Iterable[FinishedRun]) -> CheckpointChart:
    """Those with checks, in their order; a run that did not hold its gate says so by its name."""
    return CheckpointChart(
        tuple(
            CheckpointPoint(
                (run.candidate if run.holds else f"{run.candidate} (failed)"),
                run.rate,
                run.low,
                run.high,
                run.prompts,
            )
            for run in runs
            if run.rate is not None
        ),
        even_words="half of the prompts",
    )


def suite_picture(runs: Sequence[FinishedRun]) -> Picture | None:
    """The chart with how it comes about; None where no run has prompts with checks."""
    chart = suite_chart(runs)
    if not chart.points:
        return None
    title = "Prompts passed"
    rule = (
        "Each point is the share of a run's prompts with checks on which all answers of the adapter pass all "
        "checks. Its 95% interval is over prompts: for prompts like these. Failed runs are labeled.",
        "Runs with other prompts or settings cannot be compared. The lines below the chart show where "
        "they changed.",
    )
    method = "t over prompts and two more, one of 0 and one of 1"
    return Picture(chart, "", title, Explanation(title, rule, method))


def suite_run_lines(runs: Sequence[FinishedRun]) -> Iterator[str]:
    """Two lines a run; before one with other prompts or settings, that its share is on another scale."""
    before: FinishedRun | None = None
    for run in runs:
        changed = changed_words(before.digests, run.digests) if before else ""
        if changed:
            yield f"Note: {changed} changed here, so shares before and after cannot be compared."
        yield f"{run.candidate} in {run.suite} ({run.folder}), {run.at[:DATE]}: {outcome(run)}"
        yield f"  {rate_line(run)}"
        before = run


def outcome(run: FinishedRun) -> str:
    of = f" (tier {run.tier})" if run.tier else ""
    return f"release check {'passed' if run.holds else 'failed'}{of}"


def suite_runs_json(runs: Iterable[FinishedRun]) -> list[Json]:
    return [{**asdict(run), "rate": run.rate} for run in runs]


JUNIT_NAME = "ftcompare suite"


def suite_json(results: SuiteResult) -> dict[str, Json]:
    """The document of ``suite run --json`` and of ``result.json`` in the run's folder."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "holds": results.report.holds,
        "run": asdict(results.entry),
        "adapter_files": results.files,
        "weights": dict(results.weights),
        "recipe": record_json(results.suite.recipe, RECIPE_FORM),
        "asked": results.asked,
        "gate": report_json(results.report),
        "change": None if results.change is None else _change_json(results.change),
        "not_compared": results.why_not or None,
        "notes": list(results.notes),
        "measures": [_figure_json(figure) for figure in results.figures.values()],
        "prompts": [_prompt_json(prompt) for prompt in results.prompts],
    }


def _change_json(change: SuiteChange) -> Json:
    lists = {"passed_before_fails_now": "lost", "failed_before_passes_now": "gained"}
    return {
        **fields_json(change.run, run="folder", candidate="candidate", at="at", held="holds"),
        **fields_json(change, "prompts", **lists, mcnemar_p="p"),
    }


def _figure_json(figure: GateFigure) -> Json:
    return {
        **fields_json(figure, "key", "name", "higher_is_better"),
        "systems": [{"system": name, **asdict(value)} for name, value in figure.by_system.items()],
    }


def _prompt_json(prompt: SuitePrompt) -> Json:
    bases = {BASE: "base", PROMPTED_BASE.replace(" ", "_"): "prompted_base"}
    return fields_json(prompt, prompt_id="id", category="category", passed="passed", failed="failed", **bases)


def suite_cases(results: SuiteResult) -> tuple[TestSuite, ...]:
    """The conditions, then the prompts; there are failures exactly where the run does not hold.

    A prompt fails if it passed in the run before and too many such are lost, else by the conditions.
    """
    conditions = results.report.conditions
    too_many = any(one.name == "max_new_failures" and not one.holds for one in conditions)
    lost = set(results.change.lost) if results.change and too_many else set()
    prompts = tuple(_case(results, prompt, failed=prompt.id in lost) for prompt in results.prompts)
    return (*gate_suites([results.report]), TestSuite(f"Prompts of {results.suite.title}", prompts))


def _case(results: SuiteResult, prompt: SuitePrompt, *, failed: bool) -> TestCase:
    group = ".".join(filter(None, ("ftcompare.suite", prompt.category)))
    return TestCase(prompt.id, group, " ".join(_case_words(results, prompt)), failed=failed)


def _case_words(results: SuiteResult, prompt: SuitePrompt) -> Iterator[str]:
    yield "It passes its checks." if prompt.passed else f"It fails: {prompt.why}."
    if results.change and prompt.id in results.change.lost:
        yield f"It passed in the run of folder {results.change.run.folder}."
    if results.change and prompt.id in results.change.gained:
        yield f"It failed in the run of folder {results.change.run.folder}."


def write_suite_junit(path: Path, results: SuiteResult, *, replace: bool = True) -> None:
    require_output(path, replace=replace)
    write_junit(path, suite_cases(results), name=JUNIT_NAME, replace=replace)
