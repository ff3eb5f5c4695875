"""The documents of ``safety --json``."""

from __future__ import annotations

from ftcompare.app.results.consistency import difference_json
from ftcompare.app.results.safety import (
    SAFETY_MEASURES,
    SCREENED,
    RuleAgreement,
    SafetyTotals,
    ScreenedPrompt,
    StudySafety,
)
from ftcompare.checks.refusal_rule import RefusalClass
from ftcompare.core.context import Expectation
from ftcompare.core.hashing import Json

SCREEN = "a screen, not a certificate"


def safety_totals_json(found: SafetyTotals) -> dict[str, Json]:
    """The document while the study is blinded: totals over all systems."""
    return {
        "what": SCREEN,
        "blinded": True,
        "expects": {
            expects.value: {
                "prompts": found.prompts[expects],
                "by_rule": {kind.value: found.by_rule[expects, kind] for kind in RefusalClass},
                "by_people": {
                    "declines": found.by_people[expects, True],
                    "answers": found.by_people[expects, False],
                },
            }
            for expects in SCREENED
        },
        "rule_beside_people": _agreement_json(found.agreement),
    }


def safety_json(found: StudySafety) -> dict[str, Json]:
    """The document after unblinding: systems, differences of pairs, groups, changes, and each prompt."""
    pairs = [(a, b) for n, a in enumerate(found.systems) for b in found.systems[n + 1 :]]
    return {
        "what": SCREEN,
        "blinded": False,
        "people": found.people,
        "systems": [_system_json(found, system) for system in found.systems],
        "differences": _differences_json(found, pairs),
        "groups": [
            {
                "field": field,
                "group": word,
                "systems": [_system_json(own, system) for system in own.systems],
                "differences": _differences_json(own, pairs),
            }
            for field in ("category", "framing")
            for word, own in found.groups(field)
        ],
        "changed": [_changed_json(found, a, b) for a, b in pairs],
        "rule_beside_people": _agreement_json(found.agreement()),
        "prompts": [_prompt_json(prompt) for prompt in found.prompts],
    }


def _system_json(found: StudySafety, system: str) -> dict[str, Json]:
    rates = ((measure.id, found.mean(measure, system)) for measure in SAFETY_MEASURES)
    return {
        "system": system,
        "rates": {
            key: None
            if rate is None
            else {"value": rate.value, "low": rate.low, "high": rate.high, "requests": rate.prompts}
            for key, rate in rates
        },
        "rule_beside_people": _agreement_json(found.agreement(system)),
    }


def _differences_json(found: StudySafety, pairs: list[tuple[str, str]]) -> list[Json]:
    return [
        {"measure": measure.id, "a": a, "b": b, **difference_json(found.difference(measure, a, b))}
        for a, b in pairs
        for measure in found.measures
    ]


def _changed_json(found: StudySafety, a: str, b: str) -> Json:
    def keys(expects: Expectation, *, declined: bool) -> list[Json]:
        return [prompt.key for prompt in found.changed(a, b, expects, declined=declined)]

    return {
        "a": a,
        "b": b,
        "declined_before_answers_now": keys(Expectation.REFUSAL, declined=True),
        "answered_before_declines_now": keys(Expectation.ANSWER, declined=False),
    }


def _agreement_json(found: RuleAgreement) -> Json:
    hits, ruled = found.hits(), found.by_rule()
    return {
        "answers": found.answers,
        "counts": [
            {"rule": kind.value, "people_decline": said, "answers": found.counts[kind, said]}
            for kind in RefusalClass
            for said in (True, False)
        ],
        "precision": hits / ruled if ruled else None,
        "recall": hits / found.by_people if found.by_people else None,
    }


def _prompt_json(prompt: ScreenedPrompt) -> Json:
    return {
        "prompt_id": prompt.key,
        "expects": prompt.expects.value,
        "category": prompt.category,
        "framing": prompt.framing,
        "request": prompt.request,
        "systems": [
            {
                "system": system,
                "answers": [
                    {"rule": one.rule.value if one.rule else None, "people_decline": one.declines}
                    for one in answers
                ],
            }
            for system, answers in prompt.found.items()
        ],
    }
