"""Figures as parts of the document of ``results --json``: None where undefined, never NaN."""

from __future__ import annotations

from ftcompare.core.hashing import Json
from ftcompare.stats.agreement import Agreement
from ftcompare.stats.automatic import AutomaticRater
from ftcompare.stats.differences import SplitDifference
from ftcompare.stats.ranking import Intervals, Ranking
from ftcompare.stats.resampling import Interval
from ftcompare.stats.win_rate import PromptCounts, Rate


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
