"""Claims about a comparison: their scope, when they are made, and by which rule.

A claim is made where its interval excludes one half, so that a page never says "better" next to an interval
that includes it, or the other way round.

Evidence may be checked after every prompt, by a betting e-process and confidence sequence. One prompt is one
step, for any number of raters, because votes on one pair of responses are not independent. The prompts must
be judged in random order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from typing import Literal

import numpy as np
from scipy import optimize, special

from ftcompare.stats import win_rate
from ftcompare.stats.resampling import SEED
from ftcompare.stats.vote_table import FloatArray, IntArray, compact, means_by

NODES = 1024
"""Number of Gauss-Legendre nodes of the mixture: exact up to 2,047 prompts. For more prompts the mixture over
the nodes is itself a valid e-process, so the guarantee does not depend on the quadrature."""

MAX_DISTINCT = 1000  # more prompt means are rounded to thousandths, symmetrically about one half

EDGE = 1e-12

LOOKS = 5_000  # maximum number of e-values, in even steps of prompts; fewer keep the guarantee

_AT_ONCE = 500  # number of prompts whose bets are multiplied at once: bounds the memory


@dataclass(frozen=True, slots=True)
class Evidence:
    """The e-values of a comparison so far. By Ville's inequality the highest one stays valid."""

    last: float  # the e-value after all prompts
    highest: float  # the highest e-value after any prompt so far; 1 before the first
    at: int  # number of prompts after which it was highest; 0 where it never rose above 1
    lead: float = 0.5  # mean preference for b of those prompts, 0 to 1, which gives the side that was ahead
    means: tuple[float, ...] = field(default=(), repr=False, compare=False)  # of the prompts that are steps


