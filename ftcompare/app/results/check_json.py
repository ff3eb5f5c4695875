"""The document of ``checks --json``."""

from __future__ import annotations

from ftcompare.app.results.checks import CHECK_MEASURES, CheckedPrompt, CheckMeasure, CheckTotals, StudyChecks
from ftcompare.app.results.consistency import difference_json
from ftcompare.core.hashing import Json
from ftcompare.stats.classification import Classification


def totals_json(found: CheckTotals) -> dict[str, Json]:
    """The document while the study is blinded: totals over all systems."""
    return {
        "blinded": True,
        "prompts": found.prompts,
        "answers": found.answers,
        "passed": found.passed,
        "by_check": {kind.value: _passed(counts) for kind, counts in found.by_kind.items()},
        "measures": {one.id: {"mean": mean, "n": n} for one, (mean, n) in found.means.items()},
    }


def checks_json(found: StudyChecks) -> dict[str, Json]:
    """The document after unblinding: by system, the difference of each pair, by group, and each prompt."""
    pairs = [(a, b) for n, a in enumerate(found.systems) for b in found.systems[n + 1 :]]
    return {
        "blinded": False,
        "systems": [_system_json(found, system) for system in found.systems],
        "differences": [_difference_json(found, a, b, m) for a, b in pairs for m in found.measures],
        "groups": [
            {
                "field": name,
                "group": word,
                "systems": [{"system": s, **_means(own, s), **_by_check(own, s)} for s in own.systems],
                "differences": [_difference_json(own, a, b, m) for a, b in pairs for m in own.measures],
            }
            for name, word, own in found.groups()
        ],
        "one_passes": [
            {"a": a, "b": b, "prompts": [prompt.key for prompt in found.one_passes(a, b)]} for a, b in pairs
        ],
        "not_told": dict(found.not_told),
        "prompts": [_prompt_json(prompt) for prompt in found.prompts],
    }


def _passed(counts: tuple[int, int]) -> Json:
    return {"passed": counts[0], "of": counts[1]}


def _means(found: StudyChecks, system: str) -> dict[str, Json]:
    return {
        "prompts": sum(1 for prompt in found.prompts if system in prompt.found),
        **{measure.id: found.mean(measure, system) for measure in CHECK_MEASURES},
        "n": {measure.id: len(found.values(measure, system)) for measure in CHECK_MEASURES},
    }


def _by_check(found: StudyChecks, system: str) -> dict[str, Json]:
    return {"by_check": {kind.value: _passed(counts) for kind, counts in found.by_kind(system).items()}}


def _system_json(found: StudyChecks, system: str) -> Json:
    labels = found.labels(system)
    return {
        "system": system,
        "answers": len(found.answers(system)),
        **_means(found, system),
        **_by_check(found, system),
        "labels": None if labels is None else _labels_json(labels),
    }


def _labels_json(found: Classification) -> Json:
    return {
        "answers": found.answers,
        "accuracy": found.accuracy,
        "macro_precision": found.macro_precision,
        "macro_recall": found.macro_recall,
        "macro_f1": found.macro_f1,
        "labels": [
            {"label": one.label, "precision": one.precision, "recall": one.recall, "f1": one.f1}
            for one in found.scores
        ],
        "confusion": [
            {"right": right, "named": named or None, "answers": count}
            for (right, named), count in sorted(found.counts.items())
        ],
    }


def _difference_json(found: StudyChecks, a: str, b: str, measure: CheckMeasure) -> Json:
    test = found.mcnemar(measure, a, b)
    return {
        "measure": measure.id,
        "a": a,
        "b": b,
        **difference_json(found.difference(measure, a, b)),
        "mcnemar": None if test is None else {"only_a": test.only_a, "only_b": test.only_b, "p": test.p},
    }


def _prompt_json(prompt: CheckedPrompt) -> Json:
    return {
        "prompt_id": prompt.key,
        **prompt.groups,
        "systems": [
            {
                "system": system,
                "answers": len(answers),
                **{measure.id: prompt.value(measure, system) for measure in CHECK_MEASURES},
                "failed": [*dict.fromkeys(why for answer in answers for why in answer.why)],
            }
            for system, answers in prompt.found.items()
        ],
    }
