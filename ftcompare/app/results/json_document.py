"""The ``results --json`` document. It names the figures that are withheld."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ftcompare.app.raters.quality import (
    RaterQuality,
    blinding_json,
    blindness,
    controls,
    controls_json,
    quality_json,
    rater_quality,
)
from ftcompare.app.results.error_marks import error_marks, error_marks_json
from ftcompare.app.results.grades import grade_results, grades_json
from ftcompare.app.results.planned_claims import planned_claims, planned_json
from ftcompare.app.results.presentation.prompted_base import fallback_sentence
from ftcompare.app.results.prompted_base import fallback_json, fallback_verdicts, prompted_pairs
from ftcompare.app.results.study_results import Variant, counted_votes, live_results, results, study_details
from ftcompare.app.setup.recipes import recipe_document
from ftcompare.app.study.altered_study import integrity_json
from ftcompare.app.study.shown_names import recipes_by_name, system_names
from ftcompare.core.disclosure import Subject
from ftcompare.core.hashing import Json, fields_json
from ftcompare.stats.results_json import as_json, criteria_json, pair_json
from ftcompare.stats.summary import AskedPairs, PairSummary, RaterSummary
from ftcompare.store.study.study_file import StudyFile

HELD_BACK: Mapping[str, tuple[str, ...]] = {
    "comparisons": (
        *("wins_a", "wins_b", "win_rate_b", "win_rate_b_over_raters", "pooled_rate", "standard_error"),
        *("sign_test", "sign_test_p", "probability_b_better"),
        *("prompts_still_needed", "half_width_with_twice"),
        *("split_differences", "identical"),
        *("length_controlled_win_rate_b", "length_controlled_win_rate_b_over_raters", "length_effect"),
        *("style_controlled_win_rate_b", "style_controlled_win_rate_b_over_raters", "style_effects"),
    ),
    "further_comparisons": ("wins_a", "wins_b", "win_rate_b"),
    "ranking": ("bradley_terry", "davidson", "average_win_rate", "intervals"),
    "position": ("left", "right", "left_share", "low", "high"),
    "agreement": ("cohen_kappa",),
    "raters": ("quality", "win_rates"),
    **dict.fromkeys(("categories", "splits", "tags", "tasks", "context_kinds", "rater_groups"), ()),
    **dict.fromkeys(("criteria", "strengths", "reasons", "wrong_turns"), ()),
    "blinding": ("bang_index", "tuned_left", "tuned_right", "raters", "sureness"),
    "variants": (),
    "live": ("comparisons",),
    "error_marks": (),
    "grades": ("systems", "differences", "criteria", "repeats"),
    "systems": (),
    "prompted_base": (),
}
"""Parts of ``results --json`` that stay empty until all figures may be shown: lists, or keys in entries.

The other figures may be watched while judging goes on: counts, ties, both bad, evidence, agreement.
"""


def results_json(study: StudyFile, requested: AskedPairs | None = None) -> dict[str, Json]:
    """Build ``results --json``; a figure that is not defined or withheld is null.

    ``requested``: the pairs to give figures for; None for those with most judgments.
    """
    found, live = results(study, requested), live_results(study, requested)
    disclosure = found.disclosure
    known = disclosure.told(Subject.RATER_QUALITY, lambda: rater_quality(study).raters, ())
    quality = {(rater.name, rater.rater.kind): rater for rater in known}
    pairs = found.summary.comparisons if known else ()
    by_vote: list[Json] = [pair_json(pair) for pair in live.comparisons]
    written: dict[str, Json] = {
        **as_json(found.summary, title=found.study.title, prompts=found.prompts),
        "integrity": integrity_json(found.integrity),
        "plan": planned_json(planned_claims(study, counted_votes(study))),
        "raters": [_rater_json(r, quality.get((r.name, r.kind)), pairs) for r in found.summary.raters],
        "controls": controls_json(controls(study)),
        "blinding": blinding_json(blindness(study)),
        **criteria_json(study_details(study, found.summary.with_figures)),
        "variants": [_variant_json(variant) for variant in found.variants],
        "live": {
            "judgments": live.judgments,
            "comparisons": by_vote if disclosure.tells(Subject.LIVE_RESULTS) else None,
        },
        "error_marks": error_marks_json(error_marks(study)),
        "grades": None,
        "systems": _systems_json(study),
        "prompted_base": [
            fallback_json(verdict, fallback_sentence(verdict))
            for verdict in fallback_verdicts(found.summary.comparisons, prompted_pairs(study))
        ],
        "held_back": [],
    }
    if graded := grade_results(study):
        counts = {"judgments": graded.summary.grades, "raters": graded.summary.raters}
        written["study"] = {"title": found.study.title, "prompts": found.prompts, **counts}
        written["grades"] = grades_json(graded)
    if disclosure.tells(Subject.ALL_FIGURES):
        return written
    there = ((key, within) for key, within in HELD_BACK.items() if written[key] is not None)
    names: list[Json] = [
        path for key, within in there for path in ([f"{key}.{name}" for name in within] or [key])
    ]
    kept = {key: _without(value, HELD_BACK.get(key)) for key, value in written.items()}
    return {**kept, "held_back": names}


def _without(value: Json, keys: tuple[str, ...] | None) -> Json:
    """Empty a withheld list, or withheld keys of its entries; unchanged where ``keys`` is None."""
    if keys is None:
        return value
    if not keys:
        return _empty(value)
    if isinstance(value, list):
        return [_without(entry, keys) for entry in value]
    if not isinstance(value, dict):
        return value
    return {key: _empty(of) if key in keys else of for key, of in value.items()}


def _empty(value: Json) -> Json:
    return [] if isinstance(value, list) else None


def _systems_json(study: StudyFile) -> list[Json]:
    """Each system with its recipe, null without one, and how many answers each server wrote."""
    recipes = recipes_by_name(study)
    asked = {name: recipe_document(recipe) for name, recipe in recipes.items()}
    servers = study.responses.servers()
    return [
        {"name": name, "recipe": asked.get(name), "servers": {**servers.get(system, {})}}
        for system, name in system_names(study).items()
    ]


def _rater_json(
    rater: RaterSummary, known: RaterQuality | None, pairs: Sequence[PairSummary]
) -> dict[str, Json]:
    return {
        **fields_json(rater, "name", "kind", "judgments"),
        "excluded": known is not None and bool(known.excluded),
        "quality": quality_json(known.figures) if known else None,
        "win_rates": [_rater_rate_json(rater, pair) for pair in pairs if pair.rater_kind is rater.kind]
        or None,
    }


def _rater_rate_json(rater: RaterSummary, pair: PairSummary) -> dict[str, Json]:
    """Win rate of b by one rater; its interval is over prompts, for this rater."""
    by_rater = (part for part in pair.slices if part.dimension == "rater" and part.name == rater.name)
    found = next(by_rater, None)
    rate = found.rate if found else None
    without = "" if rate and rate.low is not None else "one prompt has no interval"
    return {
        "a": pair.a,
        "b": pair.b,
        **fields_json(rate, "value", "low", "high", "level", "method"),
        "n": found.counts.prompts if found else 0,
        "judgments": found.counts.judgments if found else 0,
        "reason": (without if rate else "this rater judged none of it") or None,
    }


def _variant_json(variant: Variant) -> dict[str, Json]:
    left_out: dict[str, Json] = {"raters": list(variant.raters), "prompts": variant.prompts}
    return {
        "name": variant.kind.value,
        "left_out": {**left_out, "reference_seen": variant.reference_seen},
        "judgments": variant.judgments,
        "comparisons": [pair_json(pair) for pair in variant.comparisons],
    }
