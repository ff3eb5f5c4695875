"""Two systems compared with the same base on the same prompts: the difference of their win rates."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from ftcompare.core.grouping import grouped
from ftcompare.core.language import N_, in_own_signs, sentences, tr, trn, true_minus
from ftcompare.stats import win_rate
from ftcompare.stats.claims import (
    JUDGED_EARLY,
    Claim,
    ClaimScope,
    NoClaim,
    confidence_sequence,
    e_value,
    fixed_claim,
    sequential_claim,
)


@dataclass(frozen=True, slots=True)
class PreferenceShare:
    """One judgment of a system against the base, as the share (0 to 1) that the system got."""

    prompt: str  # key that is equal for judgments of the same prompt, for any system
    rater: str  # key that is equal for judgments by the same rater
    share: float
    inherited: bool = False  # whether the judgment is from the study before
    category: str = ""  # of the prompt; empty for none
    at: str = ""  # time of the judgment, ISO 8601 UTC; empty if unknown
    unasked: bool = False  # whether it is a tie of identical answers, about which nobody was asked

    @property
    def event(self) -> tuple[str, str, float, str]:
        """The part of a judgment that an inherited one or a copy has, too."""
        return self.prompt, self.rater, self.share, self.at


LEAST_CHANGED = 20
"""Least number of prompts judged again for an interval where others have inherited judgments: with fewer, the
intervals over prompts, of which most do not differ, are too narrow."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The second system's win rate minus the first's, on the prompts on which both were judged."""

    value: float  # -1 to 1; above 0 the second system is better
    low: float | None  # lower end of its interval; None, as ``high``, for a single prompt
    high: float | None
    level: float
    method: str
    generalises_over: str  # ``prompts`` or ``prompts and raters``
    prompts: int  # number of prompts on which both were judged
    explanation: str  # the formula in words with the numbers inserted
    e_value: float | None = None  # evidence of a difference, where judging ended before its plan; else None


def paired_differences(
    first: Iterable[PreferenceShare],
    second: Iterable[PreferenceShare],
    level: float = 0.95,
    *,
    finished: bool = True,
) -> tuple[Difference | None, Difference | None]:
    """Return the difference of two systems' win rates, over prompts and for other raters of this kind.

    D = Σ_p d_p / P, where d_p is the second system's mean on prompt p minus the first's: each shared prompt
    has the same weight, however many raters judged it. The intervals are those of the claims, with d (-1 to
    1) in place of the lean of a judgment: that of `rate_over_prompts` for the d_p, and the smallest that
    contains it and that of `interval_over_raters` for the differences of raters who judged both systems on a
    prompt. None for both without a shared prompt; the second is None where fewer than `LEAST_RATERS` raters
    judged both systems on `LEAST_JUDGMENTS` prompts.

    ``finished``: whether all planned judgments of both were made. If not, the interval is the confidence
    sequence of the paired prompts, which holds whenever judging stops, and the second is None. There is no
    interval if the second has inherited judgments and judging stopped early, or fewer than `LEAST_CHANGED`
    prompts changed.
    """
    one, other = tuple(first), tuple(second)
    by_prompt = _differences(one, other, lambda shares: (shares.prompt, ""))
    if not by_prompt:
        return None, None
    kept = {given.prompt for given in other if given.inherited}
    changed = sum(prompt not in kept or value != 0 for (prompt, _), value in by_prompt.items())
    if kept and (changed < LEAST_CHANGED or not finished):
        value, count = fmean(by_prompt.values()), len(by_prompt)
        return _difference(value, None, level, "none", win_rate.OVER_PROMPTS, count), None
    if not finished:
        # The difference with its e-value and confidence sequence, in which the prompts' order is irrelevant.
        differences = tuple(by_prompt.values())
        shares = (1 + np.array(differences)) / 2
        low, high = (2 * end - 1 for end in confidence_sequence(shares, level))
        method, value = N_("confidence sequence over paired prompts"), fmean(differences)
        found = _difference(value, (low, high), level, method, win_rate.OVER_PROMPTS, len(differences))
        return replace(found, e_value=e_value(shares)), None
    over_prompts = _over_prompts(tuple(by_prompt.values()), level)
    by_rater = _differences(one, other, lambda shares: (shares.prompt, shares.rater))
    return over_prompts, _over_raters(over_prompts, by_rater, level)


def raters_of_both(first: Iterable[PreferenceShare], second: Iterable[PreferenceShare]) -> int:
    keys = [{(given.prompt, given.rater) for given in shares} for shares in (first, second)]
    return len({rater for _, rater in keys[0] & keys[1]})


