"""The win rate under a model of rater ability, which shows the effect of careless raters.

A prompt has a preference δ = μ + σ u, u ~ N(0, 1), in logits. A rater of ability γ answers a, tie, b with
probabilities in the ratio e^{-γδ/2} : ν : e^{γδ/2}. This is Davidson's model with a discrimination γ and a
tie parameter ν for each rater: a rater with γ = 0 answers at random, one with γ < 0 answers contrary to the
others. Sources: Davidson 1970; Birnbaum 1968 (the two-parameter logistic model); Chen et al. 2013, "Pairwise
ranking aggregation", WSDM.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from ftcompare.core.minus_sign import true_minus
from ftcompare.core.study import RaterKind
from ftcompare.stats.vote_table import FloatArray, IntArray, VoteTable, compact
from ftcompare.stats.win_rate import OVER_PROMPTS, Rate, t_interval

METHOD = "Bradley-Terry with ties and rater ability"

LEAST_RATERS = 3  # with two raters who differ, the data cannot show which of them is careless
LEAST_SHARED = 10  # minimum number of prompts that a rater must share with another rater to be in the model
MOST_RATERS = 50  # with more raters the model is not fitted: it has two parameters for each

ABILITY_SD = 0.5
"""Standard deviation of the normal prior of abilities around 1: with few judgments all are similar."""
TIE_SD, LEAN_SD, SPREAD_SD = 2.0, 3.0, 1.0
"""Standard deviations of the weak priors of log ν, μ and log σ around 0: they make every maximum finite."""

_NODES, _WEIGHTS = special.roots_hermitenorm(21)
_LOG_WEIGHTS = np.log(_WEIGHTS / _WEIGHTS.sum())
_STEP = 1e-4
_SCORES = np.array([0.0, 0.5, 1.0])


@dataclass(frozen=True, slots=True)
class RaterAbility:
    """The estimated γ of a rater: 1 is usual, 0 is random answers."""

    rater: str
    ability: float


@dataclass(frozen=True, slots=True)
class AbilityRate:
    """The win rate of b for raters of ability 1, and each rater's ability."""

    rate: Rate  # the rate with its interval for other prompts and the same raters
    plain: float  # the win rate of the same judgments with equal weights
    abilities: tuple[RaterAbility, ...]  # in the order of the raters of the table


def ability_rate(table: VoteTable, level: float = 0.95) -> AbilityRate | None:
    """The win rate of b, corrected for the effect of raters with low ability.

    x̄ + Δ, where x̄ is the plain win rate and Δ is the model's rate for a rater of ability 1 (with the median
    ν) minus its mean rate over the raters, weighted by their judgments. Where all abilities are equal Δ is
    about 0. The variance is computed from the influence of each prompt on x̄ + Δ (sandwich variance,
    clustered by prompt), with t on P - 1 degrees of freedom. The fit maximises the likelihood, integrated
    over u by quadrature, times the priors above.

    Args:
        table: judgments of one pair of systems by raters of one kind; not empty.

    Returns:
        None with fewer than `LEAST_RATERS` or more than `MOST_RATERS` raters who share `LEAST_SHARED` prompts
        with another, or where the fit does not converge.
    """
    prompt, prompts = compact(table.prompt)
    rater, raters = compact(table.rater)
    counts = _counts(prompt, rater, table.outcome, prompts, raters)
    if not LEAST_RATERS <= raters <= MOST_RATERS or _least_shared(counts) < LEAST_SHARED:
        return None
    fitted = optimize.minimize(_objective, _start(raters), args=(counts,), jac=True, method="L-BFGS-B")
    if not fitted.success:
        return None
    model = np.asarray(fitted.x, dtype=np.float64)
    plain, variance = _with_variance(model, counts)
    value = min(1.0, max(0.0, plain + _shift(model, counts)))
    low, high = t_interval(value, variance, prompts - 1, level)
    moved = true_minus(f"{100 * (value - plain):+.1f}")
    note = f"{plain:.1%} of all judgments alike; {moved} points by the model of ability."
    rate = Rate(value, low, high, level, METHOD, OVER_PROMPTS, len(table), note)
    names = [table.raters[code][0] for code in np.unique(table.rater)]
    abilities = (RaterAbility(name, float(model[k])) for k, name in enumerate(names))
    return AbilityRate(rate, plain, tuple(abilities))


def ability_by_pair(
    table: VoteTable, pairs: Iterable[tuple[str, str, RaterKind]], level: float = 0.95
) -> dict[tuple[str, str, RaterKind], AbilityRate]:
    """`ability_rate` of those of the given pairs of systems for which it is defined."""
    place = {name: code for code, name in enumerate(table.systems)}
    found = {}
    for a, b, kind in pairs:
        rows = (table.a == place[a]) & (table.b == place[b])
        rate = ability_rate(table.at(rows & (table.automatic == (kind is RaterKind.AUTOMATIC))), level)
        if rate is not None:
            found[a, b, kind] = rate
    return found


