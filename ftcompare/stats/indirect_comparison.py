"""Two systems that were judged against the same base but never against each other.

The difference of their win rates needs no assumption. The implied win rate of one against the other assumes
that preference is transitive on average: log-odds against the base subtract (Bradley & Terry 1952). A check
of consistency compares it with pairs that were judged side by side (Bucher et al. 1997, Journal of Clinical
Epidemiology 50:683).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import special

from ftcompare.stats import win_rate
from ftcompare.stats.checkpoint_differences import PreferenceShare
from ftcompare.stats.claim_power import LEVEL, MAX_RATE, POWER, StudyDesign, least_prompts
from ftcompare.stats.claims import MOST_INHERITED, ClaimScope
from ftcompare.stats.vote_table import FloatArray, IntArray, compact, means_by

LEAST_COMMON = 10  # prompts that both were judged on: with fewer there is no interval
CAUTION = 0.7  # of `TAILS`: raters may differ unequally in two comparisons; chosen by simulation
MOST_RATERS = 400  # of a contrast; with more, their degrees of freedom are too many to matter
MOST_TIES = 0.9  # share of ties that is assumed of further judgments at most
NO_DIFFERENCE = 0.005  # distance of the implied rate from one half up to which no number of pairs settles it
_HALF = 0.5


class NoInterval(StrEnum):
    """Why a comparison through the base has no interval, so that nothing is claimed."""

    NONE = ""  # it has one
    FEW_PROMPTS = "few_prompts"  # fewer than `LEAST_COMMON` common prompts
    FEW_RATERS = "few_raters"  # the raters differ, and one study has too few of them to count what they add
    ENDED_EARLY = "ended_early"  # a study was unblinded before all planned judgments were made


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The judgments of one comparison as arrays; prompts and raters have one code in all comparisons."""

    share: FloatArray  # share of each judgment that the system of interest got, 0 to 1
    prompt: IntArray
    rater: IntArray

    def on(self, prompts: IntArray) -> Judged:
        kept = np.isin(self.prompt, prompts)
        return Judged(self.share[kept], self.prompt[kept], self.rater[kept])


@dataclass(frozen=True, slots=True)
class Contrast:
    """A weighted sum of win rates, with its variance over prompts and raters."""

    value: float
    error: float  # standard error
    freedom: float  # degrees of freedom of the error
    tail: float  # share of 1 - level that t leaves out, as `TAILS`

    def margin(self, level: float) -> float:
        return float(special.stdtrit(self.freedom, 1 - self.tail * (1 - level) / 2)) * self.error


