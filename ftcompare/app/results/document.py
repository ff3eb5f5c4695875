"""The document of ``results --json``, with what is withheld named in it."""

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
from ftcompare.app.results.criteria import study_details
from ftcompare.app.results.study_results import Variant, live_results, results
from ftcompare.app.study.altered_study import integrity_json
from ftcompare.core.disclosure import Subject
from ftcompare.core.hashing import Json
from ftcompare.stats.results_json import as_json, criteria_json, pair_json
from ftcompare.stats.summary import AskedPairs, PairSummary, RaterSummary
from ftcompare.store.study.study_file import StudyFile

HELD_BACK: Mapping[str, tuple[str, ...]] = {
    "comparisons": ("split_differences",),
    "agreement": ("cohen_kappa",),
    "raters": ("quality", "win_rates"),
    "categories": (),
    "splits": (),
    "tags": (),
    "criteria": (),
    "strengths": (),
    "reasons": (),
    "blinding": ("bang_index", "tuned_left", "tuned_right", "raters", "sureness"),
    "variants": (),
    "live": ("comparisons",),
}
"""What of ``results --json`` is empty or null until all figures are told: whole lists, or keys in them."""


def results_json(study: StudyFile, asked: AskedPairs | None = None) -> dict[str, Json]:
    """``results --json``: null where a figure is not defined or may not be told yet.

    Args:
        study: whose judgments.
        asked: the pairs that have figures; None for those with most judgments.
    """
    found, live = results(study, asked), live_results(study, asked)
    disclosure = found.disclosure
    known = disclosure.told(Subject.RATER_QUALITY, lambda: rater_quality(study).raters, ())
    quality = {(rater.name, rater.rater.kind): rater for rater in known}
    pairs = found.summary.comparisons if known else ()
    votes: list[Json] = [pair_json(pair) for pair in live.comparisons]
    return {
        **as_json(found.summary, title=found.study.title, prompts=found.prompts),
        "integrity": integrity_json(found.integrity),
        "raters": [_rater_json(r, quality.get((r.name, r.kind)), pairs) for r in found.summary.raters],
        "controls": controls_json(controls(study)),
        "blinding": blinding_json(blindness(study)),
        **criteria_json(study_details(study, found.summary.with_figures)),
        "variants": [_variant_json(variant) for variant in found.variants],
        "live": {
            "judgments": live.judgments,
            "comparisons": votes if disclosure.tells(Subject.LIVE_RESULTS) else None,
        },
        "held_back": [] if disclosure.tells(Subject.ALL_FIGURES) else _held_back_json(),
    }


def _held_back_json() -> list[Json]:
    """Every key that is held back, those within another after a dot."""
    return [
        path for key, within in HELD_BACK.items() for path in ([f"{key}.{name}" for name in within] or [key])
    ]


def _rater_json(
    rater: RaterSummary, known: RaterQuality | None, pairs: Sequence[PairSummary]
) -> dict[str, Json]:
    return {
        "name": rater.name,
        "kind": rater.kind.value,
        "judgments": rater.judgments,
        "excluded": known is not None and bool(known.excluded),
        "quality": quality_json(known.figures) if known else None,
        "win_rates": [_rater_rate_json(rater, pair) for pair in pairs if pair.rater_kind is rater.kind]
        or None,
    }


def _rater_rate_json(rater: RaterSummary, pair: PairSummary) -> dict[str, Json]:
    """The win rate of b by one rater; its interval is over prompts, for this rater."""
    by_rater = (part for part in pair.slices if part.dimension == "rater" and part.name == rater.name)
    found = next(by_rater, None)
    rate = found.rate if found else None
    without = "" if rate and rate.low is not None else "one prompt has no interval"
    return {
        "a": pair.a,
        "b": pair.b,
        "value": rate.value if rate else None,
        "low": rate.low if rate else None,
        "high": rate.high if rate else None,
        "level": rate.level if rate else None,
        "method": rate.method if rate else None,
        "n": found.counts.prompts if found else 0,
        "judgments": found.counts.judgments if found else 0,
        "reason": (without if rate else "this rater judged none of it") or None,
    }


def _variant_json(variant: Variant) -> dict[str, Json]:
    return {
        "name": variant.kind.value,
        "left_out": {"raters": list(variant.raters), "prompts": variant.prompts},
        "judgments": variant.judgments,
        "comparisons": [pair_json(pair) for pair in variant.comparisons],
    }
