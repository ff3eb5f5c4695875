"""The hypotheses of a sealed plan, tested on the judgments as the plan says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from ftcompare.app.raters.quality import rater_quality
from ftcompare.app.study.sealed_plan import Hypothesis, PlanRules, PlanState, Stopping, plan_state, seal_json
from ftcompare.app.study.unblinding import open_judging
from ftcompare.core.disclosure import Subject
from ftcompare.core.hashing import Json, fields_json
from ftcompare.core.study import RaterKind, Split, Vote
from ftcompare.stats.claims import MOST_INHERITED
from ftcompare.stats.planned_tests import PlannedOutcome, PlannedTest, decide
from ftcompare.stats.vote_table import VoteTable, tabulate
from ftcompare.store.study.study_file import StudyFile


class Standing(StrEnum):
    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"
    OPPOSITE = "opposite"  # the other system is preferred, by the interval that was to confirm it
    INHERITED = "inherited"  # too many of its judgments are from the study before
    UNFINISHED = "unfinished"  # the plan was to judge everything, and judging ended before
    EXPLORATORY = "exploratory"  # the hypothesis or its rules were not sealed before judging began


@dataclass(frozen=True, slots=True)
class PlannedClaim:
    hypothesis: Hypothesis
    standing: Standing
    dropped: bool  # whether a later amendment no longer has it
    tested: PlannedOutcome
    rate: float | None  # the system's win rate, 0 to 1; None without judgments
    prompts: int
    raters: int
    judgments: int


@dataclass(frozen=True, slots=True)
class PlannedClaims:
    state: PlanState
    claims: tuple[PlannedClaim, ...]  # empty while withheld
    left_out: tuple[str, ...] = ()  # names of the raters whom the plan's rules leave out
    finished: bool = False  # whether all planned judgments were made

    @property
    def confirmed(self) -> int:
        return sum(one.standing is Standing.CONFIRMED for one in self.claims)

    def leads(self, a: str, b: str) -> bool:
        """Whether the first hypothesis is about two systems, and its outcome may be shown."""
        return any({one.hypothesis.system, one.hypothesis.against} == {a, b} for one in self.claims[:1])


def planned_claims(study: StudyFile, judged: Iterable[Vote]) -> PlannedClaims | None:
    """Test the hypotheses of the sealed plan on the votes of a study; None where nothing was sealed.

    The hypotheses that were sealed before judging began are one family, whether or not an amendment dropped
    them; those added afterwards are another.
    """
    state = plan_state(study)
    if state is None:
        return None
    if not study.settings.read().disclosure.tells(Subject.ALL_FIGURES):
        return PlannedClaims(state, ())
    rules, judging = state.last.plan.rules, open_judging(study)
    left_out = _left_out(study, rules)
    people = (vote for vote in judged if vote.rater_kind is RaterKind.HUMAN)
    table = tabulate(people).left_out((), [(name, RaterKind.HUMAN) for name in left_out])
    planned, last = state.planned.plan.hypotheses, state.last.plan.hypotheses
    families = planned, tuple(one for one in last if one not in planned)
    claims = []
    for family in families:
        by_evidence = rules.stopping is Stopping.EVIDENCE or not judging.finished
        # Evidence is about prompts that were judged; ties of identical answers would not change it.
        counted = table.judged if by_evidence else table
        parts = [_judged(counted, one) for one in family]
        tests = [
            replace(_test(part, one), by_evidence=by_evidence, each=part.planned(judging.each))
            for part, one in zip(parts, family, strict=True)
        ]
        found = decide(tests)
        for one, part, test, outcome in zip(family, parts, tests, found, strict=True):
            exploratory = family is not planned or not state.kept
            unfinished = rules.stopping is Stopping.END and not judging.finished
            standing = _standing(outcome, exploratory=exploratory, unfinished=unfinished)
            if test.inherited > (0 if by_evidence else MOST_INHERITED) and not exploratory:
                standing = Standing.INHERITED
            claims.append(
                PlannedClaim(
                    hypothesis=one,
                    standing=standing,
                    dropped=one not in last,
                    tested=outcome,
                    rate=float(test.preference.mean()) if len(part) else None,
                    prompts=len(np.unique(part.judged.prompt)),
                    raters=len(np.unique(part.judged.rater)),
                    judgments=len(part.judged),
                )
            )
    return PlannedClaims(state, tuple(claims), left_out, judging.finished)


def _standing(outcome: PlannedOutcome, *, exploratory: bool, unfinished: bool) -> Standing:
    if exploratory:
        return Standing.EXPLORATORY
    if unfinished:
        return Standing.UNFINISHED
    if outcome.confirmed:
        return Standing.CONFIRMED
    return Standing.OPPOSITE if outcome.opposite else Standing.NOT_CONFIRMED


def _left_out(study: StudyFile, rules: PlanRules) -> tuple[str, ...]:
    """Names of the raters whom the rules leave out; a rater without checks is within them."""
    limits = rules.max_missed_checks, rules.max_turned_repeats
    if limits == (None, None):
        return ()
    found = []
    for rater in rater_quality(study).raters:
        shares = rater.figures.gold.value, rater.figures.repeats.value  # of those answered well
        over = (
            limit is not None and share is not None and 1 - share > limit
            for limit, share in zip(limits, shares, strict=True)
        )
        if rater.rater.kind is RaterKind.HUMAN and any(over):
            found.append(rater.name)
    return tuple(found)


def _judged(table: VoteTable, hypothesis: Hypothesis) -> VoteTable:
    pair = {hypothesis.system, hypothesis.against}
    ours = np.array([name in pair for name in table.systems], dtype=bool)
    chosen = ours[table.a] & ours[table.b]
    if hypothesis.split is not Split.NONE:
        chosen &= np.array([one is hypothesis.split for one in table.splits], dtype=bool)[table.split]
    if hypothesis.category:
        known = np.array([one == hypothesis.category for one in table.categories], dtype=bool)
        chosen &= known[table.category]
    return table.at(chosen)


def _test(table: VoteTable, hypothesis: Hypothesis) -> PlannedTest:
    of_b = np.array([name == hypothesis.system for name in table.systems], dtype=bool)[table.b]
    preference = np.where(of_b, table.preference, 1 - table.preference)
    inherited = len(np.unique(table.prompt[table.inherited])) / max(1, len(np.unique(table.judged.prompt)))
    return PlannedTest(preference, table.prompt, table.rater, hypothesis.scope, hypothesis.margin, inherited)


def planned_json(planned: PlannedClaims | None) -> Json:
    """The plan in ``results --json``; without hypotheses until unblinding, because they name systems."""
    if planned is None:
        return None
    shown = bool(planned.claims)
    sealed: list[Json] = [
        seal_json(one) if shown else fields_json(one, "digest", "at", "before_judging")
        for one in planned.state.seals
    ]
    return {
        "sealed": sealed,
        "changed": [*planned.state.changed],
        "finished": planned.finished if shown else None,
        "left_out": [*planned.left_out],
        "hypotheses": [_claim_json(one) for one in planned.claims],
    }


def _claim_json(claim: PlannedClaim) -> Json:
    return {
        "hypothesis": claim.hypothesis.sentence,
        "system": claim.hypothesis.system,
        "standing": str(claim.standing),
        "dropped": claim.dropped,
        "win_rate": claim.rate,
        **fields_json(claim.tested, "low", "high", "level", "e_value"),
        **fields_json(claim, "prompts", "raters", "judgments"),
    }
