"""A run of a suite in lines of text: what passed, what changed, and whether the gate holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ftcompare.app.release.gate_figures import GateFigure, Spread
from ftcompare.app.release.presentation import condition_mark, gate_verdict
from ftcompare.app.release.suite_file import BASE, PROMPTED_BASE, Suite
from ftcompare.app.release.suite_ledger import FinishedRun
from ftcompare.app.release.suite_results import SuiteChange, SuiteResult
from ftcompare.app.results.presentation.number_format import p_equation, percent, range_words
from ftcompare.core.context import Expectation
from ftcompare.core.plurals import counted

LISTED = 10
"""Prompts of a list that are told one by one."""


def suite_lines(found: SuiteResult) -> Iterator[str]:
    """What ``suite run`` prints."""
    yield f"{found.suite.title}: {found.candidate} ({found.folder})"
    yield f"  {rate_line(found.entry)}"
    for name, passed in _beside(found):
        yield f"  {name}: passes {passed:,}"
    yield from _measure_lines(found)
    if found.change is None:
        yield f"  {found.why_not}"
    else:
        yield from _change_lines(found, found.change)
    for note in found.notes:
        yield f"  Note: {note}"
    yield from _gate_lines(found)


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


def _beside(found: SuiteResult) -> Iterator[tuple[str, int]]:
    base = [prompt.base for prompt in found.prompts if prompt.base is not None]
    if base:
        yield BASE, sum(base)
    prompted = [prompt.prompted_base for prompt in found.prompts if prompt.prompted_base is not None]
    if prompted:
        yield PROMPTED_BASE, sum(prompted)


def _measure_lines(found: SuiteResult) -> Iterator[str]:
    for figure in found.figures.values():
        values = [f"{name} {_value(figure, value)}" for name, value in figure.by_system.items()]
        yield f"  {figure.key}: {', '.join(values)}"


def _value(figure: GateFigure, value: Spread) -> str:
    if figure.share:
        return rate_words(value.value, value.low, value.high)
    ends = "" if value.low is None or value.high is None else f" (95%: {value.low:.4g} to {value.high:.4g})"
    return f"{value.value:.4g}{ends}"


def _change_lines(found: SuiteResult, change: SuiteChange) -> Iterator[str]:
    outcome = "passed" if change.run.holds else "did not pass"
    yield f"  Since {change.run.folder} ({change.run.candidate}, which {outcome}):"
    yield from _listed("passed before, fails now", change.lost, found)
    yield from _listed("failed before, passes now", change.gained, None)
    if change.p is not None:
        yield f"    McNemar's exact test over {counted(change.prompts, 'prompt')}: {p_equation(change.p)}"


def _listed(what: str, ids: Sequence[str], found: SuiteResult | None) -> Iterator[str]:
    """With the reasons, where what failed is told."""
    yield f"    {what}: {len(ids):,}"
    why = {prompt.id: prompt.why for prompt in found.prompts} if found else {}
    for key in ids[:LISTED]:
        yield f"      {key}{': ' if key in why else ''}{why.get(key, '')}"
    if len(ids) > LISTED:
        yield f"      and {len(ids) - LISTED:,} more"


def _gate_lines(found: SuiteResult) -> Iterator[str]:
    report = found.report
    for tier in ("", *report.tiers):
        if tier:
            yield f"  Tier {tier}: {'holds' if report.tier_holds(tier) else 'does not hold'}"
        for one in report.conditions:
            if one.tier == tier:
                yield f"  {condition_mark(one):<7} {one.name}: {one.words}"
    yield f"  {gate_verdict(report)}"


def suite_told(suite: Suite) -> Iterator[str]:
    """What ``suite check`` prints of a file that can be run."""
    checked = len(suite.checked)
    yield f"{suite.title}: {counted(len(suite.specs), 'prompt')}, {checked:,} with checks; base {suite.base}"
    conditions = suite.gate.asked
    tiers = f" Tiers: {', '.join(suite.gate.tier_names)}." if suite.gate.tiers else ""
    yield f"The gate has {counted(conditions, 'condition')}.{tiers}"
    yield from _missing(suite, checked)


def _missing(suite: Suite, checked: int) -> Iterable[str]:
    """What a suite can do without, and most likely should not."""
    keys = {spec.key for spec in suite.checked}
    unsure = sum(1 for spec in suite.specs if spec.expects is Expectation.ANSWER and spec.key not in keys)
    if unsure:
        yield (
            f"Not counted: {counted(unsure, 'prompt')} with “expects: answer” and no reference or check "
            "of the answer's content. Not declining does not make an answer right."
        )
    if not checked:
        yield "Note: no prompt has checks, so that nothing is compared from run to run."
    if suite.max_new_failures is None and not suite.gate.asks:
        yield "Note: nothing is asked of a run, so that every run passes."
    if suite.settings.temperature > 0 and suite.max_new_failures == 0:
        yield "Note: at a temperature above 0 a prompt may fail by chance, and max_new_failures is 0."
