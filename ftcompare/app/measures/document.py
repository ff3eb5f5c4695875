"""Measures as JSON: means, differences, groups, and the values of prompts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ftcompare.app.measures.measure import AnyMeasure, AnyStudy, MeasuredPrompt
from ftcompare.core.hashing import Json, fields_json
from ftcompare.stats.paired_difference import PairedDifference

DIFFERENCE_FIELDS = ("prompts", "mean_a", "mean_b", "difference", "low", "high", "level")
ESTIMATE_FIELDS = ("prompts", "value", "low", "high", "level")


def difference_json(difference: PairedDifference | None) -> dict[str, Json]:
    """A paired difference; nulls where no prompt has values of both systems."""
    method = (difference.method or None) if difference else None
    return {
        **fields_json(difference, *DIFFERENCE_FIELDS),
        "prompts": difference.prompts if difference else 0,
        "method": method,
    }


def means_json(results: AnyStudy, system: str) -> dict[str, Json]:
    return {measure.id: results.mean(measure, system) for measure in results.measures}


def estimates_json(results: AnyStudy) -> list[Json]:
    return [
        {
            "system": system,
            "measures": [_estimate_json(results, measure, system) for measure in results.measures],
        }
        for system in results.systems
    ]


def _estimate_json(results: AnyStudy, measure: AnyMeasure, system: str) -> Json:
    mean = results.estimate(measure, system)
    return {
        "measure": measure.id,
        **fields_json(mean, *ESTIMATE_FIELDS),
        "prompts": mean.prompts if mean else 0,
        "method": (mean.method or None) if mean else None,
    }


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
    results: AnyStudy, about: Callable[[MeasuredPrompt[Any], str], Mapping[str, Json]], *fields: str
) -> list[Json]:
    """Each prompt with its groups, and what ``about`` says of each system's answers to it."""
    return [
        {
            "prompt_id": prompt.key,
            **{field: word for field, word in prompt.groups.items() if not fields or field in fields},
            "systems": [{"system": system, **about(prompt, system)} for system in prompt.evidence],
        }
        for prompt in results.prompts
    ]


def values_json(results: AnyStudy, prompt: MeasuredPrompt[Any], system: str) -> dict[str, Json]:
    return {m.id: results.values(m, system).get(prompt.id) for m in results.measures}


def measured_document(results: AnyStudy) -> dict[str, Json]:
    """The systems with their means, the difference of each pair, the groups, and each prompt."""
    return {
        "systems": estimates_json(results),
        "differences": differences_json(results, every=True),
        "groups": groups_json(results, estimates_json, every=True),
        "prompts": [
            {
                "prompt_id": prompt.key,
                **prompt.groups,
                "systems": [
                    {
                        "system": system,
                        **values_json(results, prompt, system),
                        "told": str(prompt.evidence[system]) if system in prompt.evidence else "",
                    }
                    for system in results.systems
                ],
            }
            for prompt in results.prompts
        ],
    }