def evidence(means: FloatArray) -> Evidence:
    """Return the e-value after the last prompt, and the highest e-value after any prompt before it.

    Under "neither is preferred" the probability that the highest ever reaches 1/α is at most α, for any
    number of looks, for prompts whose means are final: see `steps`. Source: Ville 1939.

    `means` are each prompt's mean preference for b (0 to 1), in the order of completion. With more than
    `LOOKS` prompts, the e-value is computed only after every few prompts.
    """
    values, codes = np.unique(means, return_inverse=True)
    if len(values) > MAX_DISTINCT:
        values, codes = np.unique(np.rint(means * 1000) / 1000, return_inverse=True)
    step = max(1, -(-len(codes) // LOOKS))
    looks = np.minimum(np.arange(step, len(codes) + step, step), len(codes))
    path = _path(_log_factors(values, 0.5), codes, looks, max(1, _AT_ONCE // step))
    highest = int(np.argmax(path)) if len(path) else 0
    if not len(path) or path[highest] <= 0:
        return Evidence(e_value(means), 1.0, 0, means=tuple(means.tolist()))
    at, lead = int(looks[highest]), float(means[: looks[highest]].mean())
    return Evidence(e_value(means), _from_log(float(path[highest])), at, lead, tuple(means.tolist()))


def steps(
    preference: FloatArray, prompts: IntArray, planned: int | IntArray = 0, *, still_open: bool = False
) -> FloatArray:
    """Return the means of the prompts that have all their judgments, in the order of each one's last.

    After the end of judging the others follow, in the same order. Were a prompt a step from its first
    judgment on, its mean would change while others follow; with raters who judge one after another the
    evidence then passes 20 by chance in 8% of studies.

    Args:
        preference: share of each judgment that goes to b, in the order of time.
        planned: number of judgments that each prompt is to have, maybe by prompt; 0 where none is planned.
        still_open: whether further judgments are awaited: only then are the others left out.
    """
    prompt, count = compact(prompts)
    wanted = planned if isinstance(planned, int) else planned[np.unique(prompts)]
    last = np.zeros(count, dtype=np.int64)
    np.maximum.at(last, prompt, np.arange(len(prompt)))
    complete = np.bincount(prompt, minlength=count) >= wanted
    order = np.lexsort((last, ~complete))
    return means_by(preference, prompts)[order[complete[order]] if still_open else order]


def _path(log_factors: FloatArray, codes: IntArray, looks: IntArray, at_once: int) -> FloatArray:
    """Return log e-values after each number of prompts in `looks`, which is ascending."""
    weights, wealth = _mixture()[1], np.zeros(log_factors.shape[1])
    found, before = np.zeros(len(looks)), 0
    for start in range(0, len(looks), at_once):
        ends = looks[start : start + at_once]
        grown = np.cumsum(log_factors[codes[before : ends[-1]]], axis=0)[ends - before - 1] + wealth
        found[start : start + at_once] = special.logsumexp(grown, b=weights, axis=1)
        wealth, before = grown[-1], int(ends[-1])
    return found


def e_value(means: FloatArray) -> float:
    """Return evidence against "neither is preferred", from each prompt's mean preference for b (0 to 1).

    E = mean over λ uniform on [-1, 1] of Π (1 + λ d_t), with d_t = 2 · mean - 1. With one decisive vote per
    prompt it is 2ⁿ / ((n + 1) · C(n, k)). Under the null the probability that E ever reaches 1/α is at most
    α. 1 for no prompts; at most the largest float.
    """
    return _from_log(_log_wealth(*_distinct(means), 0.5))


def _from_log(log_e: float) -> float:
    return math.exp(min(log_e, 709.0))


def confidence_sequence(means: FloatArray, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of all half-win rates m that the evidence does not refute: {m : E_m < 1/α}.

    E_m = ∫₀¹ Π (x_t q/m + (1 - x_t)(1 - q)/(1 - m)) dq for prompt means x_t, which for m = ½ is `e_value`.
    Log E_m is convex in m and at most 0 at the mean, so each end is a single root. Source: Waudby-Smith &
    Ramdas 2024, betting confidence sequences.
    """
    values, counts = _distinct(means)
    return _lower_end(values, counts, level), 1.0 - _lower_end(1.0 - values, counts, level)


def sequence_so_far(means: FloatArray, evidence: Evidence, level: float = 0.95) -> tuple[float, float]:
    """The confidence sequence, within that of the highest e-value where this one made a claim.

    The interval then excludes one half as long as the claim stands. All looks hold together, so their
    intersection does; if it is empty, the interval of the highest e-value is returned.
    """
    low, high = confidence_sequence(means, level)
    if evidence.highest < ENOUGH_EVIDENCE or not low <= HALF <= high:
        return low, high
    first = confidence_sequence(means[: evidence.at], level)
    both = max(low, first[0]), min(high, first[1])
    return both if both[0] <= both[1] else first


def _lower_end(values: FloatArray, counts: FloatArray, level: float) -> float:
    threshold = -math.log(1 - level)

    def excess(m: float) -> float:
        return _log_wealth(values, counts, m) - threshold

    mean = float(values @ counts / counts.sum()) if counts.size else 0.0
    if mean <= EDGE or excess(EDGE) <= 0:
        return 0.0
    return float(optimize.brentq(excess, EDGE, min(mean, 1 - EDGE), xtol=1e-10))


def _distinct(means: FloatArray) -> tuple[FloatArray, FloatArray]:
    values, counts = np.unique(means, return_counts=True)
    if len(values) > MAX_DISTINCT:
        values, counts = np.unique(np.rint(means * 1000) / 1000, return_counts=True)
    return values, counts.astype(np.float64)


def _log_wealth(values: FloatArray, counts: FloatArray, m: float) -> float:
    exponents = counts @ _log_factors(values, m)
    # `special.logsumexp` is ten times slower for so few values, and this is most of a comparison's time.
    highest = float(exponents.max())
    return highest + math.log(float(_mixture()[1] @ np.exp(exponents - highest)))


MOST_TIMES = 10
"""Forecasts end at this many times the prompts that were judged."""
LEAST_STEPS = 10  # with fewer prompts there is no forecast
FORECASTS, FORECAST_NODES, FORECAST_LOOKS = 200, 128, 24


@dataclass(frozen=True, slots=True)
class FurtherSteps:
    """Further prompts, or judgments, until the evidence is enough; None beyond the end of the forecast."""

    low: int | None  # end of the middle 80% of forecasts, as ``high``
    median: int | None
    high: int | None
    most: int  # where the forecast ends


def further_steps(
    means: FloatArray, preference: FloatArray, prompts: IntArray, each: float = 1
) -> FurtherSteps:
    """Forecast after how many further prompts the e-value reaches `ENOUGH_EVIDENCE`.

    The judged prompts get random weights that sum to 1 (Rubin 1981, The Bayesian Bootstrap, Annals of
    Statistics 9:130-134). Further prompts are drawn with these weights and continue the e-value, up to
    `MOST_TIMES` as many as were judged. It is looked at `FORECAST_LOOKS` times, in equal ratios.

    Args:
        means: the steps of the e-value so far, 0 to 1, not empty.
        preference: values that the mean of a further prompt can have, 0 to 1, by judged prompt: one, or
            several of which each is as likely.
        prompts: the prompt of each value.
        each: number of judgments of a prompt, to forecast judgments.
    """
    rng, (prompt, judged) = np.random.default_rng(SEED), compact(prompts)
    decided = preference[preference != HALF]
    if len(decided) and decided[0] < HALF:  # the forecast must not depend on which system is called b
        means, preference = 1 - means, 1 - preference
    values, codes = np.unique(preference.round(9), return_inverse=True)
    shares = np.zeros((judged, len(values)))
    np.add.at(shares, (prompt, codes), 1 / np.bincount(prompt)[prompt])
    chances = rng.dirichlet(np.ones(judged), FORECASTS) @ shares
    chances /= chances.sum(axis=1, keepdims=True)
    count, enough = len(means), math.log(ENOUGH_EVIDENCE)
    factors, weights = _log_factors(values, HALF, FORECAST_NODES), _mixture(FORECAST_NODES)[1]
    known, number = _distinct(means)
    wealth = np.tile(number @ _log_factors(known, HALF, FORECAST_NODES), (FORECASTS, 1))
    looks = np.unique(np.geomspace(1, MOST_TIMES * count, FORECAST_LOOKS).round().astype(np.int64))
    reached, done, before = np.full(FORECASTS, math.inf), 0, special.logsumexp(wealth, b=weights, axis=1)
    for look in looks:
        wealth += rng.multinomial(look - done, chances) @ factors
        now = special.logsumexp(wealth, b=weights, axis=1)
        new = (now >= enough) & np.isinf(reached)
        part = (enough - before[new]) / (now[new] - before[new])
        reached[new] = done + np.clip(part, 0, 1) * (look - done)
        done, before = int(look), now
    ends = np.quantile(reached, (0.1, 0.5, 0.9), method="higher")
    low, median, high = (None if math.isinf(end) else round(math.ceil(end) * each) for end in ends)
    return FurtherSteps(low, median, high, round(MOST_TIMES * count * each))


def _log_factors(values: FloatArray, m: float, number: int = NODES) -> FloatArray:
    """Return values x nodes: the log of the factor by which each bet multiplies the wealth."""
    nodes, _ = _mixture(number)
    return np.log(np.outer(values / m, nodes) + np.outer((1 - values) / (1 - m), 1 - nodes))


@cache
def _mixture(number: int = NODES) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights of the uniform distribution on (0, 1)."""
    nodes, weights = special.roots_legendre(number)
    return (np.asarray(nodes) + 1) / 2, np.asarray(weights) / 2


ENOUGH_EVIDENCE = 20.0  # at most 5% of studies without a preference ever reach this e-value

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
    MADE = ""
    TOO_FEW_PROMPTS = "too_few_prompts"  # fewer than `LEAST_PROMPTS`: chance cannot be excluded
    INTERVAL_INCLUDES_HALF = "interval_includes_half"  # the interval over prompts includes one half
    EXACT_TEST = "exact_test"  # t excludes one half, but the exact sign-flip test is not significant
    TOO_FEW_RATERS = "too_few_raters"  # fewer than `LEAST_RATERS`, too few for a claim about others
    UNEQUAL_LOADS = "unequal_loads"  # too few of the raters have `LEAST_JUDGMENTS` judgments
    RATERS_DIFFER = "raters_differ"  # the claim about these raters is made, but their rates differ too much
    JUDGING_OPEN = "judging_open"  # judgments are missing, and this claim is made only at the end
    EVIDENCE_BELOW_20 = "evidence_below_20"  # judging is open, and no e-value reached `ENOUGH_EVIDENCE`
    INHERITED = "inherited"  # more than `MOST_INHERITED` of the prompts have judgments of an earlier study
    WITHHELD = "still_blinded"  # the study is blinded: no preference is shown; set by the caller


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim about a comparison, made or not made."""

    scope: ClaimScope  # the raters about whom the claim is made
    made: bool  # whether one side is claimed to be preferred
    favours: Side | None  # that side; None where the claim is not made
    basis: ClaimBasis  # the rule of the claim
    reason: NoClaim  # why the claim is not made; `NoClaim.MADE` where it is made
    low: float | None = None  # lower end of the interval that decides; None, as ``high``, if sequential
    high: float | None = None
    p: float | None = None  # two-sided, over prompts; for one rater or these raters, basis fixed
    e_value: float | None = None  # the highest e-value so far, where the basis is sequential; else None


MOST_INHERITED = 1 / 3
"""Largest share of prompts with judgments of an earlier study with which a claim is made: if raters judge
differently now, more of them make intervals too narrow (`benchmarks/carrying_on.py`)."""

JUDGED_EARLY = Claim(ClaimScope.RATERS_LIKE_THESE, False, None, ClaimBasis.SEQUENTIAL, NoClaim.JUDGING_OPEN)
"""The claim about other raters of this kind before all planned judgments are made."""


def withheld(claim: Claim) -> Claim:
    """Return the claim as shown in a blinded study: not made, without interval, p and e-value."""
    return Claim(claim.scope, False, None, claim.basis, NoClaim.WITHHELD)


def claims(
    preference: FloatArray,
    prompts: IntArray,
    raters: IntArray,
    *,
    finished: bool,
    evidence: Evidence,
    level: float = 0.95,
    inherited: float = 0.0,
) -> tuple[Claim, ...]:
    """Return the claims of one comparison: about the one rater, or these raters and others of this kind.

    Args:
        preference: share of each judgment that goes to b, 0 to 1; not empty; of raters of one kind.
        finished: whether judging is complete or closed. If so, the claims are made once, from the intervals;
            if not, only from the e-value.
        evidence: e-values of the complete prompts.
        inherited: share of the prompts that have judgments of an earlier study.
    """
    first = ClaimScope.ONE_RATER if compact(raters)[1] == 1 else ClaimScope.THESE_RATERS
    if not finished:
        # Make a claim by the highest e-value; it stays made, for the side that was ahead at that time.
        these = sequential_claim(first, evidence.highest, evidence.lead)
        return (these,) if first is ClaimScope.ONE_RATER else (these, JUDGED_EARLY)
    if inherited > MOST_INHERITED:
        not_made = Claim(first, False, None, ClaimBasis.FIXED, NoClaim.INHERITED)
        others = replace(not_made, scope=ClaimScope.RATERS_LIKE_THESE)
        return (not_made,) if first is ClaimScope.ONE_RATER else (not_made, others)
    these = _of_prompts(first, preference, prompts, level)
    if first is ClaimScope.ONE_RATER:
        return (these,)
    return these, _of_raters(these, preference, prompts, raters, level)


def sequential_claim(scope: ClaimScope, e_value: float, lead: float) -> Claim:
    """Return a claim that is made where the e-value is enough, for the side that ``lead`` favors."""
    made = e_value >= ENOUGH_EVIDENCE
    favours: Side | None = ("b" if lead > HALF else "a") if made else None
    reason = NoClaim.MADE if made else NoClaim.EVIDENCE_BELOW_20
    return Claim(scope, made, favours, ClaimBasis.SEQUENTIAL, reason, e_value=e_value)


def _of_prompts(scope: ClaimScope, preference: FloatArray, prompts: IntArray, level: float) -> Claim:
    rate = win_rate.rate_over_prompts(preference, prompts, level)
    found = win_rate.lean_over_prompts(2 * preference - 1, prompts, level)
    if found is None or found.prompts < win_rate.LEAST_PROMPTS:
        reason = NoClaim.TOO_FEW_PROMPTS
    elif found.interval_p < 1 - level:
        reason = NoClaim.EXACT_TEST
    else:
        reason = NoClaim.INTERVAL_INCLUDES_HALF
    return fixed_claim(scope, (rate.low, rate.high), reason, found.p if found else None)


def _of_raters(
    these: Claim, preference: FloatArray, prompts: IntArray, raters: IntArray, level: float
) -> Claim:
    rate = win_rate.rate_over_raters(preference, prompts, raters, level)
    if compact(raters)[1] < win_rate.LEAST_RATERS:
        reason = NoClaim.TOO_FEW_RATERS
    elif these.reason is not NoClaim.TOO_FEW_PROMPTS and (rate is None or rate.low is None):
        reason = NoClaim.UNEQUAL_LOADS
    else:
        reason = NoClaim.RATERS_DIFFER if these.made else these.reason
    ends = (rate.low, rate.high) if rate else (None, None)
    return fixed_claim(ClaimScope.RATERS_LIKE_THESE, ends, reason)


def fixed_claim(
    scope: ClaimScope,
    ends: tuple[float | None, float | None],
    otherwise: NoClaim,
    p: float | None = None,
) -> Claim:
    """Return a claim that is made where the interval (0 to 1, or None) excludes one half; else why not."""
    low, high = ends
    favours: Side | None = None
    if low is not None and high is not None:
        favours = "b" if low > HALF else "a" if high < HALF else None
    reason = otherwise if favours is None else NoClaim.MADE
    return Claim(scope, favours is not None, favours, ClaimBasis.FIXED, reason, low, high, p)
