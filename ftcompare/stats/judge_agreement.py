"""Compares automatic raters with people, never pooling the two, and with their own swapped votes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from ftcompare.core.language import N_, tr
from ftcompare.core.study import RaterKind
from ftcompare.stats.agreement import CATEGORIES, cohen_kappa
from ftcompare.stats.position_and_length_bias import FeatureEffect, length_controlled_rate
from ftcompare.stats.vote_table import BoolArray, FloatArray, IntArray, VoteTable, compact, groups
from ftcompare.stats.win_rate import Rate, rate_over_prompts, share_over_prompts, t_interval

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
        """Return the most frequent answer to each pair; 0 for a draw, `NOT_JUDGED` without a row."""
        counts = np.bincount(self.codes[rows] * 3 + self.outcome[rows] + 1, minlength=3 * self.count)
        votes = counts.reshape(-1, 3)
        most = votes.max(axis=1)
        single = (votes == most[:, None]).sum(axis=1) == 1
        return np.where(most == 0, NOT_JUDGED, np.where(single, votes.argmax(axis=1) - 1, 0))

    def balance(self, rows: IntArray) -> IntArray:
        """Return the sign of the sum of the answers to each pair; `NOT_JUDGED` without a row."""
        total = np.bincount(self.codes[rows], weights=self.outcome[rows], minlength=self.count)
        judged = np.bincount(self.codes[rows], minlength=self.count) > 0
        return np.where(judged, np.sign(total).astype(np.int64), NOT_JUDGED)

    def first(self, rows: IntArray) -> IntArray:
        """Return the answer of the first of the rows on each pair; `NOT_JUDGED` without a row."""
        answers = np.full(self.count, NOT_JUDGED)
        answers[self.codes[rows[::-1]]] = self.outcome[rows[::-1]]
        return answers


T_WITH_TWO = N_("t over prompts and 2 more, one that hits and one that does not")


@dataclass(frozen=True, slots=True)
class AutomaticRater:
    name: str  # name of the rater
    judgments: int  # number of its judgments
    agreement: Rate | None  # share of pairs with the human majority's answer, ties among the answers
    agreement_decided: Rate | None  # the same over the pairs where neither answer is a tie
    consistency: Rate | None  # share of pairs judged in both orders with the same preference
    left: int  # number of these pairs on which it chose the left answer both times
    right: int  # number of these pairs on which it chose the right answer both times


def automatic_raters(table: VoteTable, level: float = 0.95) -> tuple[AutomaticRater, ...]:
    """Describe each automatic rater of the table, in the order of their first votes.

    The human majority of a pair is the answer that most people gave: a, b or tie (both bad counts as a tie);
    where two answers are equally frequent it is a tie. If an automatic rater judged a pair several times,
    for example in both orders, its answer is the sign of the sum of its votes. Intervals are over prompts
    (`share_over_prompts`). Consistency compares the first vote of each order; source: Zheng et al. 2023,
    "Judging LLM-as-a-judge", section 4.
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
        agreement=rate(same, both, N_("Pairs answered as the human majority did, ties among the answers")),
        agreement_decided=rate(
            same, decided, N_("Pairs where neither says tie, answered as the majority did")
        ),
        consistency=rate(a_left == b_left, swapped, N_("Pairs answered alike in both orders")),
        left=int(np.count_nonzero(swapped & (a_left == -1) & (b_left == 1))),
        right=int(np.count_nonzero(swapped & (a_left == 1) & (b_left == -1))),
    )


def share_of_pairs(hits: FloatArray, prompts: IntArray, what: str, level: float) -> Rate | None:
    """Return the share of `hits` (1 or 0 a pair), interval over prompts; None for no pairs."""
    if not len(hits):
        return None
    rate = _with_two_more(share_over_prompts(hits, prompts, level), hits, prompts)
    text = N_("{what}: {hits} of {pairs} = {rate.value:.1%}. No interval: all pairs are from one prompt.")
    if rate.low is not None and rate.high is not None:
        text = N_(
            "{what}: {hits} of {pairs} = {rate.value:.1%}. Interval at {level:.0%} over prompts: "
            "{rate.low:.1%} to {rate.high:.1%}, by {method}."
        )
    known = {"what": tr(what), "hits": int(hits.sum()), "pairs": len(hits), "level": level}
    return replace(rate, explanation=tr(text, rate=rate, method=tr(rate.method), **known))


