"""The results of a study as the document of ``results --json``."""

from __future__ import annotations

from ftcompare.core.hashing import Json
from ftcompare.stats.document import (
    agreement_json,
    automatic_json,
    difference_json,
    ranking_json,
    rate_json,
    sign_test_json,
)
from ftcompare.stats.summary import Counts, PairCount, PairSummary, Slice, Summary


def as_json(summary: Summary, *, title: str, prompts: int) -> dict[str, Json]:
    """The document of ``results --json``: None where a figure is not defined, never NaN.

    Args:
        summary: the results.
        title: of the study.
        prompts: in the study, judged or not.
    """
    return {
        "study": {
            "title": title,
            "prompts": prompts,
            "judgments": summary.judgments,
            "raters": len(summary.raters),
        },
        "comparisons": [pair_json(pair) for pair in summary.comparisons],
        "further_comparisons": [_pair_count_json(pair) for pair in summary.further],
        "ranking": ranking_json(summary.ranking),
        "agreement": agreement_json(summary.agreement),
        "position": {
            "left": summary.position.left,
            "right": summary.position.right,
            "left_share": summary.position.left_share,
            "low": summary.position.low,
            "high": summary.position.high,
        },
        "automatic_raters": [automatic_json(rater) for rater in summary.automatic],
        "raters": [{"name": r.name, "kind": str(r.kind), "judgments": r.judgments} for r in summary.raters],
        "categories": _slices_json(summary, "category"),
        "splits": _slices_json(summary, "split"),
        "tags": _slices_json(summary, "tag"),
        "controls": {},
        "blinding": {},
    }


def _counts_json(counts: Counts | PairSummary) -> dict[str, Json]:
    return {
        "prompts": counts.prompts,
        "judgments": counts.judgments,
        "wins_a": counts.wins_a,
        "wins_b": counts.wins_b,
        "ties": counts.ties,
        "both_bad": counts.both_bad,
    }


def _pair_count_json(pair: PairCount) -> dict[str, Json]:
    return {
        "a": pair.a,
        "b": pair.b,
        "rater_kind": str(pair.rater_kind),
        **_counts_json(pair.counts),
        "win_rate_b": pair.win_rate,
    }


def pair_json(pair: PairSummary) -> dict[str, Json]:
    """One of ``comparisons`` in ``results --json``."""
    return {
        "a": pair.a,
        "b": pair.b,
        "rater_kind": str(pair.rater_kind),
        **_counts_json(pair),
        "win_rate_b": rate_json(pair.win_rate),
        "win_rate_b_over_raters": rate_json(pair.win_rate_over_raters),
        "standard_error": pair.standard_error,
        "sign_test_p": pair.sign_test_p,
        "sign_test": sign_test_json(pair.by_prompt, pair.sign_test_interval),
        "probability_b_better": pair.probability_b_better,
        "e_value": pair.e_value,
        "e_value_highest": {"value": pair.evidence.highest, "prompts": pair.evidence.at},
        "confidence_sequence": list(pair.confidence_sequence),
        "prompts_still_needed": pair.prompts_still_needed,
        "length_controlled_win_rate_b": rate_json(pair.length_controlled),
        "split_differences": [difference_json(found) for found in pair.split_differences],
    }


def _slices_json(summary: Summary, dimension: str) -> list[Json]:
    """All slices by one dimension, comparison after comparison."""
    return [
        _slice_json(pair, part)
        for pair in summary.comparisons
        for part in pair.slices
        if part.dimension == dimension
    ]


def _slice_json(pair: PairSummary, part: Slice) -> dict[str, Json]:
    return {
        "a": pair.a,
        "b": pair.b,
        "rater_kind": str(pair.rater_kind),
        part.dimension: part.name,
        **_counts_json(part.counts),
        "win_rate_b": rate_json(part.rate),
    }
