"""The power of a planned study: how often it makes its claims, by simulation.

A judgment is a tie with a given probability, and otherwise a win of b with probability expit(μ + prompt
effect + rater effect); prompt and rater effects are normal. Each simulated study draws its own raters: the
power is the probability before anyone has rated. Every win rate and every number of prompts uses the same
random stream, so that the same plan gives the same power.

The interval over prompts of many simulated studies is computed at once, from sums; its ends are those of
`rate_over_prompts`. A lean is a win rate on the scale from -1 (all for a) to 1 (all for b).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np
from scipy import optimize, special

from ftcompare.stats import win_rate
from ftcompare.stats.claims import ClaimScope
from ftcompare.stats.resampling import SEED
from ftcompare.stats.vote_table import BoolArray, FloatArray, IntArray

LEVEL = 0.95
IN_DOUBT = 2.05  # the exact p is below 5% where |lead| - 1 is above this + 1 / P standard deviations


@dataclass(frozen=True, slots=True)
class Ends:
    """Ends of an interval of the lean, one pair of ends for each study."""

    low: FloatArray
    high: FloatArray

    def also(self, other: Ends) -> Ends:
        return Ends(np.minimum(self.low, other.low), np.maximum(self.high, other.high))


@dataclass(frozen=True, slots=True)
class PromptSums:
    """Sums from which the interval over prompts is computed, one value for each study."""

    lead: FloatArray  # wins of b minus wins of a
    squares: FloatArray  # sum over prompts of the squared lead of the prompt
    judgments: FloatArray  # number of judgments, at least 1
    prompts: FloatArray  # number of judged prompts, at least 2
    most: FloatArray  # largest number of judgments of one prompt
    decided_once: BoolArray  # whether each prompt has exactly one judgment, and it is no tie


def ends_over_prompts(sums: PromptSums, leads: FloatArray | None) -> Ends:
    """Return the interval of `rate_over_prompts` as a lean, at 95%; `leads` are for the exact test."""
    prompts, total, mean = sums.prompts, sums.judgments, sums.lead / sums.judgments
    sizes, place = np.unique(prompts, return_inverse=True)
    t = np.asarray(special.stdtrit(sizes - 1, (1 + LEVEL) / 2)[place.reshape(np.shape(prompts))])
    least = t**2 * prompts / (prompts - 1 + t**2) * sums.most**2
    squares = np.maximum(sums.squares, least)
    margin = t * np.sqrt(np.maximum((squares / total**2 - mean**2 / prompts) * prompts / (prompts - 1), 0))
    z2 = float(special.ndtri((1 + LEVEL) / 2)) ** 2
    middle = mean / (1 + z2 / total)
    half = np.sqrt(np.maximum(z2 * (1 - mean**2 + z2 / total), 0) / total) / (1 + z2 / total)
    low = np.where(sums.decided_once, middle - half, mean - margin)
    high = np.where(sums.decided_once, middle + half, mean + margin)
    if leads is None:
        return Ends(low, high)
    objects = _exact_test_objects(leads, sums, (low > 0) | (high < 0))
    return Ends(np.where(objects, np.minimum(low, 0), low), np.where(objects, np.maximum(high, 0), high))


def _exact_test_objects(leads: FloatArray, sums: PromptSums, selected: BoolArray) -> BoolArray:
    """Return where the exact test is not significant; it runs only where 0 is excluded and p in doubt."""
    objects = np.zeros(len(leads), dtype=bool)
    doubt = np.abs(sums.lead) - 1 < (IN_DOUBT + 1 / sums.prompts) * np.sqrt(sums.squares)
    doubtful = np.flatnonzero(selected & doubt & (sums.prompts <= win_rate.EXACT_PROMPTS))
    if len(doubtful):
        objects[doubtful] = sign_flip_ps(leads[doubtful]) >= 1 - LEVEL
    return objects


def sign_flip_ps(leads: FloatArray) -> FloatArray:
    """Return `sign_flip_p` of each study; `leads` are studies x prompts, whole numbers."""
    sizes, lead = np.abs(leads), np.abs(leads.sum(axis=1)).astype(np.int64)
    most = int(sizes.sum(axis=1).max())
    angles = 2 * np.pi / (2 * most + 1) * np.arange(most + 1)
    transform = np.ones((len(leads), most + 1))
    for size in range(1, int(sizes.max(initial=0)) + 1):
        transform *= np.cos(size * angles) ** (sizes == size).sum(axis=1)[:, None]
    chances = np.fft.irfft(transform, 2 * most + 1, axis=1)[:, : most + 1]
    beyond = np.cumsum(chances[:, ::-1], axis=1)[:, ::-1]
    found = np.clip(2 * beyond[np.arange(len(leads)), lead], 0, 1)
    return np.asarray(np.where(lead == 0, 1.0, found))


PROMPT_SD = 1.0  # assumed standard deviation of prompt effects, in logits
POWER = 0.8
TIE_SHARE = 0.2  # assumed share of judgments that are ties or both bad
LIKELY_RATER_SD = 0.3  # assumed standard deviation of rater effects, in logits, where it is not known
DRAWS = 2000  # number of simulated studies: a power near 80% is estimated to ± 1.8 points (95%)
MOST_JUDGMENTS = 700  # larger studies are drawn by their approximately normal sums, not by judgment
MOST_NUMBERS = 100_000  # maximum number of raters of all studies: over 50 raters, fewer are drawn
LEAST_DRAWS = 200
MOST_MIXED = 20_000  # judgments of a study with shared prompts; in larger ones, they hardly count
MOST_DRAWN = 1_400_000  # judgments of all studies with shared prompts; over 700 judgments, fewer are drawn
MOST_LOGITS = 12.0
MOST_SD = 4.0
MAX_RATE = 0.99
MAX_PROMPTS = 1_000_000
FINENESS = 50
NODES, _WEIGHTS = special.roots_hermitenorm(24)
WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True, slots=True)
class StudyDesign:
    prompts: int  # P, number of prompts
    raters: int = 1  # R, number of raters
    each: int = 0  # K, judgments per prompt; 0 for one by each rater. Prompts are assigned to raters in turn.
    tie_share: float = TIE_SHARE  # share of judgments that are ties or both bad, 0 to 1
    prompt_sd: float = PROMPT_SD  # standard deviation of prompt effects, in logits
    rater_sd: float = LIKELY_RATER_SD  # standard deviation of rater effects, in logits
    shared: int = 0  # number of prompts that every rater judges; the others have K judgments

    @property
    def judged(self) -> int:
        return min(self.each or self.raters, self.raters)

    @property
    def by_prompt(self) -> IntArray:
        """Number of judgments of each prompt."""
        return np.where(np.arange(self.prompts) < self.shared, self.raters, self.judged)

    @property
    def judgments(self) -> int:
        shared = min(self.shared, self.prompts)
        return shared * self.raters + (self.prompts - shared) * self.judged

    @property
    def scopes(self) -> tuple[ClaimScope, ...]:
        if self.prompts < win_rate.LEAST_PROMPTS:
            return ()
        first = ClaimScope.ONE_RATER if self.raters == 1 else ClaimScope.THESE_RATERS
        least = self.judgments // self.raters
        others = self.raters >= win_rate.LEAST_RATERS and least >= win_rate.LEAST_JUDGMENTS
        return (first, ClaimScope.RATERS_LIKE_THESE) if others else (first,)


@dataclass(frozen=True, slots=True)
class ClaimPower:
    """How often a claim for the better system is made."""

    share: float  # share of the simulated studies with the claim, 0 to 1
    draws: int  # number of simulated studies

    @property
    def error(self) -> float:
        return math.sqrt(self.share * (1 - self.share) / self.draws)


class _Drawn:
    """Simulated studies of one design, with all random draws made; they are evaluated at any win rate."""

    def __init__(self, design: StudyDesign, draws: int, rng: np.random.Generator) -> None:
        self.design = design
        judgments = design.judgments
        few = design.prompts <= win_rate.EXACT_PROMPTS and judgments <= MOST_JUDGMENTS
        mixed = design.shared > 0 and design.judged < design.raters and judgments <= MOST_MIXED
        self._one_by_one = few or mixed
        self.draws = min(draws, max(MOST_NUMBERS // design.raters, LEAST_DRAWS))
        if mixed:
            self.draws = min(self.draws, max(MOST_DRAWN // judgments, LEAST_DRAWS))
        streams = rng.spawn(4)
        self._raters = design.rater_sd * streams[0].standard_normal((design.raters, self.draws))
        # The prompt and the rater of each judgment; raters in turn, so that loads differ by at most 1.
        self._prompt_of = np.repeat(np.arange(design.prompts), design.by_prompt)
        self._judges = np.arange(len(self._prompt_of)) % design.raters
        if self._one_by_one:
            self._draw_judgments(*streams[1:])
        else:
            drawn = np.sqrt(WEIGHTS)[:, None] * streams[1].standard_normal((len(NODES), self.draws))
            self._prompts = drawn - WEIGHTS[:, None] * drawn.sum(axis=0)
            self._chance = streams[2].standard_normal((design.raters, self.draws))

    def _draw_judgments(
        self, prompts: np.random.Generator, chance: np.random.Generator, ties: np.random.Generator
    ) -> None:
        """Draw the μ above which b wins each judgment, by prompt first, and whether it is decided."""
        design = self.design
        shape = len(self._judges), self.draws
        effects = prompts.standard_normal((design.prompts, self.draws), dtype=np.float32)
        luck = chance.random(shape, dtype=np.float32)
        needed = np.log((luck + 1e-9) / (1 - luck))
        needed -= np.float32(design.prompt_sd) * effects[self._prompt_of]
        needed -= self._raters.astype(np.float32)[self._judges]
        self._needed = needed
        self._decided = (ties.random(shape, dtype=np.float32) >= design.tie_share).astype(np.int8)

    def ends(self, mean: float) -> dict[ClaimScope, Ends]:
        """Return the intervals of the claims of each study at μ."""
        return self._from_judgments(mean) if self._one_by_one else self._from_sums(mean)

    def _from_judgments(self, mean: float) -> dict[ClaimScope, Ends]:
        design, decided = self.design, self._decided
        answers = np.where(self._needed < np.float32(mean), decided, -decided)
        starts = np.searchsorted(self._prompt_of, np.arange(design.prompts))
        leads = np.add.reduceat(answers, starts, axis=0, dtype=np.int16).astype(np.float64).T
        squares = decided.sum(axis=0, dtype=np.int32).astype(np.float64)
        once = (squares == design.prompts) & (design.judgments == design.prompts)
        over = ends_over_prompts(self._sums(leads.sum(axis=1), (leads**2).sum(axis=1), once), leads)
        found = dict.fromkeys(design.scopes, over)
        if ClaimScope.RATERS_LIKE_THESE in found:
            loads = win_rate.loads_of(self._prompt_of, self._judges)
            own = np.stack([answers[self._judges == rater].mean(axis=0) for rater in range(design.raters)], 1)
            expected = np.add.reduceat(own[:, self._judges], starts, axis=1)
            within = win_rate.variances_within(loads, own, squares, ((leads - expected) ** 2).sum(axis=1))
            found[ClaimScope.RATERS_LIKE_THESE] = over.also(
                Ends(*win_rate.ends_over_raters(loads, own, *within, LEVEL))
            )
        return found

    def _from_sums(self, mean: float) -> dict[ClaimScope, Ends]:
        """Return intervals by the normal approximation of the sums over prompts, given the raters.

        With L_j(x) the lean of rater j on prompts of effect x, s the share decided and n judgments per rater,
        a rater's observed lean is s Σ_x f_x L_j(x) plus sampling error. f_x, the share of prompts of effect
        x, has a multinomial distribution on the Gauss-Hermite nodes. Raters who judge different prompts share
        less of that variation.
        """
        design, s = self.design, 1 - self.design.tie_share
        p, r, k = design.prompts, design.raters, design.judged
        judged = p * k / r
        together = (k - 1) / (r - 1) if r > 1 else 0.0
        shared = together * r / k
        lean, squared, product, moved = self._leans(mean)
        variance = (s - (s * lean) ** 2) / judged - shared * s**2 * (squared - lean**2) / p
        own = s * (lean + math.sqrt(shared / p) * moved) + np.sqrt(np.maximum(variance, 0)) * self._chance
        squares = p * (k * s + s**2 * product * k / r * together)
        once = np.full(self.draws, k == 1 and s == 1)
        over = ends_over_prompts(self._sums(own.mean(axis=0) * p * k, squares, once), None)
        found = dict.fromkeys(design.scopes, over)
        if ClaimScope.RATERS_LIKE_THESE in found:
            both = np.full((r, r), judged * together)
            np.fill_diagonal(both, judged)
            loads = win_rate.loads_of_shared(np.full(r, judged), p, [both])
            within = s - (s * lean) ** 2
            alike = product - (lean.sum(axis=0) ** 2 - (lean**2).sum(axis=0))
            shared = np.clip(s**2 * alike / (r * (r - 1)), 0, within.mean(axis=0))
            if not together:
                shared = np.zeros_like(shared)
            ends = win_rate.ends_over_raters(loads, own.T, within.mean(axis=0), shared, LEVEL)
            found[ClaimScope.RATERS_LIKE_THESE] = over.also(Ends(*ends))
        return found

    def _leans(self, mean: float) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return, without ties, means over prompts of L_j, L_j², Σ_j≠k L_j L_k, and √P · deviation of L_j."""
        raters = self._raters + mean
        lean, squared, moved = np.zeros_like(raters), np.zeros_like(raters), np.zeros_like(raters)
        product = np.zeros(self.draws)
        for node, weight, deviation in zip(NODES, WEIGHTS, self._prompts, strict=True):
            of = np.tanh((raters + self.design.prompt_sd * node) / 2)
            lean += weight * of
            squared += weight * of**2
            product += weight * (of.sum(axis=0) ** 2 - (of**2).sum(axis=0))
            moved += deviation * of
        return lean, squared, product, moved

    def _sums(self, lead: FloatArray, squares: FloatArray, once: np.ndarray) -> PromptSums:
        design, every = self.design, np.ones(self.draws)
        judgments, most = every * design.judgments, every * design.by_prompt.max()
        return PromptSums(lead, squares, judgments, every * design.prompts, most, once)

    def power(self, rate: float) -> dict[ClaimScope, ClaimPower]:
        mean = mean_for_rate(rate, self.design.prompt_sd, self.design.rater_sd)
        return {
            scope: ClaimPower(float(np.mean(ends.low > 0)), self.draws)
            for scope, ends in self.ends(mean).items()
        }