@dataclass(frozen=True, slots=True)
class DifferenceInterval:
    """A figure with its interval at 95%; no ends where none is given."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Consistency:
    """The win rate that was judged side by side, minus the implied one."""

    direct: float  # share that the first system won against the second, 0 to 1
    difference: float  # -1 to 1
    low: float
    high: float
    detectable: float  # difference that the check would find in 80% of cases
    prompts: int  # judged side by side

    @property
    def contradicted(self) -> bool:
        return not self.low <= 0 <= self.high


@dataclass(frozen=True, slots=True)
class Carried:
    """How many common prompts have judgments that were not made again for one of the studies."""

    inherited: tuple[int, int] = (0, 0)  # in the first and the second study
    shared: int = 0  # with a judgment that is in both


def carried(
    first: Sequence[PreferenceShare], second: Sequence[PreferenceShare], *, copied: bool = False
) -> Carried:
    """Find the inherited judgments, and those in both; ``copied``: whether one study is a copy of the other.

    Without a copy, a judgment is in both only if one of them inherited it.
    """
    common = {one.prompt for one in first} & {one.prompt for one in second}
    inherited = [{one.prompt for one in of if one.inherited} & common for of in (first, second)]
    known = {one.event: one.inherited for one in first if one.at}
    shared = {
        one.prompt for one in second if one.event in known and (copied or one.inherited or known[one.event])
    }
    return Carried((len(inherited[0]), len(inherited[1])), len(shared))


@dataclass(frozen=True, slots=True)
class IndirectComparison:
    difference: DifferenceInterval  # the first system's win rate against the base minus the second's, -1 to 1
    implied: DifferenceInterval  # the share that the first would win against the second, by the log-odds
    rates: tuple[float, float]  # of the first and the second on the common prompts, 0 to 1
    no_interval: NoInterval
    prompts: int  # common prompts
    raters: tuple[int, int, int]  # of the first comparison, of the second, and of both
    raters_counted: bool  # whether the interval applies to other raters of this kind
    ties: float  # share of the judgments that preferred neither side, 0 to 1
    consistency: Consistency | None  # None without enough pairs that were judged side by side
    carried: Carried = Carried()

    @property
    def too_many_inherited(self) -> bool:
        return max(self.carried.inherited) > MOST_INHERITED * self.prompts

    @property
    def excludes_0(self) -> bool:
        low, high = self.difference.low, self.difference.high
        return low is not None and high is not None and not low <= 0 <= high

    @property
    def claimed(self) -> bool:
        return self.excludes_0 and not (self.carried.shared or self.too_many_inherited)


def indirect_comparison(
    first: Judged, second: Judged, direct: Judged | None = None, *, finished: bool = True
) -> IndirectComparison | None:
    """Compare two systems through their base, on the prompts that both comparisons have; None without any.

    D = Σ_p (a_p - b_p) / P, where a_p and b_p are the systems' mean shares on prompt p. The interval is the
    smallest that contains that of `rate_over_prompts` for the a_p - b_p, and that of `contrast`, which counts
    the raters of both comparisons. If the same raters, too few for `contrast`, judged both, it is the first.

    Args:
        first: the first system's shares against the base.
        second: the second system's.
        direct: the first system's shares against the second, where both were judged side by side.
        finished: whether all planned judgments were made; if not, there is no interval.
    """
    common = np.intersect1d(first.prompt, second.prompt)
    if not len(common):
        return None
    first, second = first.on(common), second.on(common)
    means = [means_by(part.share, part.prompt) for part in (first, second)]
    counts = [len(np.unique(of)) for of in (first.rater, second.rater)]
    both = len(np.intersect1d(first.rater, second.rater))
    of_raters = contrast((first, second), (1.0, -1.0))
    if not finished:
        why = NoInterval.ENDED_EARLY
    elif len(common) < LEAST_COMMON:
        why = NoInterval.FEW_PROMPTS
    else:
        why = NoInterval.FEW_RATERS if of_raters is None and {*counts} != {both} else NoInterval.NONE
    difference = DifferenceInterval(float((means[0] - means[1]).mean()))
    if not why:
        difference = _with_ends(means[0] - means[1], of_raters)
    rates = float(means[0].mean()), float(means[1].mean())
    return IndirectComparison(
        difference,
        _implied(rates, difference, len(common)),
        rates,
        why,
        len(common),
        (counts[0], counts[1], both),
        of_raters is not None,
        float(np.mean(np.concatenate([first.share, second.share]) == _HALF)),
        consistency(first, second, direct) if direct is not None and not why else None,
    )


def _with_ends(differences: FloatArray, of_raters: Contrast | None) -> DifferenceInterval:
    found = win_rate.rate_over_prompts((1 + differences) / 2, np.arange(len(differences)), LEVEL)
    assert found.low is not None  # noqa: S101 - there are several prompts
    assert found.high is not None  # noqa: S101 - as above
    low, high = 2 * found.low - 1, 2 * found.high - 1
    if of_raters is not None:
        margin = of_raters.margin(LEVEL)
        low, high = min(low, of_raters.value - margin), max(high, of_raters.value + margin)
    return DifferenceInterval(float(differences.mean()), max(low, -1.0), min(high, 1.0))


def _implied(rates: tuple[float, float], difference: DifferenceInterval, prompts: int) -> DifferenceInterval:
    """Return expit(logit(m + d/2) - logit(m - d/2)) for the difference d and its ends, m the mean rate.

    It is ½ where d is 0, so that the implied rate and the difference never disagree on which side is ahead.
    """
    middle = min(max(sum(rates) / 2, 1 / (2 * prompts)), 1 - 1 / (2 * prompts))
    most = 2 * min(middle, 1 - middle) * (1 - 1 / (2 * prompts))  # rates stay between 0 and 1

    def at(d: float) -> float:
        half = max(-most, min(most, d)) / 2
        return float(special.expit(special.logit(middle + half) - special.logit(middle - half)))

    low, high = difference.low, difference.high
    return DifferenceInterval(
        at(difference.value), None if low is None else at(low), None if high is None else at(high)
    )


def fewest_pairs(comparison: IndirectComparison) -> tuple[ClaimScope, int | None]:
    """Return how many pairs judged side by side would settle the question in 80% of cases, and for whom.

    The number of prompts at which the claim about the better system has that power at the implied rate: the
    claim about other raters of this kind or, where no number of prompts reaches that, about the raters of
    the new study, as many as the smaller of the two studies had. None where no number reaches either.
    """
    raters, ties = min(comparison.raters[:2]), min(comparison.ties, MOST_TIES)
    decided = _HALF + min(abs(comparison.implied.value - _HALF) / (1 - ties), MAX_RATE - _HALF)
    found = {}
    if decided > _HALF + NO_DIFFERENCE:
        found = least_prompts(round(decided, 3), StudyDesign(1, raters, tie_share=round(ties, 2)))
    first = ClaimScope.THESE_RATERS if raters > 1 else ClaimScope.ONE_RATER
    best = next((scope for scope in reversed(ClaimScope) if found.get(scope)), first)
    return best, found.get(best)


def consistency(first: Judged, second: Judged, direct: Judged) -> Consistency | None:
    """Compare pairs judged side by side with the implied win rate; None without enough of them.

    The interval is that of `contrast`, with the slopes of the implied rate: p (1 - p) / (w (1 - w)) for a
    win rate w. Prompts and raters that several comparisons share are paired.
    """
    prompts = len(np.unique(direct.prompt))
    if prompts < LEAST_COMMON:
        return None
    edge = 1 / (2 * len(np.unique(first.prompt)))
    rates = [
        min(max(float(means_by(part.share, part.prompt).mean()), edge), 1 - edge) for part in (first, second)
    ]
    implied = float(special.expit(special.logit(rates[0]) - special.logit(rates[1])))
    slopes = [implied * (1 - implied) / (rate * (1 - rate)) for rate in rates]
    found = contrast((direct, first, second), (1.0, -slopes[0], slopes[1]))
    if found is None:
        return None
    rate, margin = float(means_by(direct.share, direct.prompt).mean()), found.margin(LEVEL)
    detectable = margin + float(special.ndtri(POWER)) * found.error
    return Consistency(
        rate, rate - implied, rate - implied - margin, rate - implied + margin, detectable, prompts
    )


def judged(*comparisons: Sequence[PreferenceShare]) -> list[Judged]:
    """Return the judgments as arrays, with codes for prompts and raters that all comparisons share."""
    every = [one for of in comparisons for one in of]
    prompt, rater = (
        np.unique([getattr(one, name) for one in every], return_inverse=True)[1] for name in _CODES
    )
    share, ends = np.array([one.share for one in every]), np.cumsum([len(of) for of in comparisons])[:-1]
    parts = zip(np.split(share, ends), np.split(prompt, ends), np.split(rater, ends), strict=True)
    return [Judged(*part) for part in parts]


def contrast(parts: Sequence[Judged], factors: Sequence[float]) -> Contrast | None:
    """Return Σ f θ over comparisons of factors f, with its variance over prompts and raters.

    θ = Σ_j s_j ȳ_j as in `win_rate`. The influence of a judgment is f s_j / n_j times its deviation from its
    rater's mean; V_P is the variance of the sums by prompt. V_R = Σ_j (Σ f s_j (ȳ_j - θ) / √(1 - s_j))², the
    inner sum over the comparisons that rater j judged, so that raters (as prompts) of several are paired.
    V_E, the variance of the rest, is in both. V = max(V_P + V_R - V_E, V_P, V_R), with Satterthwaite's
    degrees of freedom; those of V_R are Bell & McCaffrey's (2002) for the variances found between raters.
    Unlike `win_rate`, comparisons may share some prompts and raters and not others.

    None where a comparison has fewer than `LEAST_RATERS` raters of `LEAST_JUDGMENTS` prompts.
    """
    prompts, raters = (1 + max(int(getattr(part, name).max(initial=0)) for part in parts) for name in _CODES)
    by_prompt, by_rater, rows = np.zeros(prompts), np.zeros(raters), []
    value, cells, rest, freedoms, left = 0.0, [], [], [], 0.0
    for part, factor in zip(parts, factors, strict=True):
        found = _of_part(part, prompts)
        if found is None:
            return None
        value += factor * found.mean
        weights = factor * (found.shares / found.loads)[found.place]
        np.add.at(by_prompt, found.prompt, weights * found.deviation)
        by_rater[found.raters] += factor * found.scaled * (found.own - found.mean)
        cells.append(found.prompt * raters + found.raters[found.place])
        rest.append(weights * found.residual)
        scatter = np.diag(found.scaled) @ (np.eye(len(found.own)) - found.shares)
        rows.append((found.raters, factor * np.sqrt(found.variance) * scatter))
        freedoms.append(_freedom(scatter))
        left += found.left
    if min(freedoms) < win_rate.LEAST_FREEDOM - win_rate.ROUNDING:
        return None
    count = len(np.unique(np.concatenate([part.prompt for part in parts])))
    _, place = np.unique(np.concatenate(cells), return_inverse=True)
    by_rest = float(np.sum(np.bincount(place, weights=np.concatenate(rest)) ** 2))
    over_prompts = float(by_prompt @ by_prompt) * count / (count - 1)
    over_raters = float(by_rater @ by_rater)
    freedom = _freedom_together(rows, raters) if raters <= MOST_RATERS else min(freedoms)
    total = max(over_prompts + over_raters - by_rest, over_prompts, over_raters, win_rate.SMALLEST_VARIANCE)
    terms = over_raters**2 / freedom + over_prompts**2 / (count - 1) + by_rest**2 / max(1, left)
    tail = CAUTION * next(
        share for most, share in win_rate.TAILS if min(freedoms) <= most + win_rate.ROUNDING
    )
    return Contrast(
        value, float(np.sqrt(total)), max(1, total**2 / max(terms, win_rate.SMALLEST_VARIANCE**2)), tail
    )


_CODES = ("prompt", "rater")


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One comparison of a contrast; raters with fewer than `LEAST_JUDGMENTS` prompts are left out."""

    prompt: IntArray  # of each judgment, at most one for each prompt and rater
    place: IntArray  # index of its rater
    deviation: FloatArray  # from its rater's mean
    residual: FloatArray  # from its rater's and its prompt's, scaled for the degrees of freedom
    left: float  # degrees of freedom of the residual
    raters: IntArray  # codes of the raters
    loads: FloatArray  # n_j
    shares: FloatArray  # s_j
    own: FloatArray  # ȳ_j
    mean: float  # θ
    variance: float  # between raters' means

    @property
    def scaled(self) -> FloatArray:
        return self.shares / np.sqrt(1 - self.shares)


