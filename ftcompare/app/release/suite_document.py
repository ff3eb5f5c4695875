"""A suite's run for machines: its result as JSON, and as JUnit XML for the servers that build and test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from ftcompare.app.overwrite_guard import require_output
from ftcompare.app.release.gate_figures import GateFigure
from ftcompare.app.release.gate_report import gate_suites, report_json
from ftcompare.app.release.suite_file import BASE, PROMPTED_BASE
from ftcompare.app.release.suite_results import FORMAT, VERSION, SuiteChange, SuitePrompt, SuiteResult
from ftcompare.core.hashing import Json
from ftcompare.core.recipe import recipe_json
from ftcompare.formats.junit import TestCase, TestSuite, write_junit

JUNIT_NAME = "ftcompare suite"


def suite_json(found: SuiteResult) -> dict[str, Json]:
    """The document of ``suite run --json`` and of ``result.json`` in the run's folder."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "holds": found.report.holds,
        "run": asdict(found.entry),
        "adapter_files": found.files,
        "weights": dict(found.weights),
        "recipe": recipe_json(found.suite.recipe),
        "asked": found.asked,
        "gate": report_json(found.report),
        "change": None if found.change is None else _change_json(found.change),
        "not_compared": found.why_not or None,
        "notes": list(found.notes),
        "measures": [_figure_json(figure) for figure in found.figures.values()],
        "prompts": [_prompt_json(prompt) for prompt in found.prompts],
    }


def _change_json(change: SuiteChange) -> Json:
    return {
        "run": change.run.folder,
        "candidate": change.run.candidate,
        "at": change.run.at,
        "held": change.run.holds,
        "prompts": change.prompts,
        "passed_before_fails_now": list(change.lost),
        "failed_before_passes_now": list(change.gained),
        "mcnemar_p": change.p,
    }


def _figure_json(figure: GateFigure) -> Json:
    return {
        "key": figure.key,
        "name": figure.name,
        "higher_is_better": figure.higher_is_better,
        "systems": [{"system": name, **asdict(value)} for name, value in figure.by_system.items()],
    }


def _prompt_json(prompt: SuitePrompt) -> Json:
    return {
        "prompt_id": prompt.id,
        "category": prompt.category,
        "passed": prompt.passed,
        "failed": list(prompt.failed),
        BASE: prompt.base,
        PROMPTED_BASE.replace(" ", "_"): prompt.prompted_base,
    }


# --- JUnit -------------------------------------------------------------------------------------------


def suite_cases(found: SuiteResult) -> tuple[TestSuite, ...]:
    """The conditions, then the prompts. There are failures exactly where the run does not hold.

    A prompt fails where it passed in the run before and too many such are lost. One that failed before, too,
    or in the first run, is told in its words: what a release must reach is said by the conditions.
    """
    lost = set(found.change.lost) if found.change and _too_many_lost(found) else set()
    prompts = tuple(_case(found, prompt, failed=prompt.id in lost) for prompt in found.prompts)
    return (*gate_suites([found.report]), TestSuite(f"Prompts of {found.suite.title}", prompts))


def _too_many_lost(found: SuiteResult) -> bool:
    return any(one.name == "max_new_failures" and not one.holds for one in found.report.conditions)


def _case(found: SuiteResult, prompt: SuitePrompt, *, failed: bool) -> TestCase:
    group = ".".join(filter(None, ("ftcompare.suite", prompt.category)))
    return TestCase(prompt.id, group, " ".join(_case_words(found, prompt)), failed=failed)


def _case_words(found: SuiteResult, prompt: SuitePrompt) -> Iterator[str]:
    yield "It passes its checks." if prompt.passed else f"It fails: {prompt.why}."
    if found.change and prompt.id in found.change.lost:
        yield f"It passed in the run of folder {found.change.run.folder}."
    if found.change and prompt.id in found.change.gained:
        yield f"It failed in the run of folder {found.change.run.folder}."


def write_suite_junit(path: Path, found: SuiteResult, *, replace: bool = True) -> None:
    """Write ``junit.xml``.

    Raises:
        UserError, EnvironmentFault: as `require_output` and `write_junit`.
    """
    require_output(path, replace=replace)
    write_junit(path, suite_cases(found), name=JUNIT_NAME, replace=replace)
