"""Measures as JSON: means, differences, groups, and the values of prompts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ftcompare.app.measures.measure import AnyMeasure, AnyStudy, MeasuredPrompt
from ftcompare.core.hashing import Json, fields_json
from ftcompare.stats.paired_difference import PairedDifference, PromptMean

DIFFERENCE_FIELDS = ("mean_a", "mean_b", "difference")


def interval_json(estimate: PairedDifference | PromptMean | None, *names: str) -> dict[str, Json]:
    """Some fields of a mean or difference, and its interval; nulls without prompts."""
    return {
        **fields_json(estimate, "prompts", *names, "low", "high", "level"),
        "prompts": estimate.prompts if estimate else 0,
        "method": (estimate.method or None) if estimate else None,
    }


def difference_json(difference: PairedDifference | None) -> dict[str, Json]:
    return interval_json(difference, *DIFFERENCE_FIELDS)


def means_json(results: AnyStudy, system: str) -> dict[str, Json]:
    return {measure.id: results.mean(measure, system) for measure in results.measures}


def estimates_json(results: AnyStudy) -> list[Json]:
    return [
        {
            "system": system,
            "measures": [
                {"measure": measure.id, **interval_json(results.estimate(measure, system), "value")}
                for measure in results.measures
            ],
        }
        for system in results.systems
    ]


def differences_json(results: AnyStudy, *, tested: bool = True, every: bool = False) -> list[Json]:
    """The difference of each pair; ``tested`` adds McNemar's test, ``every`` measures without values."""
    return [
        {
            "measure": measure.id,
            "a": a,
            "b": b,
            **difference_json(results.difference(measure, a, b)),
            **({"mcnemar": _mcnemar_json(results, measure, a, b)} if tested else {}),
        }
        for a, b in results.pairs
        for measure in (results.measures if every else results.used)
    ]


def _mcnemar_json(results: AnyStudy, measure: AnyMeasure, a: str, b: str) -> Json:
    test = results.mcnemar(measure, a, b)
    return None if test is None else {"only_a": test.only_a, "only_b": test.only_b, "p": test.p}


def groups_json(
    results: AnyStudy,
    systems: Callable[[Any], list[Json]],
    *fields: str,
    tested: bool = True,
    every: bool = False,
) -> list[Json]:
    """The same of each group of prompts; ``systems`` makes the list of its systems."""
    return [
        {
            "field": field,
            "group": word,
            "systems": systems(own),
            "differences": differences_json(own, tested=tested, every=every),
        }
        for field, word, own in results.groups(*fields)
    ]


def listed_json(
    results: AnyStudy, listed: Callable[[str, str], tuple[MeasuredPrompt[Any], ...]]
) -> list[Json]:
    """For each pair of systems: the ids of the prompts that ``listed`` gives."""
    return [{"a": a, "b": b, "prompts": [prompt.key for prompt in listed(a, b)]} for a, b in results.pairs]


def prompts_json(
    results: AnyStudy,
    about: Callable[[MeasuredPrompt[Any], str], Mapping[str, Json]],
    *fields: str,
    every: bool = False,
) -> list[Json]:
    """Each prompt with its groups, and what ``about`` says of each system's answers to it.

    ``every``: also of systems without answers to it.
    """
    return [
        {
            "prompt_id": prompt.key,
            **{field: word for field, word in prompt.groups.items() if not fields or field in fields},
            "systems": [
                {"system": system, **about(prompt, system)}
                for system in (results.systems if every else prompt.evidence)
            ],
        }
        for prompt in results.prompts
    ]


def values_json(results: AnyStudy, prompt: MeasuredPrompt[Any], system: str) -> dict[str, Json]:
    return {m.id: results.values(m, system).get(prompt.id) for m in results.measures}


def measured_document(results: AnyStudy) -> dict[str, Json]:
    """The systems with their means, the difference of each pair, the groups, and each prompt."""

    def about(prompt: MeasuredPrompt[Any], system: str) -> dict[str, Json]:
        told = str(prompt.evidence[system]) if system in prompt.evidence else ""
        return {**values_json(results, prompt, system), "told": told}

    return {
        "systems": estimates_json(results),
        "differences": differences_json(results, every=True),
        "groups": groups_json(results, estimates_json, every=True),
        "prompts": prompts_json(results, about, every=True),
    }