def _of_part(part: Judged, prompts: int) -> _Part | None:
    cell = part.rater * prompts + part.prompt
    codes, share = np.unique(cell), means_by(part.share, cell)
    rater, prompt = codes // prompts, codes % prompts
    enough = np.bincount(rater)[rater] >= win_rate.LEAST_JUDGMENTS
    share, prompt, rater = share[enough], prompt[enough], rater[enough]
    place, number = compact(rater)
    if number < win_rate.LEAST_RATERS:
        return None
    loads = np.bincount(place).astype(np.float64)
    shares = loads / (1 + win_rate.LIKELY_VARIANCE * loads)
    shares /= shares.sum()
    own = np.bincount(place, weights=share) / loads
    deviation = share - own[place]
    dense, count = compact(prompt)
    residual = deviation - means_by(deviation, prompt)[dense]
    left = max(1, len(share) - count - number + 1)
    residual = residual * np.sqrt(len(share) / left)
    mean, spread = float(own @ shares), float(np.var(own, ddof=1))
    return _Part(prompt, place, deviation, residual, left, np.unique(rater), loads, shares, own, mean, spread)


def _freedom(scatter: FloatArray) -> float:
    product = scatter.T @ scatter
    return float(np.trace(product) ** 2 / max(float(np.sum(product**2)), win_rate.SMALLEST_VARIANCE**2))


def _freedom_together(rows: Sequence[tuple[IntArray, FloatArray]], raters: int) -> float:
    """Return (tr G)² / tr G² of G = L Lᵀ, L the effect of each rater's leaning on what V_R squares."""
    whole = np.zeros((raters, sum(scatter.shape[1] for _, scatter in rows)))
    first = 0
    for codes, scatter in rows:
        whole[codes, first : first + scatter.shape[1]] = scatter
        first += scatter.shape[1]
    return max(1.0, _freedom(whole.T))
