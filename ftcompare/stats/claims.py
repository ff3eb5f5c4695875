"""Claims about a comparison: for whom they hold, when they are made, and by which rule.

A claim is made where the interval shown for it leaves out one half, so that no page can say "better" above
an interval that says otherwise, or the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ftcompare.stats.prompt_interval import LEAST_PROMPTS, lean_over_prompts
from ftcompare.stats.rater_interval import LEAST_RATERS, raters_counted
from ftcompare.stats.sequential import Evidence
from ftcompare.stats.vote_table import FloatArray, IntArray, compact, means_by
from ftcompare.stats.win_rate import Rate, rate_over_prompts, rate_over_raters

ENOUGH_EVIDENCE = 20.0
"""The e-value that neither being preferred reaches in at most 5% of studies, however often one looks."""

HALF = 0.5

Side = Literal["a", "b"]


class ClaimScope(StrEnum):
    """Of whom a claim speaks; always of prompts like these."""

    ONE_RATER = "one_rater"
    THESE_RATERS = "these_raters"
    RATERS_LIKE_THESE = "raters_like_these"


class ClaimBasis(StrEnum):
    """The rule of a claim: once, when what was planned has been judged, or at any time."""

    FIXED = "fixed"
    SEQUENTIAL = "sequential"


class NoClaim(StrEnum):
    """Why no claim is made."""

    MADE = ""
    TOO_FEW_PROMPTS = "too_few_prompts"
    """Fewer than `LEAST_PROMPTS`: not even a clean sweep is beyond chance."""
    INTERVAL_INCLUDES_HALF = "interval_includes_half"
    """Over prompts."""
    EXACT_TEST = "exact_test"
    """The interval would leave out one half, the exact sign-flip test over prompts does not."""
    TOO_FEW_RATERS = "too_few_raters"
    """Fewer than `LEAST_RATERS` judged: too few to speak for others."""
    UNEQUAL_LOADS = "unequal_loads"
    """Enough raters judged, but too few of them enough."""
    RATERS_DIFFER = "raters_differ"
    """These raters' claim stands, yet their own rates lie too far apart, or to both sides of one half."""
    JUDGING_OPEN = "judging_open"
    """What was planned is not judged yet, and the claim is made once."""
    EVIDENCE_BELOW_20 = "evidence_below_20"
    """Judging is open, and the highest e-value so far is below `ENOUGH_EVIDENCE`."""
    WITHHELD = "still_blinded"
    """The study is blinded: nothing is said of who is preferred. Set by whoever knows that."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that is said of a comparison, or why it is not.

    Args:
        scope: of whom it speaks.
        made: whether one side is said to be preferred.
        favours: that side; None where the claim is not made.
        basis: which rule.
        reason: `NoClaim.MADE` where it is made.
        low: of the interval that it goes by, 0 to 1; None where there is none, or the basis is sequential.
        high: the same.
        p: two-sided, over prompts, for one rater and for these raters where the basis is fixed; else None.
        e_value: the highest so far, where the basis is sequential.
    """

    scope: ClaimScope
    made: bool
    favours: Side | None
    basis: ClaimBasis
    reason: NoClaim
    low: float | None = None
    high: float | None = None
    p: float | None = None
    e_value: float | None = None


def withheld(claim: Claim) -> Claim:
    """The claim as it is told of a blinded study: not made, without what it would go by."""
    return Claim(claim.scope, False, None, claim.basis, NoClaim.WITHHELD)


def claims(
    preference: FloatArray,
    prompts: IntArray,
    raters: IntArray,
    *,
    finished: bool,
    evidence: Evidence,
    level: float = 0.95,
) -> tuple[Claim, ...]:
    """The claims of one comparison: of the one rater, or of these raters and of raters like them.

    Args:
        preference: share of each judgment that goes to b, 0 to 1; not empty; of raters of one kind.
        prompts: a code for each, ascending in the order in which they were first judged.
        raters: a code for each.
        finished: whether all that was planned is judged, or the judging was closed: then the claim is made
            once, from the intervals. Before that only the e-value speaks.
        evidence: of the prompts' means in that order.
        level: nominal coverage of the intervals.
    """
    first = ClaimScope.ONE_RATER if compact(raters)[1] == 1 else ClaimScope.THESE_RATERS
    if not finished:
        scopes = [] if first is ClaimScope.ONE_RATER else [_later()]
        return (_so_far(first, preference, prompts, evidence), *scopes)
    these = _of_prompts(first, preference, prompts, level)
    if first is ClaimScope.ONE_RATER:
        return (these,)
    return these, _of_raters(these, preference, prompts, raters, level)


def _so_far(scope: ClaimScope, preference: FloatArray, prompts: IntArray, evidence: Evidence) -> Claim:
    """By the highest e-value: what was reached stays reached, with the side that led then."""
    made = evidence.highest >= ENOUGH_EVIDENCE
    lead = float(means_by(preference, prompts)[: evidence.at].mean()) if made else HALF
    return Claim(
        scope,
        made,
        ("b" if lead > HALF else "a") if made else None,
        ClaimBasis.SEQUENTIAL,
        NoClaim.MADE if made else NoClaim.EVIDENCE_BELOW_20,
        e_value=evidence.highest,
    )


def _later() -> Claim:
    return Claim(ClaimScope.RATERS_LIKE_THESE, False, None, ClaimBasis.SEQUENTIAL, NoClaim.JUDGING_OPEN)


def _of_prompts(scope: ClaimScope, preference: FloatArray, prompts: IntArray, level: float) -> Claim:
    rate = rate_over_prompts(preference, prompts, level)
    found = lean_over_prompts(2 * preference - 1, prompts, level)
    if found is None or found.prompts < LEAST_PROMPTS:
        reason = NoClaim.TOO_FEW_PROMPTS
    elif found.interval_p < 1 - level:
        reason = NoClaim.EXACT_TEST
    else:
        reason = NoClaim.INTERVAL_INCLUDES_HALF
    return _fixed(scope, rate, reason, found.p if found else None)


def _of_raters(
    these: Claim, preference: FloatArray, prompts: IntArray, raters: IntArray, level: float
) -> Claim:
    rate = rate_over_raters(preference, prompts, raters, level)
    if compact(raters)[1] < LEAST_RATERS:
        reason = NoClaim.TOO_FEW_RATERS
    elif these.reason is not NoClaim.TOO_FEW_PROMPTS and raters_counted(raters) < LEAST_RATERS:
        reason = NoClaim.UNEQUAL_LOADS
    else:
        reason = NoClaim.RATERS_DIFFER if these.made else these.reason
    return _fixed(ClaimScope.RATERS_LIKE_THESE, rate, reason, None)


def _fixed(scope: ClaimScope, rate: Rate | None, otherwise: NoClaim, p: float | None) -> Claim:
    """Made where the interval leaves out one half."""
    low, high = (None, None) if rate is None else (rate.low, rate.high)
    favours = _beyond_half(low, high)
    reason = otherwise if favours is None else NoClaim.MADE
    return Claim(scope, favours is not None, favours, ClaimBasis.FIXED, reason, low, high, p)


def _beyond_half(low: float | None, high: float | None) -> Side | None:
    if low is None or high is None:
        return None
    return "b" if low > HALF else "a" if high < HALF else None