def _with_two_more(rate: Rate, hits: FloatArray, prompts: IntArray) -> Rate:
    """Use the t interval over prompts after adding one hit and one miss, where prompts have several pairs.

    Without these two the interval covers the true share in as few as 84 of 100 studies where nearly all pairs
    are hits (benchmarks/judge_agreement.py). Source: Agresti & Coull 1998, for single answers.
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


LEAST_KAPPA_PROMPTS = 10  # minimum number of prompts for an interval of κ

LEAST_BY_CHANCE = 2.0
"""Minimum expected number of prompts with chance agreement on the answer that ranks second by that number.
Below it the interval covers the true κ too rarely (benchmarks/judge_agreement.py)."""

KAPPA_METHOD = N_("jackknife over prompts and 2 more, one agreeing and one not")


@dataclass(frozen=True, slots=True)
class PromptKappa:
    """κ of two judges."""

    value: float | None  # -1 to 1; None where all answers are equal
    low: float | None  # lower end of its interval over prompts; None, as ``high``, where there is no interval
    high: float | None
    observed: float  # share of the pairs with equal answers, 0 to 1
    by_chance: float  # the share expected by chance
    pairs: int  # number of pairs that both judged
    prompts: int  # number of prompts of these pairs


def prompt_kappa(
    one: IntArray, other: IntArray, prompts: IntArray, *, both_ways: bool, level: float = 0.95
) -> PromptKappa | None:
    """Return κ = (p_o - p_e) / (1 - p_e), p_e = Σ p_k q_k (Cohen 1960), with its interval; None for no pairs.

    The interval is κ* ± t √V, V of the jackknife that leaves out one prompt at a time (Quenouille 1956; Tukey
    1958), t on P - 1 degrees of freedom. As for a share (Agresti & Coull 1998), two prompts are added for the
    interval, one on which both agree and one on which they disagree; without them it covers the true κ too
    rarely where judges nearly always agree. Each added prompt has as many pairs as the average prompt,
    distributed over the answers by their frequency. The interval contains κ.

    Answers by pair are -1, 0, 1. `both_ways`: each pair is counted as it is and with a and b exchanged, as
    for several pairs of systems (see `ftcompare.stats.agreement`).
    """
    if not len(one):
        return None
    tables = _tables(one, other, prompts, both_ways=both_ways)
    confusion = tables.sum(axis=0)
    shares = confusion / confusion.sum()
    found = cohen_kappa(confusion.reshape(CATEGORIES, CATEGORIES))
    square = shares.reshape(CATEGORIES, CATEGORIES)
    by_chance = square.sum(axis=0) * square.sum(axis=1)
    low, high = _interval(tables, found, by_chance, level)
    count = len(tables)
    return PromptKappa(found, low, high, float(np.trace(square)), float(by_chance.sum()), len(one), count)


def _tables(one: IntArray, other: IntArray, prompts: IntArray, *, both_ways: bool) -> FloatArray:
    """Return the confusion table of each prompt: prompts x cells."""
    prompt, count = compact(prompts)
    cells = CATEGORIES * (one + 1) + other + 1
    size = CATEGORIES**2
    tables = np.bincount(prompt * size + cells, minlength=count * size).reshape(count, size)
    return (tables + tables[:, ::-1] if both_ways else tables).astype(np.float64)


def _interval(
    tables: FloatArray, value: float | None, by_chance: FloatArray, level: float
) -> tuple[float, float] | tuple[None, None]:
    count = len(tables)
    expected = float(np.sort(by_chance)[-2]) * count
    if value is None or count < LEAST_KAPPA_PROMPTS or expected < LEAST_BY_CHANCE:
        return None, None
    more = np.concatenate([tables, _two_more(tables)])
    without = _kappas(more.sum(axis=0) - more)
    spread = float(((without - without.mean()) ** 2).sum())
    margin = float(special.stdtrit(len(more) - 1, (1 + level) / 2))
    margin *= math.sqrt(spread * (len(more) - 1) / len(more))
    centre = float(_kappas(more.sum(axis=0)[None])[0])
    return max(-1.0, min(value, centre - margin)), min(1.0, max(value, centre + margin))


def _two_more(tables: FloatArray) -> FloatArray:
    """Return a prompt on which both judges agree and one on which they disagree: 2 x cells."""
    size = tables.sum() / len(tables)
    square = tables.sum(axis=0).reshape(CATEGORIES, CATEGORIES) / tables.sum()
    used = (square.sum(axis=0) + square.sum(axis=1)) / 2
    differing = np.outer(used, used)
    np.fill_diagonal(differing, 0)
    two = np.stack([np.diag(used).ravel(), (differing / differing.sum()).ravel()])
    return np.asarray(size * two, dtype=np.float64)


def _kappas(cells: FloatArray) -> FloatArray:
    """Return κ of tables (tables x cells) in which at least two answers occur."""
    square = cells.reshape(-1, CATEGORIES, CATEGORIES) / cells.sum(axis=1)[:, None, None]
    observed = np.trace(square, axis1=1, axis2=2)
    by_chance = (square.sum(axis=1) * square.sum(axis=2)).sum(axis=1)
    return np.asarray((observed - by_chance) / (1 - by_chance), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class CategoryAgreement:
    """A judge's agreement with people on the prompts of one category."""

    category: str
    all_answers: Rate | None  # share of pairs with the human majority's answer, ties included
    decided: Rate | None  # the same where neither answer is a tie; None where there is no such pair


