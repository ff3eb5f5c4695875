"""Claims about a comparison: their scope, when they are made, and by which rule.

A claim is made where its interval excludes one half. A page therefore never says "better" next to an interval
that includes one half, or the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ftcompare.stats.prompt_interval import LEAST_PROMPTS, lean_over_prompts
from ftcompare.stats.rater_interval import LEAST_RATERS
from ftcompare.stats.sequential import Evidence
from ftcompare.stats.vote_table import FloatArray, IntArray, compact, means_by
from ftcompare.stats.win_rate import Rate, rate_over_prompts, rate_over_raters

ENOUGH_EVIDENCE = 20.0
"""If neither system is preferred, at most 5% of studies ever reach this e-value, at any number of looks."""

HALF = 0.5

Side = Literal["a", "b"]


class ClaimScope(StrEnum):
    """The raters about whom a claim is made; always for prompts like those of the study."""

    ONE_RATER = "one_rater"
    THESE_RATERS = "these_raters"
    RATERS_LIKE_THESE = "raters_like_these"


class ClaimBasis(StrEnum):
    """The rule of a claim: once, after all planned judgments (fixed), or at any time (sequential)."""

    FIXED = "fixed"
    SEQUENTIAL = "sequential"


class NoClaim(StrEnum):
    """Why no claim is made."""

    MADE = ""
    TOO_FEW_PROMPTS = "too_few_prompts"
    """Fewer than `LEAST_PROMPTS`: even if one system wins all of them, chance cannot be excluded."""
    INTERVAL_INCLUDES_HALF = "interval_includes_half"
    """The interval over prompts includes one half."""
    EXACT_TEST = "exact_test"
    """The t interval excludes one half, but the exact sign-flip test over prompts is not significant."""
    TOO_FEW_RATERS = "too_few_raters"
    """Fewer than `LEAST_RATERS` raters judged: too few for a claim about other raters."""
    UNEQUAL_LOADS = "unequal_loads"
    """Enough raters judged, but too few of them have `LEAST_JUDGMENTS` judgments."""
    RATERS_DIFFER = "raters_differ"
    """The claim about these raters is made, but their own rates differ too much or lie on both sides of ½."""
    JUDGING_OPEN = "judging_open"
    """The planned judgments are not complete, and this claim is made only once, at the end."""
    EVIDENCE_BELOW_20 = "evidence_below_20"
    """Judging is open, and the highest e-value so far is below `ENOUGH_EVIDENCE`."""
    WITHHELD = "still_blinded"
    """The study is blinded: no preference is shown. Set by the caller, which knows the blinding state."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim about a comparison, made or not made."""

    scope: ClaimScope  # the raters about whom the claim is made
    made: bool  # whether one side is claimed to be preferred
    favours: Side | None  # that side; None where the claim is not made
    basis: ClaimBasis  # the rule of the claim
    reason: NoClaim  # why the claim is not made; `NoClaim.MADE` where it is made
    # lower end of the interval that decides, 0 to 1; None where there is none, or the basis is sequential.
    # ``high`` likewise.
    low: float | None = None
    high: float | None = None
    # two-sided p over prompts, for scopes one rater and these raters with basis fixed; else None
    p: float | None = None
    e_value: float | None = None  # the highest e-value so far, where the basis is sequential; else None


def withheld(claim: Claim) -> Claim:
    """The claim as shown in a blinded study: not made, without interval, p and e-value."""
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
    """The claims of one comparison: about the one rater, or about these raters and about raters like them.

    Args:
        preference: share of each judgment that goes to b, 0 to 1; not empty; of raters of one kind.
        prompts: a prompt code for each judgment, ascending in the order in which prompts were first judged.
        finished: whether all planned judgments are complete, or judging was closed. If so, the claims are
            made once, from the intervals; if not, only from the e-value.
        evidence: e-values of the prompts' means in the order of the codes.
    """
    first = ClaimScope.ONE_RATER if compact(raters)[1] == 1 else ClaimScope.THESE_RATERS
    if not finished:
        these = _so_far(first, preference, prompts, evidence)
        others = Claim(ClaimScope.RATERS_LIKE_THESE, False, None, ClaimBasis.SEQUENTIAL, NoClaim.JUDGING_OPEN)
        return (these,) if first is ClaimScope.ONE_RATER else (these, others)
    these = _of_prompts(first, preference, prompts, level)
    if first is ClaimScope.ONE_RATER:
        return (these,)
    return these, _of_raters(these, preference, prompts, raters, level)


def _so_far(scope: ClaimScope, preference: FloatArray, prompts: IntArray, evidence: Evidence) -> Claim:
    """A claim by the highest e-value: once made it stays made, for the side that was ahead at that time."""
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


def _of_prompts(scope: ClaimScope, preference: FloatArray, prompts: IntArray, level: float) -> Claim:
    rate = rate_over_prompts(preference, prompts, level)
    found = lean_over_prompts(2 * preference - 1, prompts, level)
    if found is None or found.prompts < LEAST_PROMPTS:
        reason = NoClaim.TOO_FEW_PROMPTS
    elif found.interval_p < 1 - level:
        reason = NoClaim.EXACT_TEST
    else:
        reason = NoClaim.INTERVAL_INCLUDES_HALF
    return _of_rate(scope, rate, reason, found.p if found else None)


def _of_raters(
    these: Claim, preference: FloatArray, prompts: IntArray, raters: IntArray, level: float
) -> Claim:
    rate = rate_over_raters(preference, prompts, raters, level)
    if compact(raters)[1] < LEAST_RATERS:
        reason = NoClaim.TOO_FEW_RATERS
    elif these.reason is not NoClaim.TOO_FEW_PROMPTS and (rate is None or rate.low is None):
        reason = NoClaim.UNEQUAL_LOADS
    else:
        reason = NoClaim.RATERS_DIFFER if these.made else these.reason
    return _of_rate(ClaimScope.RATERS_LIKE_THESE, rate, reason, None)


def _of_rate(scope: ClaimScope, rate: Rate | None, otherwise: NoClaim, p: float | None) -> Claim:
    return fixed_claim(scope, (rate.low, rate.high) if rate else (None, None), otherwise, p)


def fixed_claim(
    scope: ClaimScope,
    ends: tuple[float | None, float | None],
    otherwise: NoClaim,
    p: float | None = None,
) -> Claim:
    """Return a claim that is made where the interval excludes one half.

    Args:
        ends: ends of the interval, 0 to 1; None where there is none.
        otherwise: why it is not made, where it is not.
    """
    low, high = ends
    favours = _beyond_half(low, high)
    reason = otherwise if favours is None else NoClaim.MADE
    return Claim(scope, favours is not None, favours, ClaimBasis.FIXED, reason, low, high, p)


def _beyond_half(low: float | None, high: float | None) -> Side | None:
    if low is None or high is None:
        return None
    return "b" if low > HALF else "a" if high < HALF else None