def _counts(prompt: IntArray, rater: IntArray, outcome: IntArray, prompts: int, raters: int) -> FloatArray:
    """Prompts x raters x 3: number of answers a, tie and b of each rater."""
    cell = (prompt * raters + rater) * 3 + outcome + 1
    found = np.bincount(cell, minlength=prompts * raters * 3).reshape(prompts, raters, 3)
    return np.asarray(found, dtype=np.float64)


def _least_shared(counts: FloatArray) -> int:
    """The smallest number, over raters, of prompts shared with any other rater."""
    judged = counts.sum(axis=2) > 0
    shared = judged & (judged.sum(axis=1, keepdims=True) >= 2)
    return int(shared.sum(axis=0).min(initial=len(counts)))


def _start(raters: int) -> FloatArray:
    """Initial parameters: γ and log ν of each rater, μ, log σ."""
    return np.concatenate([np.ones(raters), np.zeros(raters + 2)])


def _chances(model: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Log-probabilities of the answers (raters x 3 x nodes), and δ at the nodes."""
    raters = len(model) // 2 - 1
    delta = model[-2] + math.exp(model[-1]) * _NODES
    half = model[:raters, None] * delta / 2
    tie = np.broadcast_to(model[raters:-2, None], half.shape)
    return special.log_softmax(np.stack([-half, tie, half], axis=1), axis=1), delta


def _likelihood(model: FloatArray, counts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The log-likelihood of each prompt, and its gradient: prompts x parameters."""
    chances, delta = _chances(model)
    prompts, raters, _ = counts.shape
    at_nodes = counts.reshape(prompts, -1) @ chances.reshape(3 * raters, -1) + _LOG_WEIGHTS
    total = special.logsumexp(at_nodes, axis=1)
    where = np.exp(at_nodes - total[:, None])[:, None, :]
    chance, judged = np.exp(chances), counts.sum(axis=2)[:, :, None]
    of_half = where * (
        (counts[:, :, 2] - counts[:, :, 0])[:, :, None] - judged * (chance[:, 2] - chance[:, 0])
    )
    of_tie = (where * (counts[:, :, 1, None] - judged * chance[:, 1])).sum(axis=2)
    of_delta = (of_half * model[:raters, None]).sum(axis=1) / 2
    lean = of_delta.sum(axis=1), of_delta @ (delta - model[-2])
    return total, np.column_stack([of_half @ delta / 2, of_tie, *lean])


def _objective(model: FloatArray, counts: FloatArray) -> tuple[float, FloatArray]:
    """The negative log-posterior and its gradient."""
    raters = counts.shape[1]
    spread = np.concatenate([np.repeat([ABILITY_SD, TIE_SD], raters), [LEAN_SD, SPREAD_SD]])
    off = (model - _start(raters)) / spread
    total, slopes = _likelihood(model, counts)
    return float(off @ off) / 2 - float(total.sum()), off / spread - slopes.sum(axis=0)


def _rates(model: FloatArray) -> FloatArray:
    """The model's win rate of b for each rater over all prompts, a tie as half a win."""
    chance = np.exp(_chances(model)[0])
    return np.asarray((chance[:, 2] + chance[:, 1] / 2) @ np.exp(_LOG_WEIGHTS))


def _shift(model: FloatArray, counts: FloatArray) -> float:
    """Δ of `ability_rate`."""
    raters = counts.shape[1]
    usual = np.concatenate([[1.0, float(np.median(model[raters:-2]))], model[-2:]])
    judged = counts.sum(axis=(0, 2))
    return float(_rates(usual)[0] - _rates(model) @ judged / judged.sum())


def _with_variance(model: FloatArray, counts: FloatArray) -> tuple[float, float]:
    """The plain win rate, and the variance over prompts of the plain win rate plus Δ."""
    prompts, total = len(counts), float(counts.sum())
    scores = counts @ _SCORES
    plain = float(scores.sum()) / total
    own = (scores - plain * counts.sum(axis=2)).sum(axis=1) / total
    steps = np.eye(len(model)) * _STEP
    curved = np.array([_objective(model + e, counts)[1] - _objective(model - e, counts)[1] for e in steps])
    moved = np.array([_shift(model + e, counts) - _shift(model - e, counts) for e in steps])
    slopes = _likelihood(model, counts)[1]
    through = np.linalg.solve((curved + curved.T) / 2, moved)
    influence = own + (slopes - slopes.mean(axis=0)) @ through
    return plain, float(influence @ influence) * prompts / (prompts - 1)