def difference_claims(
    over_prompts: Difference, over_raters: Difference | None, *, raters: int, one_rater: bool
) -> tuple[Claim, ...]:
    """Return the claims about a difference, by the rules of `stats.claims`; b is the second system.

    Each interval is that of (1 + difference) / 2, so that one half means no difference. There is no second
    claim if a single rater judged everything (`one_rater`).
    """
    few = over_prompts.prompts < win_rate.LEAST_PROMPTS
    undefined = NoClaim.INHERITED if over_prompts.low is None else NoClaim.INTERVAL_INCLUDES_HALF
    reason = NoClaim.TOO_FEW_PROMPTS if few else undefined
    scope = ClaimScope.ONE_RATER if one_rater else ClaimScope.THESE_RATERS
    if over_prompts.e_value is not None:
        early = sequential_claim(scope, over_prompts.e_value, (1 + over_prompts.value) / 2)
        return (early,) if one_rater else (early, JUDGED_EARLY)
    these = fixed_claim(scope, _halved(over_prompts), reason)
    if one_rater:
        return (these,)
    if raters < win_rate.LEAST_RATERS:
        reason = NoClaim.TOO_FEW_RATERS
    elif over_raters is None:
        reason = NoClaim.UNEQUAL_LOADS
    elif these.made:
        reason = NoClaim.RATERS_DIFFER
    return these, fixed_claim(ClaimScope.RATERS_LIKE_THESE, _halved(over_raters), reason)


def _halved(difference: Difference | None) -> tuple[float | None, float | None]:
    if difference is None or difference.low is None or difference.high is None:
        return None, None
    return (1 + difference.low) / 2, (1 + difference.high) / 2


_Key = tuple[str, str]  # prompt key and rater key, which is empty where raters are not distinguished


def _differences(
    first: Iterable[PreferenceShare],
    second: Iterable[PreferenceShare],
    key: Callable[[PreferenceShare], _Key],
) -> dict[_Key, float]:
    """Return the second system's mean minus the first's, -1 to 1, where both were judged; sorted by key."""
    before, after = (_means(given, key) for given in (first, second))
    return {key: after[key] - before[key] for key in sorted(before.keys() & after.keys())}


def _means(votes: Iterable[PreferenceShare], key: Callable[[PreferenceShare], _Key]) -> dict[_Key, float]:
    shares = grouped((key(one), one.share) for one in votes)
    return {key: fmean(of) for key, of in shares.items()}


def _over_prompts(differences: Collection[float], level: float) -> Difference:
    value, count = fmean(differences), len(differences)
    if count < 2:
        return _difference(value, None, level, "none", win_rate.OVER_PROMPTS, count)
    rate = win_rate.rate_over_prompts((1 + np.array(differences)) / 2, np.arange(count), level)
    ends = None if rate.low is None or rate.high is None else (2 * rate.low - 1, 2 * rate.high - 1)
    method = (_EXTENDED if ends and 0.0 in ends else _METHODS)[rate.method]
    return _difference(value, ends, level, method, win_rate.OVER_PROMPTS, count)


_METHODS = {
    win_rate.T_OVER_PROMPTS: N_("t over paired prompts"),
    win_rate.WILSON: N_("Wilson over paired prompts"),
    win_rate.WILSON_OVER_PROMPTS: N_("Wilson's limit for prompts of another difference"),
}
_EXTENDED = {
    win_rate.T_OVER_PROMPTS: N_(
        "t over paired prompts, extended to 0, which the exact sign-flip test does not exclude"
    ),
    win_rate.WILSON: N_(
        "Wilson over paired prompts, extended to 0, which the exact sign-flip test does not exclude"
    ),
    win_rate.WILSON_OVER_PROMPTS: N_(
        "Wilson's limit for prompts of another difference, extended to 0, which the exact sign-flip test "
        "does not exclude"
    ),
}


def _over_raters(over_prompts: Difference, differences: dict[_Key, float], level: float) -> Difference | None:
    if over_prompts.low is None or over_prompts.high is None or not differences:
        return None
    prompts, raters = (np.unique(names, return_inverse=True)[1] for names in zip(*differences, strict=True))
    ends = win_rate.interval_over_raters(np.array(tuple(differences.values())), prompts, raters, level)
    if ends is None:
        return None
    both = max(-1.0, min(over_prompts.low, ends[0])), min(1.0, max(over_prompts.high, ends[1]))
    scope, method = (
        win_rate.OVER_PROMPTS_AND_RATERS,
        N_("components of variance over paired prompts and raters"),
    )
    return _difference(over_prompts.value, both, level, method, scope, over_prompts.prompts)


def _difference(
    value: float, ends: tuple[float, float] | None, level: float, method: str, scope: str, count: int
) -> Difference:
    words = trn(
        "Mean over {number} shared (prompt|prompts) of the second's win rate less the first's: {points} "
        "points.",
        count,
        _points(value),
    )
    if ends is not None:
        text = N_(
            "Interval at {level:.0%}: {low} to {high}, by {method}. It applies to other prompts of this kind."
        )
        if scope == win_rate.OVER_PROMPTS_AND_RATERS:
            text = N_(
                "Interval at {level:.0%}: {low} to {high}, by {method}. It applies to other prompts and "
                "raters of this kind."
            )
        shown = {"low": _points(ends[0]), "high": _points(ends[1]), "method": tr(method)}
        words = sentences(words, tr(text, level=level, **shown))
    low, high = ends or (None, None)
    return Difference(value, low, high, level, method, scope, count, words)


def _points(difference: float) -> str:
    return in_own_signs(true_minus(f"{100 * difference:+.1f}"))