def mean_for_rate(rate: float, prompt_sd: float = PROMPT_SD, rater_sd: float = LIKELY_RATER_SD) -> float:
    """Return μ, in logits, at which b wins the share `rate` (0 to 1, exclusive) of the decided judgments."""
    logits = math.hypot(prompt_sd, rater_sd) * NODES
    most = MOST_LOGITS + float(np.abs(logits).max())

    def excess(mean: float) -> float:
        return float(special.expit(mean + logits) @ WEIGHTS) - rate

    return float(optimize.brentq(excess, -most, most))


def win_rate_spread(sd: float, tie_share: float) -> float:
    """Return the SD of half-win rates of prompts or raters whose effects have SD `sd` >= 0, in logits."""
    return (1 - tie_share) / 2 * math.sqrt(float(np.tanh(sd * NODES / 2) ** 2 @ WEIGHTS))


def logits_apart(spread: float, tie_share: float) -> float:
    """Invert `win_rate_spread` for a `spread` of 0 to ½ and `tie_share` below 1; at most `MOST_SD`."""
    if spread >= win_rate_spread(MOST_SD, tie_share):
        return MOST_SD
    return float(optimize.brentq(lambda sd: win_rate_spread(sd, tie_share) - spread, 0, MOST_SD))


def claim_power(
    rate: float, design: StudyDesign, *, draws: int = DRAWS, rng: np.random.Generator
) -> dict[ClaimScope, ClaimPower]:
    """Return the power of each claim for the better system after all judgments; empty for too few prompts.

    `rate`, ½ to 1: share of the decided judgments that the better system wins, over all prompts and raters.
    """
    return _Drawn(design, draws, rng).power(rate)


