"""Tests of hypotheses that were fixed before judging, corrected for their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ftcompare.stats import claims
from ftcompare.stats.non_inferiority import not_worse
from ftcompare.stats.vote_table import FloatArray, IntArray
from ftcompare.stats.win_rate import rate_over_prompts, rate_over_raters

ALPHA = 1 / claims.ENOUGH_EVIDENCE
"""Largest probability that any hypothesis is called confirmed although it is false."""


_NONE = claims.Evidence(last=1.0, highest=1.0, at=0)


@dataclass(frozen=True, slots=True, eq=False)
class PlannedTest:
    """The judgments that decide one hypothesis: that a system is better, or not worse by a margin."""

    preference: FloatArray  # share of each judgment that goes to the system, 0 to 1, in the order of time
    prompts: IntArray
    raters: IntArray
    scope: claims.ClaimScope  # the raters about whom the hypothesis is
    margin: float | None = None  # None: better; else not worse by this, above 0 and below ½
    inherited: float = 0.0  # share of the prompts that have judgments of an earlier study
    # whether judging may stop at any time: e-values and confidence sequences then decide. Otherwise intervals
    # decide, which hold for one look after all planned judgments.
    by_evidence: bool = False
    each: int | IntArray = 0  # judgments that each prompt is to have, 0 for no plan; see `claims.steps`


@dataclass(frozen=True, slots=True)
class PlannedOutcome:
    """The outcome of one hypothesis, with the interval that decides it."""

    confirmed: bool
    level: float  # coverage of the interval, corrected for the number of hypotheses
    low: float | None = None  # lower end of the interval of the system's win rate; None where undefined
    high: float | None = None
    e_value: float | None = None  # the highest e-value so far, where evidence decides

    @property
    def opposite(self) -> bool:
        """Whether the interval says that the other system is preferred."""
        return self.high is not None and self.high < claims.HALF


def decide(tests: Sequence[PlannedTest]) -> tuple[PlannedOutcome, ...]:
    """Decide hypotheses so that a false one is called confirmed in at most `ALPHA` of studies.

    Step down: each of m open hypotheses is tested at α/m; those confirmed are closed, and the others are
    tested again with the smaller m. Source: Holm 1979, Scandinavian Journal of Statistics 6:65-70. "Better"
    is two-sided at α/m, "not worse" one-sided, as everywhere in FTCompare.
    """
    found: dict[int, PlannedOutcome] = {}
    left = list(range(len(tests)))
    while left:
        alpha = ALPHA / len(left)
        found |= {k: _tested(tests[k], alpha) for k in left}
        remaining = [k for k in left if not found[k].confirmed]
        if remaining == left:
            break
        left = remaining
    return tuple(found[k] for k in range(len(tests)))


def discoveries(tests: Sequence[PlannedTest], *, any_dependence: bool) -> tuple[PlannedOutcome, ...]:
    """Decide hypotheses so that of those that are confirmed at most `ALPHA` are false, on average.

    Step up: k of m hypotheses are confirmed, each at α k/m, for the largest such k. "Better" may hold for
    either system. For independent and positively dependent tests; with `any_dependence`, α is divided by Σ
    1/i, i = 1 … m. Source: Benjamini & Hochberg 1995, Journal of the Royal Statistical Society B 57:289-300;
    Benjamini & Yekutieli 2001, Annals of Statistics 29:1165-1188.
    """
    alpha = ALPHA / sum(1 / (one + 1) for one in range(len(tests))) if any_dependence and tests else ALPHA
    count = len(tests)
    while True:
        found = tuple(_tested(test, alpha * count / len(tests)) for test in tests)
        left = sum(
            one.confirmed or (one.opposite and test.margin is None)
            for one, test in zip(found, tests, strict=True)
        )
        if left >= count or count == 1:
            return found
        count = max(left, 1)


def _tested(test: PlannedTest, alpha: float) -> PlannedOutcome:
    if not len(test.preference) or (test.by_evidence and test.inherited):
        return PlannedOutcome(confirmed=False, level=1 - alpha)
    if test.by_evidence:
        return _by_evidence(test, alpha)
    found = _better(test, alpha) if test.margin is None else _not_worse(test, test.margin, alpha)
    return found if test.inherited <= claims.MOST_INHERITED else replace(found, confirmed=False)


def _by_evidence(test: PlannedTest, alpha: float) -> PlannedOutcome:
    means = claims.steps(test.preference, test.prompts, test.each)
    if test.margin is not None:
        low, high = claims.confidence_sequence(means, 1 - alpha)
        return PlannedOutcome(low > claims.HALF - test.margin, 1 - alpha, low, high)
    found = claims.evidence(means)
    low, high = claims.sequence_so_far(means, found, 1 - alpha)
    confirmed = found.highest * alpha >= 1 and found.lead > claims.HALF
    return PlannedOutcome(confirmed, 1 - alpha, low, high, found.highest)


def _better(test: PlannedTest, alpha: float) -> PlannedOutcome:
    level, others = 1 - alpha, claims.ClaimScope.RATERS_LIKE_THESE
    made = claims.claims(
        test.preference, test.prompts, test.raters, finished=True, evidence=_NONE, level=level
    )
    claim = next((one for one in made if (one.scope is others) is (test.scope is others)), None)
    if claim is None:  # about other raters, and one rater judged
        return PlannedOutcome(confirmed=False, level=level)
    return PlannedOutcome(claim.favours == "b", level, claim.low, claim.high)


def _not_worse(test: PlannedTest, margin: float, alpha: float) -> PlannedOutcome:
    level = 1 - 2 * alpha
    if test.scope is claims.ClaimScope.RATERS_LIKE_THESE:
        rate = rate_over_raters(test.preference, test.prompts, test.raters, level)
    else:
        rate = rate_over_prompts(test.preference, test.prompts, level)
    if rate is None:
        return PlannedOutcome(confirmed=False, level=level)
    found = not_worse(rate, margin)
    return PlannedOutcome(found.shown, level, found.low, rate.high)