@dataclass(frozen=True, slots=True)
class JudgedPairing:
    """A judge on one pair of systems."""

    a: str  # name of one system
    b: str  # name of the other
    win_rate: Rate  # win rate of b by this judge; a tie is half a win
    length: FeatureEffect | None  # effect of the typical difference in length on it, if it can be estimated
    people_length: FeatureEffect | None  # the same effect on people's judgments
    longer: int = 0  # number of its decided votes for the longer answer, where the lengths differ
    unequal: int = 0  # number of its decided votes on answers of different length


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """A judge's answer on one pair: -1 is a, 0 a tie, 1 b."""

    prompt: str  # the prompt's key, as in the votes
    a: str
    b: str
    judge: int  # its answer: the sign of the sum of its votes
    people: int | None  # the human majority's answer; None where no person judged the pair

    @property
    def opposite(self) -> bool:
        """Return whether the judge prefers one answer and the human majority the other."""
        return self.people is not None and self.judge * self.people == -1


@dataclass(frozen=True, slots=True)
class JudgeAgreement:
    kappa: PromptKappa | None  # κ of its answers and the human majority's, if both judged a pair
    categories: tuple[CategoryAgreement, ...]  # sorted by name; those with pairs judged by both
    left: Rate | None  # share of its decided judgments with known side that went to the left (first) answer
    pairings: tuple[JudgedPairing, ...]  # by pair of systems, as in the votes
    order_known: bool = False  # whether the side on which an answer was shown is known for at least one vote


def judge_agreement(table: VoteTable, name: str, level: float = 0.95) -> JudgeAgreement:
    """Return the figures of the automatic rater `name`.

    Pairs, the human majority, and a judge's answer are as in `automatic_raters`; intervals are over prompts.
    """
    pairs = PairAnswers(table)
    people = ~table.automatic
    own = table.rater == table.raters.index((name, RaterKind.AUTOMATIC))
    majority, answer = pairs.majority(np.flatnonzero(people)), pairs.balance(np.flatnonzero(own))
    both = (majority != NOT_JUDGED) & (answer != NOT_JUDGED)
    several = len(np.unique(pairs.systems[both])) > 1
    found = []
    for key, rows in groups(table.a * len(table.systems) + table.b):
        mine, theirs = rows[own[rows]], rows[people[rows]]
        if len(mine):
            a, b = divmod(key, len(table.systems))
            rate = rate_over_prompts(table.preference[mine], table.prompt[mine], level)
            length, of_people = (_length(table.at(one), level) for one in (mine, theirs))
            names, longer = (table.systems[a], table.systems[b]), _longer(table.at(mine))
            found.append(JudgedPairing(*names, rate, length, of_people, *longer))
    return JudgeAgreement(
        kappa=prompt_kappa(answer[both], majority[both], pairs.prompts[both], both_ways=several, level=level),
        categories=_categories(table, pairs, majority, answer, both, level),
        left=_left(table.at(own), level),
        pairings=tuple(found),
        order_known=bool((table.left[own] != 0).any()),
    )


def _categories(
    table: VoteTable, pairs: PairAnswers, majority: IntArray, answer: IntArray, both: BoolArray, level: float
) -> tuple[CategoryAgreement, ...]:
    category = np.zeros(pairs.count, dtype=np.int64)
    category[pairs.codes] = table.category
    decided = both & (majority != 0) & (answer != 0)
    same = (majority == answer).astype(np.float64)

    def rate(among: BoolArray, what: str) -> Rate | None:
        return share_of_pairs(same[among], pairs.prompts[among], what, level)

    found = (
        CategoryAgreement(
            table.categories[code],
            rate(both & (category == code), N_("Pairs answered as the human majority did")),
            rate(
                decided & (category == code), N_("Pairs where neither says tie, answered as the majority did")
            ),
        )
        for code in np.unique(category[both])
    )
    return tuple(sorted(found, key=lambda one: one.category))


def _left(own: VoteTable, level: float) -> Rate | None:
    known = (own.left != 0) & (own.outcome != 0)
    if not known.any():
        return None
    left_won = (own.outcome[known] * own.left[known] == -1).astype(np.float64)
    return share_over_prompts(left_won, own.prompt[known], level)


def _longer(own: VoteTable) -> tuple[int, int]:
    """Count decided votes for the longer answer, and on answers of different length."""
    leads = own.outcome * np.sign(own.length_difference)
    return int((leads > 0).sum()), int((leads != 0).sum())


def _length(table: VoteTable, level: float) -> FeatureEffect | None:
    found = length_controlled_rate(table, level)
    return found.effects[0] if found else None


def judged_answers(table: VoteTable, name: str) -> tuple[JudgedAnswer, ...]:
    """Return every pair that the automatic rater `name` judged; arguments as in `judge_agreement`."""
    pairs = PairAnswers(table)
    own = table.rater == table.raters.index((name, RaterKind.AUTOMATIC))
    majority = pairs.majority(np.flatnonzero(~table.automatic))
    answer = pairs.balance(np.flatnonzero(own))
    found = []
    for code in np.flatnonzero(answer != NOT_JUDGED):
        a, b = divmod(int(pairs.systems[code]), len(table.systems))
        people = None if majority[code] == NOT_JUDGED else int(majority[code])
        prompt = table.prompts[pairs.prompts[code]]
        found.append(JudgedAnswer(prompt, table.systems[a], table.systems[b], int(answer[code]), people))
    return tuple(found)
