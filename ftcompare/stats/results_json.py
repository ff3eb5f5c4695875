"""The results of a study as the document of ``results --json``: None where undefined, never NaN."""

from __future__ import annotations

from dataclasses import asdict

from ftcompare.core.hashing import Json
from ftcompare.stats.agreement import Agreement
from ftcompare.stats.automatic_raters import AutomaticRater
from ftcompare.stats.criteria import CriteriaResults, PairKey
from ftcompare.stats.differences import SplitDifference
from ftcompare.stats.ranking import Intervals, Ranking
from ftcompare.stats.resampling import Interval
from ftcompare.stats.summary import Counts, PairCount, PairSummary, Summary, SummarySlice
from ftcompare.stats.win_rate import PromptCounts, Rate


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


def _slice_json(pair: PairSummary, part: SummarySlice) -> dict[str, Json]:
    return {
        "a": pair.a,
        "b": pair.b,
        "rater_kind": str(pair.rater_kind),
        part.dimension: part.name,
        **_counts_json(part.counts),
        "win_rate_b": rate_json(part.rate),
    }


def criteria_json(found: CriteriaResults) -> dict[str, Json]:
    """``criteria``, ``strengths`` and ``reasons`` of ``results --json``."""
    return {
        "criteria": [
            {
                **_pair_json(result.pair),
                "criterion": result.name,
                **asdict(result.counts),
                "win_rate_b": rate_json(result.rate),
                "win_rate_b_over_raters": rate_json(result.rate_over_raters),
            }
            for result in found.criteria
        ],
        "strengths": [
            {
                **_pair_json(count.pair),
                "strength": count.strength,
                "name": count.name,
                "wins_a": count.wins_a,
                "wins_b": count.wins_b,
            }
            for count in found.strengths
        ],
        "reasons": [
            {**_pair_json(count.pair), "reason": count.name, **asdict(count.counts)}
            for count in found.reasons
        ],
    }


def _pair_json(pair: PairKey) -> dict[str, Json]:
    a, b, kind = pair
    return {"a": a, "b": b, "rater_kind": kind.value}


def rate_json(rate: Rate | None) -> Json:
    """A rate with its interval."""
    if rate is None:
        return None
    return {
        "value": rate.value,
        "low": rate.low,
        "high": rate.high,
        "level": rate.level,
        "method": rate.method,
        "generalises_over": rate.generalises_over,
    }


def interval_json(interval: Interval | None) -> Json:
    """An interval by resampling."""
    if interval is None:
        return None
    return {
        "low": interval.low,
        "high": interval.high,
        "level": interval.level,
        "resamples": interval.resamples,
        "set_aside": interval.set_aside,
    }


def ranking_json(ranking: Ranking) -> dict[str, Json]:
    """``ranking``."""
    return {
        "bradley_terry": dict(ranking.bradley_terry),
        "davidson": {"scores": dict(ranking.davidson), "tie": ranking.davidson_tie},
        "average_win_rate": dict(ranking.average_win_rate),
        "intervals": _ranking_intervals_json(ranking),
    }


def _ranking_intervals_json(ranking: Ranking) -> Json:
    found = ranking.intervals
    if found is None:
        return None
    return {
        "generalises_over": found.generalises_over,
        "bradley_terry": _by_name(found.bradley_terry),
        "davidson": {"scores": _by_name(found.davidson), "tie": interval_json(found.davidson_tie)},
        "average_win_rate": _by_name(found.average_win_rate),
    }


def _by_name(intervals: Intervals) -> Json:
    return {name: interval_json(interval) for name, interval in intervals.items()}


def agreement_json(found: Agreement) -> dict[str, Json]:
    """``agreement``."""
    return {
        "units": found.units,
        "percent": found.percent,
        "krippendorff_alpha": {"nominal": found.alpha_nominal, "ordinal": found.alpha_ordinal},
        "krippendorff_alpha_intervals": {
            "nominal": interval_json(found.alpha_nominal_interval),
            "ordinal": interval_json(found.alpha_ordinal_interval),
        },
        "gwet_ac1": None if found.gwet_ac1 is None else found.gwet_ac1.value,
        "cohen_kappa": [
            {"raters": list(kappa.raters), "value": kappa.value, "n": kappa.n} for kappa in found.cohen_kappa
        ],
    }


def automatic_json(rater: AutomaticRater) -> dict[str, Json]:
    """One of ``automatic_raters``."""
    return {
        "name": rater.name,
        "judgments": rater.judgments,
        "agreement_with_people": counted_rate_json(rater.agreement),
        "agreement_with_people_without_ties": counted_rate_json(rater.agreement_decided),
        "position_consistency": counted_rate_json(rater.consistency),
        "left_both_times": rater.left,
        "right_both_times": rater.right,
    }


def counted_rate_json(rate: Rate | None) -> Json:
    """A rate with how many it is of."""
    if rate is None:
        return None
    return {
        "value": rate.value,
        "low": rate.low,
        "high": rate.high,
        "level": rate.level,
        "method": rate.method,
        "n": rate.n,
    }


def sign_test_json(counts: PromptCounts, interval: tuple[float, float] | None) -> dict[str, Json]:
    """What a comparison's sign test is of: prompts, and the share of the decided ones that b won."""
    low, high = interval or (None, None)
    return {
        "prompts_won": counts.wins,
        "prompts_lost": counts.losses,
        "prompts_tied": counts.ties,
        "low": low,
        "high": high,
    }


def difference_json(found: SplitDifference) -> dict[str, Json]:
    """One of a comparison's ``split_differences``."""
    return {
        "first": found.first.value,
        "second": found.second.value,
        "prompts": [found.prompts_first, found.prompts_second],
        "rates": [found.rate_first, found.rate_second],
        "difference": found.difference,
        "low": found.low,
        "high": found.high,
        "level": found.level,
        "method": found.method,
    }
