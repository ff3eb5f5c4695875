"""Scores of systems from rankings of several answers at once, with ties.

A ranking is a sequence of choices. From the set A of answers that are left, the best are chosen: a set T of
one answer, or of several that are tied. P(T | A) is in proportion to δ_t (Π_{i in T} α_i)^(1/t), t the size
of T and δ_1 = 1. Without ties this is the Plackett-Luce model; for two answers it is Davidson's model.
Sources: Luce 1959; Plackett 1975; for ties the Davidson-Luce model of Firth, Kosmidis & Turner 2019,
"Davidson-Luce model for multi-item choice with ties", arXiv:1909.07123.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

import numpy as np
from scipy import special

from ftcompare.stats import ranking
from ftcompare.stats.resampling import percentile_interval, resampled_sums
from ftcompare.stats.vote_table import BoolArray, FloatArray, VoteTable, compact
from ftcompare.stats.win_rate import OVER_PROMPTS, OVER_PROMPTS_AND_RATERS

MOST_CHOICES = 1500
"""With more possible choices, as with many systems, there are no intervals: the fits take minutes."""

_ABSENT = -50.0  # log δ of a number of tied answers that does not occur: its probability is 0
_CELLS = 4_000_000  # maximum number of values held at once: bounds the memory


def plackett_luce(
    names: Iterable[str],
    table: VoteTable,
    rng: np.random.Generator | None = None,
    *,
    level: float = 0.95,
    resamples: int | None = None,
) -> ranking.PlackettLuce | None:
    """Fit the scores by maximum likelihood to the rankings of a table; None without rankings.

    With `rng`, the scores have intervals: `percentile_interval` of the fits of `resampled_sums`, in which
    prompts and raters are resampled with all their rankings; with one rater, only prompts.
    """
    order = tuple(names)
    rows = np.flatnonzero(table.series >= 0)
    if not len(rows):
        return None
    ranked = _Rankings(order, table.at(rows))
    whole = ranked.fit(np.bincount(ranked.kind, minlength=len(ranked.choices))[None].astype(np.float64))
    found = ranking.PlackettLuce(
        len(ranked.kind),
        {name: _known(x) for name, x in zip(order, special.softmax(whole[0, : len(order)]), strict=True)},
        tuple(map(_known, np.exp(whole[0, len(order) :]))),
    )
    prompts, raters = len(np.unique(ranked.prompt)), len(np.unique(ranked.rater))
    if rng is None or prompts < 2 or len(ranked.of_set) > MOST_CHOICES or np.isnan(whole).any():
        return found
    count = resamples or ranking.resamples_for(len(order))
    drawn = resampled_sums(ranked.kind, ranked.prompt, ranked.rater if raters > 1 else None, rng, count)
    scores = special.softmax(ranked.fit(drawn, whole[0])[:, : len(order)], axis=1)
    clusters = min(prompts, raters) if raters > 1 else prompts
    intervals = {n: percentile_interval(v, clusters, level) for n, v in zip(order, scores.T, strict=True)}
    over = OVER_PROMPTS_AND_RATERS if raters > 1 else OVER_PROMPTS
    return replace(found, intervals=intervals, generalises_over=over)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


class _Rankings:
    """The rankings of a table: which kind each is, and the choices of each kind.

    Attributes:
        kind: code of each ranking; rankings of one kind have the same systems at the same places.
        choices: kinds x possible choices: whether the choice was made.
        met: kinds x sets: whether a choice among the answers of the set was made.
        of_set: code of the set of each possible choice.
        features: possible choices x parameters: shares of the log-scores, and the log δ of the choice.
    """

    def __init__(self, order: tuple[str, ...], table: VoteTable) -> None:
        places = {name: place for place, name in enumerate(order)}
        code = np.array([places[name] for name in table.systems], dtype=np.int64)
        series, count = compact(table.series)
        won = np.zeros((count, len(order)), dtype=np.int64)
        present = np.zeros(won.shape, dtype=np.bool_)
        for side, sign in ((table.a, -1), (table.b, 1)):
            np.add.at(won, (series, code[side]), sign * table.outcome)
            present[series, code[side]] = True
        _, first = np.unique(series, return_index=True)
        self.prompt, self.rater = table.prompt[first], table.rater[first]
        lowest = -len(order)  # below the wins less losses of every answer that was ranked
        kinds, codes = np.unique(np.where(present, won, lowest), axis=0, return_inverse=True)
        self.kind = codes.ravel().astype(np.int64)
        self._systems = len(order)
        self._list_choices([_stages(kind, lowest) for kind in kinds.tolist()])

    def _list_choices(self, kinds: list[list[tuple[tuple[int, ...], tuple[int, ...]]]]) -> None:
        sets = sorted({left for stages in kinds for left, _ in stages}, key=lambda one: (len(one), one))
        at: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        for left in sets:
            for size in range(1, len(left) + 1):
                at |= {(left, best): len(at) + n for n, best in enumerate(combinations(left, size))}
        number = {left: n for n, left in enumerate(sets)}
        self.of_set = np.array([number[left] for left, _ in at], dtype=np.int64)
        self.features = np.zeros((len(at), self._systems + max(map(len, sets)) - 1))
        for (_, best), row in at.items():
            self.features[row, list(best)] = 1 / len(best)
            self.features[row, self._systems + len(best) - 2] += len(best) > 1
        self.choices = np.zeros((len(kinds), len(at)))
        self.met = np.zeros((len(kinds), len(sets)))
        for kind, stages in enumerate(kinds):
            self.choices[kind, [at[stage] for stage in stages]] = 1
            self.met[kind, [number[left] for left, _ in stages]] = 1

    def fit(self, counts: FloatArray, start: FloatArray | None = None) -> FloatArray:
        """Return log-scores and log δ of each row of `counts` (by kind); NaN without a finite maximum."""
        padded = np.zeros((len(counts), len(self.choices)))
        padded[:, : counts.shape[1]] = counts
        size = max(1, _CELLS // (len(self.of_set) * self.features.shape[1]))
        parts = [padded[at : at + size] for at in range(0, len(padded), size)]
        return np.concatenate([self._fit(part, start) for part in parts])

    def _fit(self, counts: FloatArray, start: FloatArray | None) -> FloatArray:
        chosen, met = counts @ self.choices, counts @ self.met
        tied = chosen @ (self.features[:, self._systems :] > 0)
        theta = (
            np.zeros((len(counts), self.features.shape[1]))
            if start is None
            else np.tile(start, (len(counts), 1))
        )
        theta[:, self._systems :] = np.where(
            tied > 0, np.maximum(theta[:, self._systems :], -ranking.RUNAWAY), _ABSENT
        )
        done, rows = np.zeros(len(counts), dtype=np.bool_), np.arange(len(counts))
        for _ in range(ranking.STEPS):
            step = self._step(chosen[rows], met[rows], theta[rows], tied[rows] > 0)
            theta[rows] += step
            done[rows] = np.abs(step).max(axis=1) < ranking.TOLERANCE
            bounded = np.abs(theta[rows, : self._systems]).max(axis=1) < ranking.RUNAWAY
            rows = rows[~done[rows] & bounded]
            if not len(rows):
                break
        theta[:, self._systems :][tied == 0] = -np.inf
        return np.where(done[:, None], theta, np.nan)

    def _step(self, chosen: FloatArray, met: FloatArray, theta: FloatArray, occurs: BoolArray) -> FloatArray:
        """Return Newton's step for each row; NaN where the information matrix is singular."""
        weight = np.exp(theta @ self.features.T)
        sets = np.eye(met.shape[1])[self.of_set]
        chance = weight / (weight @ sets)[:, self.of_set]
        expected = met[:, self.of_set] * chance
        rows, width = theta.shape
        # The information is Σ n (E[x x'] - E[x] E[x]') over the sets, x the features of a choice.
        squares = (self.features[:, :, None] * self.features[:, None, :]).reshape(len(self.of_set), -1)
        by_set = (sets[:, :, None] * self.features[:, None, :]).reshape(len(self.of_set), -1)
        means = (chance @ by_set).reshape(rows, -1, width)
        information = (expected @ squares).reshape(rows, width, width)
        information -= np.swapaxes(means * met[:, :, None], 1, 2) @ means
        # Only differences of log-scores are identified: the added constant keeps their sum.
        information[:, : self._systems, : self._systems] += met.sum(axis=1)[:, None, None] / self._systems
        absent = np.concatenate([np.zeros((rows, self._systems)), ~occurs], axis=1)
        information += absent[:, :, None] * np.eye(width)
        slope = (chosen - expected) @ self.features
        slope[absent > 0] = 0.0
        sound = np.linalg.cond(information, 1) < ranking.WORST_CONDITION
        step = np.full(theta.shape, np.nan)
        step[sound] = np.linalg.solve(information[sound], slope[sound][..., None])[..., 0]
        longest = np.abs(step).max(axis=1, keepdims=True)
        return np.asarray(
            step * np.minimum(1.0, ranking.LONGEST_STEP / np.maximum(longest, ranking.LONGEST_STEP))
        )


def _stages(won: list[int], lowest: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return the choices of a ranking: the answers that are left, and the best of them."""
    left = tuple(system for system, value in enumerate(won) if value > lowest)
    stages = []
    while len(left) > 1:
        most = max(won[system] for system in left)
        best = tuple(system for system in left if won[system] == most)
        stages.append((left, best))
        left = tuple(system for system in left if system not in best)
    return stages
