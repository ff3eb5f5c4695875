"""Agreement and consistency of one program judge, in addition to the figures of `automatic_raters`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ftcompare.core.study import RaterKind
from ftcompare.stats.automatic_raters import NOT_JUDGED, PairAnswers, share_of_pairs
from ftcompare.stats.controlled_rate import FeatureEffect
from ftcompare.stats.position_and_length_bias import length_controlled_rate
from ftcompare.stats.prompt_kappa import PromptKappa, prompt_kappa
from ftcompare.stats.vote_table import BoolArray, IntArray, VoteTable, groups
from ftcompare.stats.win_rate import Rate, rate_over_prompts, share_over_prompts


@dataclass(frozen=True, slots=True)
class CategoryAgreement:
    """A judge's agreement with people on the prompts of one category."""

    category: str
    # share of the pairs on which its answer equals the human majority's, ties included
    all_answers: Rate | None
    decided: Rate | None  # the same where neither answer is a tie; None where there is no such pair


@dataclass(frozen=True, slots=True)
class JudgedPairing:
    """A judge on one pair of systems."""

    a: str  # name of one system
    b: str  # name of the other
    win_rate: Rate  # win rate of b by this judge; a tie is half a win
    # effect of the typical difference in length on it; None where that cannot be estimated
    length: FeatureEffect | None
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
        """Whether the judge prefers one answer and the human majority the other."""
        return self.people is not None and self.judge * self.people == -1


@dataclass(frozen=True, slots=True)
class JudgeAgreement:
    """One judge compared with people."""

    # κ of its answers and the human majority's; None where no pair was judged by both
    kappa: PromptKappa | None
    categories: tuple[CategoryAgreement, ...]  # sorted by name; those with pairs judged by both
    left: Rate | None  # share of its decided judgments with known side that went to the left (first) answer
    pairings: tuple[JudgedPairing, ...]  # by pair of systems, as in the votes
    order_known: bool = False  # whether the side on which an answer was shown is known for at least one vote


def judge_agreement(table: VoteTable, name: str, level: float = 0.95) -> JudgeAgreement:
    """The figures of the automatic rater ``name``.

    Pairs, the human majority and a judge's answer are defined as in `automatic_raters`; intervals are over
    prompts.
    """
    pairs = PairAnswers(table)
    people = ~table.automatic
    own = table.rater == table.raters.index((name, RaterKind.AUTOMATIC))
    majority, answer = pairs.majority(np.flatnonzero(people)), pairs.balance(np.flatnonzero(own))
    both = (majority != NOT_JUDGED) & (answer != NOT_JUDGED)
    several = len(np.unique(pairs.systems[both])) > 1
    return JudgeAgreement(
        kappa=prompt_kappa(answer[both], majority[both], pairs.prompts[both], both_ways=several, level=level),
        categories=_categories(table, pairs, majority, answer, both, level),
        left=_left(table.at(own), level),
        pairings=_pairings(table, own, people, level),
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
            rate(both & (category == code), "pairs answered as the human majority did"),
            rate(decided & (category == code), "pairs where neither says tie, answered as the majority did"),
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


def _pairings(table: VoteTable, own: BoolArray, people: BoolArray, level: float) -> tuple[JudgedPairing, ...]:
    found = []
    for key, rows in groups(table.a * len(table.systems) + table.b):
        mine, theirs = rows[own[rows]], rows[people[rows]]
        if len(mine):
            a, b = divmod(key, len(table.systems))
            rate = rate_over_prompts(table.preference[mine], table.prompt[mine], level)
            length, of_people = (_length(table.at(one), level) for one in (mine, theirs))
            names, longer = (table.systems[a], table.systems[b]), _longer(table.at(mine))
            found.append(JudgedPairing(*names, rate, length, of_people, *longer))
    return tuple(found)


def _longer(own: VoteTable) -> tuple[int, int]:
    """Decided votes for the longer answer, and decided votes on answers of different length."""
    leads = own.outcome * np.sign(own.length_difference)
    return int((leads > 0).sum()), int((leads != 0).sum())


def _length(table: VoteTable, level: float) -> FeatureEffect | None:
    found = length_controlled_rate(table, level)
    return found.effects[0] if found else None


def judged_answers(table: VoteTable, name: str) -> tuple[JudgedAnswer, ...]:
    """Every pair that the automatic rater ``name`` judged; arguments as in `judge_agreement`."""
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
