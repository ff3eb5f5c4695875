"""Compares automatic raters with people, and with their own votes on the same pair with sides swapped.

Votes of automatic raters are never pooled with people's votes; here they are only compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ftcompare.stats.vote_table import FloatArray, IntArray, VoteTable, compact, groups
from ftcompare.stats.win_rate import Rate, share_over_prompts, t_interval

NOT_JUDGED = 2  # code of a pair without a judgment


class PairAnswers:
    """The pairs of a table (two systems on one prompt), numbered; answers are -1 (a), 0 (tie) and 1 (b).

    ``prompts`` holds the prompt code of each pair, ``systems`` one code for its two systems together.
    """

    def __init__(self, table: VoteTable) -> None:
        systems = len(table.systems)
        self.codes, self.count = compact((table.prompt * systems + table.a) * systems + table.b)
        self.outcome = table.outcome
        self.prompts = np.zeros(self.count, dtype=np.int64)
        self.prompts[self.codes] = table.prompt
        self.systems = np.zeros(self.count, dtype=np.int64)
        self.systems[self.codes] = table.a * systems + table.b

    def majority(self, rows: IntArray) -> IntArray:
        """The most frequent answer of the rows to each pair; 0 for a draw, `NOT_JUDGED` without a row."""
        counts = np.bincount(self.codes[rows] * 3 + self.outcome[rows] + 1, minlength=3 * self.count)
        votes = counts.reshape(-1, 3)
        most = votes.max(axis=1)
        single = (votes == most[:, None]).sum(axis=1) == 1
        return np.where(most == 0, NOT_JUDGED, np.where(single, votes.argmax(axis=1) - 1, 0))

    def balance(self, rows: IntArray) -> IntArray:
        """The sign of the sum of the rows' answers to each pair; `NOT_JUDGED` for a pair without a row."""
        total = np.bincount(self.codes[rows], weights=self.outcome[rows], minlength=self.count)
        judged = np.bincount(self.codes[rows], minlength=self.count) > 0
        return np.where(judged, np.sign(total).astype(np.int64), NOT_JUDGED)

    def first(self, rows: IntArray) -> IntArray:
        """The answer of the first of the rows on each pair; `NOT_JUDGED` for a pair without a row."""
        answers = np.full(self.count, NOT_JUDGED)
        answers[self.codes[rows[::-1]]] = self.outcome[rows[::-1]]
        return answers


T_WITH_TWO = "t over prompts and 2 more, one that hits and one that does not"


@dataclass(frozen=True, slots=True)
class AutomaticRater:
    """How one automatic rater judges."""

    name: str  # name of the rater
    judgments: int  # number of its judgments
    # share of the pairs judged by both it and people on which its answer equals the human majority's, a tie
    # being one of the answers; None where there is no such pair
    agreement: Rate | None
    agreement_decided: Rate | None  # the same over the pairs where neither answer is a tie
    # share of the pairs judged in both orders on which it prefers the same response (or neither) both times;
    # None where there is no such pair
    consistency: Rate | None
    left: int  # number of these pairs on which it chose the left answer both times
    right: int  # number of these pairs on which it chose the right answer both times


def automatic_raters(table: VoteTable, level: float = 0.95) -> tuple[AutomaticRater, ...]:
    """Each automatic rater of the table, in the order of their first votes.

    A pair is two systems on one prompt. The human majority is the answer that most people gave: a, b or tie
    (both bad counts as a tie); where two answers are equally frequent it is a tie. Where an automatic rater
    judged a pair several times, for example in both orders, its answer is the sign of the sum of its votes.
    Intervals are over prompts (`share_over_prompts`). Consistency compares the first vote of each order;
    source: Zheng et al. 2023, "Judging LLM-as-a-judge", section 4.
    """
    pairs = PairAnswers(table)
    majority = pairs.majority(np.flatnonzero(~table.automatic))
    programs = np.flatnonzero(table.automatic)
    return tuple(
        _automatic_rater(table, pairs, majority, code, programs[rows], level)
        for code, rows in groups(table.rater[programs])
    )


def _automatic_rater(
    table: VoteTable, pairs: PairAnswers, majority: IntArray, code: int, rows: IntArray, level: float
) -> AutomaticRater:
    answer = pairs.balance(rows)
    both = (answer != NOT_JUDGED) & (majority != NOT_JUDGED)
    decided = both & (answer != 0) & (majority != 0)
    a_left, b_left = (pairs.first(rows[table.left[rows] == side]) for side in (1, -1))
    swapped = (a_left != NOT_JUDGED) & (b_left != NOT_JUDGED)
    same = answer == majority

    def rate(hits: np.ndarray, among: np.ndarray, what: str) -> Rate | None:
        return share_of_pairs(hits[among].astype(np.float64), pairs.prompts[among], what, level)

    return AutomaticRater(
        name=table.raters[code][0],
        judgments=len(rows),
        agreement=rate(same, both, "pairs answered as the human majority did, ties among the answers"),
        agreement_decided=rate(same, decided, "pairs where neither says tie, answered as the majority did"),
        consistency=rate(a_left == b_left, swapped, "pairs answered alike in both orders"),
        left=int(np.count_nonzero(swapped & (a_left == -1) & (b_left == 1))),
        right=int(np.count_nonzero(swapped & (a_left == 1) & (b_left == -1))),
    )


def share_of_pairs(hits: FloatArray, prompts: IntArray, what: str, level: float) -> Rate | None:
    """A share of pairs with its interval over prompts and an explanation; None for no pairs.

    Args:
        hits: 1 or 0 for each pair.
    """
    if not len(hits):
        return None
    rate = _with_two_more(share_over_prompts(hits, prompts, level), hits, prompts)
    words = f"{what[0].upper()}{what[1:]}: {int(hits.sum())} of {len(hits)} = {rate.value:.1%}."
    interval = (
        "No interval: all pairs are of one prompt."
        if rate.low is None or rate.high is None
        else f"Interval at {level:.0%} over prompts: {rate.low:.1%} to {rate.high:.1%}, by {rate.method}."
    )
    return replace(rate, explanation=f"{words} {interval}")


def _with_two_more(rate: Rate, hits: FloatArray, prompts: IntArray) -> Rate:
    """Where prompts have several pairs: the t interval over prompts after adding one hit and one miss.

    Without these two the interval covers the true share in as few as 84 of 100 studies where nearly all pairs
    are hits (benchmarks/judge_agreement.py). Source of the addition: Agresti & Coull 1998, for single
    answers.
    """
    prompt, count = compact(prompts)
    if count == len(hits) or rate.low is None:
        return rate
    size = len(hits) / count
    sums, sizes = np.bincount(prompt, weights=hits), np.bincount(prompt).astype(np.float64)
    more, among = np.append(sums, [size, 0.0]), np.append(sizes, [size, size])
    centre = float(more.sum() / among.sum())
    moves = (more - centre * among) / among.mean()
    variance = float(moves @ moves) / len(moves) / (len(moves) - 1)
    low, high = t_interval(centre, variance, count - 1, rate.level)
    return replace(rate, low=min(low, rate.value), high=max(high, rate.value), method=T_WITH_TWO)