@lru_cache(maxsize=256)
def least_rates(
    design: StudyDesign, *, power: float = POWER, draws: int = DRAWS, seed: int = SEED
) -> dict[ClaimScope, float | None]:
    """Return the lowest win rate, in whole per cent, with the power; None above `MAX_RATE`."""
    drawn = _Drawn(design, draws, np.random.default_rng(seed))
    known: dict[int, dict[ClaimScope, ClaimPower]] = {}

    def enough(scope: ClaimScope, percent: int) -> bool:
        if percent not in known:
            known[percent] = drawn.power(percent / 100)
        return known[percent][scope].share >= power

    found = {scope: _least(partial(enough, scope), 51, round(100 * MAX_RATE)) for scope in design.scopes}
    return {scope: None if percent is None else percent / 100 for scope, percent in found.items()}


@lru_cache(maxsize=256)
def least_prompts(
    rate: float, design: StudyDesign, *, power: float = POWER, draws: int = DRAWS, seed: int = SEED
) -> dict[ClaimScope, int | None]:
    """Return the smallest number of prompts, to about 2%, at which each claim has the given power.

    `rate`, above ½ and below 1, is the better system's share of the decided judgments. The number of prompts
    of `design` is ignored. None where even `MAX_PROMPTS` do not reach the power.
    """
    known: dict[int, dict[ClaimScope, ClaimPower]] = {}

    def enough(scope: ClaimScope, prompts: int) -> bool:
        if prompts not in known:
            rng = np.random.default_rng(seed)
            known[prompts] = claim_power(rate, replace(design, prompts=prompts), draws=draws, rng=rng)
        return scope in known[prompts] and known[prompts][scope].share >= power

    scopes = replace(design, prompts=MAX_PROMPTS).scopes
    return {
        scope: _least(partial(enough, scope), win_rate.LEAST_PROMPTS, MAX_PROMPTS, exact=False)
        for scope in scopes
    }


def _least(enough: Callable[[int], bool], low: int, high: int, *, exact: bool = True) -> int | None:
    """Return the smallest sufficient number; without `exact`, to 1 part in `FINENESS`."""
    if not enough(high):
        return None
    below = low - 1
    while not exact and 2 * low < high and not enough(low):
        below, low = low, 2 * low
    high = low if not exact and enough(low) else high
    while high - below > 1 and (exact or high - below > high // FINENESS):
        middle = (below + high) // 2
        below, high = (below, middle) if enough(middle) else (middle, high)
    return high


@lru_cache(maxsize=256)
def half_widths(design: StudyDesign, *, draws: int = DRAWS, seed: int = SEED) -> dict[ClaimScope, float]:
    """Return the median half-width of each interval of the half-win rate, where b wins half the judgments."""
    ends = _Drawn(design, draws, np.random.default_rng(seed)).ends(0.0)
    return {scope: float(np.median(of.high - of.low)) / 4 for scope, of in ends.items()}
