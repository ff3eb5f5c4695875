"""Automatic raters against people, and against themselves with the sides swapped.

Their votes are never pooled with those of people: here they are only compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ftcompare.stats.vote_table import FloatArray, IntArray, VoteTable, compact, groups
from ftcompare.stats.win_rate import Rate, share_over_prompts


@dataclass(frozen=True, slots=True)
class AutomaticRater:
    """How one automatic rater judges.

    Args:
        name: of the rater.
        judgments: by it.
        agreement: share of the pairs judged by it and by people on which it gives the answer of
            the human majority, a tie being an answer too; None where there is no such pair.
        agreement_decided: the same over the pairs where neither says tie.
        consistency: share of the pairs judged in both orders on which it prefers the same response
            (or neither) both times; None where there is none.
        left: of these pairs, those where it took the left answer both times.
        right: those where it took the right one both times.
    """

    name: str
    judgments: int
    agreement: Rate | None
    agreement_decided: Rate | None
    consistency: Rate | None
    left: int
    right: int


def automatic_raters(table: VoteTable, level: float = 0.95) -> tuple[AutomaticRater, ...]:
    """Each automatic rater of the table, in the order of the votes.

    A pair is two systems on one prompt. The human majority is the answer that most people gave:
    a, b or tie (both bad is a tie); where two share the first place it is a tie. An automatic rater
    that judged a pair several times, as in both orders, says what its votes say on balance. Intervals
    are over prompts (`share_over_prompts`). Consistency compares the first vote of each order; source:
    Zheng et al. 2023, "Judging LLM-as-a-judge", section 4.

    Args:
        table: judgments of people and of automatic raters.
        level: nominal coverage of the intervals.
    """
    pairs = _Pairs(table)
    majority = pairs.majority(np.flatnonzero(~table.automatic))
    programs = np.flatnonzero(table.automatic)
    return tuple(
        _automatic_rater(table, pairs, majority, code, programs[rows], level)
        for code, rows in groups(table.rater[programs])
    )


NOT_JUDGED = 2
"""In place of an answer."""


class _Pairs:
    """The pairs of a table, numbered; answers are -1 (a), 0 (tie) and 1 (b)."""

    def __init__(self, table: VoteTable) -> None:
        systems = len(table.systems)
        self.codes, self.count = compact((table.prompt * systems + table.a) * systems + table.b)
        self.outcome = table.outcome
        self.prompts = np.zeros(self.count, dtype=np.int64)
        self.prompts[self.codes] = table.prompt

    def majority(self, rows: IntArray) -> IntArray:
        """The answer that most rows give to each pair."""
        counts = np.bincount(self.codes[rows] * 3 + self.outcome[rows] + 1, minlength=3 * self.count)
        votes = counts.reshape(-1, 3)
        most = votes.max(axis=1)
        single = (votes == most[:, None]).sum(axis=1) == 1
        return np.where(most == 0, NOT_JUDGED, np.where(single, votes.argmax(axis=1) - 1, 0))

    def balance(self, rows: IntArray) -> IntArray:
        """What the rows say of each pair on balance."""
        total = np.bincount(self.codes[rows], weights=self.outcome[rows], minlength=self.count)
        judged = np.bincount(self.codes[rows], minlength=self.count) > 0
        return np.where(judged, np.sign(total).astype(np.int64), NOT_JUDGED)

    def first(self, rows: IntArray) -> IntArray:
        """The first of the rows on each pair."""
        answers = np.full(self.count, NOT_JUDGED)
        answers[self.codes[rows[::-1]]] = self.outcome[rows[::-1]]
        return answers


def _automatic_rater(
    table: VoteTable, pairs: _Pairs, majority: IntArray, code: int, rows: IntArray, level: float
) -> AutomaticRater:
    answer = pairs.balance(rows)
    both = (answer != NOT_JUDGED) & (majority != NOT_JUDGED)
    decided = both & (answer != 0) & (majority != 0)
    a_left, b_left = (pairs.first(rows[table.left[rows] == side]) for side in (1, -1))
    swapped = (a_left != NOT_JUDGED) & (b_left != NOT_JUDGED)
    same = answer == majority

    def rate(hits: np.ndarray, among: np.ndarray, what: str) -> Rate | None:
        return _share(hits[among].astype(np.float64), pairs.prompts[among], what, level)

    return AutomaticRater(
        name=table.raters[code][0],
        judgments=len(rows),
        agreement=rate(same, both, "pairs answered as the human majority did, ties among the answers"),
        agreement_decided=rate(same, decided, "pairs where neither says tie, answered as the majority did"),
        consistency=rate(a_left == b_left, swapped, "pairs answered alike in both orders"),
        left=int(np.count_nonzero(swapped & (a_left == -1) & (b_left == 1))),
        right=int(np.count_nonzero(swapped & (a_left == 1) & (b_left == -1))),
    )


def _share(hits: FloatArray, prompts: IntArray, what: str, level: float) -> Rate | None:
    if not len(hits):
        return None
    rate = share_over_prompts(hits, prompts, level)
    words = f"{what[0].upper()}{what[1:]}: {int(hits.sum())} of {len(hits)} = {rate.value:.1%}."
    interval = (
        "No interval: all pairs are of one prompt."
        if rate.low is None or rate.high is None
        else f"Interval at {level:.0%} over prompts: {rate.low:.1%} to {rate.high:.1%}, by {rate.method}."
    )
    return replace(rate, explanation=f"{words} {interval}")
