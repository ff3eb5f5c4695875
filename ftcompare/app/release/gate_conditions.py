"""Conditions of a gate as sentences: the requirement, the figure, and why it fails; those on win rates.

Conditions on subsets use lower ends of intervals, unless the gate says otherwise. All subsets must meet
the bound, so no correction for their number is needed: with a subset below the bound, the condition holds no
more often than if this were the only subset (Berger 1982, Technometrics 24:295-300).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from ftcompare.app.release.released_pair import (
    ReleasedPair,
    SpeaksFor,
    claim_for,
    no_interval,
    sequential,
    whom,
)
from ftcompare.core.hashing import Json, fields_json
from ftcompare.core.plurals import counted
from ftcompare.stats.claims import Claim
from ftcompare.stats.non_inferiority import EVEN, LEVEL, not_worse
from ftcompare.stats.summary import SummarySlice

SLACK = 1e-9
"""Smaller differences are rounding errors."""

MORE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Condition:
    name: str  # name of its setting
    required: float | int | bool  # the bound; True for a requirement without a number
    value: float | int | bool | None  # the figure; None where it is not defined or withheld
    holds: bool
    requirement: str  # the requirement as a sentence
    finding: str  # the finding as a sentence
    why: str = ""  # why the condition does not hold, in sentences; empty where it holds
    tier: str = ""  # name of its tier; empty for the whole gate

    @property
    def shown(self) -> bool:
        return self.value is not None

    @property
    def words(self) -> str:
        requirement = (
            f"{self.finding.removesuffix('.')}; {self.requirement[:1].lower()}{self.requirement[1:]}"
        )
        return f"{requirement} {self.why}".rstrip()


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a kind of number is written."""

    # writes a value and a required number with enough digits to show any difference
    both: Callable[[float, float], tuple[str, str]]
    # writes their difference as a noun; ``less`` and ``more`` are the words for below and above the bound
    apart: Callable[[float], str]
    less: str
    more: str


def condition(
    name: str, value: float | str, required: float, figure: str, spelling: Spelling, why: str = ""
) -> Condition:
    """A condition on a number: a lower bound for a setting ``min…``, an upper bound for ``max…``.

    An equal figure meets the bound. Words stand for an undefined figure, which fails the condition.
    """
    floor = name.startswith("min_")
    bound = f"{'least' if floor else 'most'} {spelling.both(required, required)[1]}"
    requirement = f"The release check requires at {bound}."
    if isinstance(value, str):
        return unknown(name, required, requirement, figure, value)
    holds = value >= required - SLACK if floor else value <= required + SLACK
    finding = f"{figure} is {spelling.both(value, required)[0]}."
    if holds:
        return Condition(name, required, value, True, requirement, finding)
    apart = spelling.apart(abs(value - required))
    short = f"That is {apart} too {spelling.less if floor else spelling.more}."
    return Condition(name, required, value, False, requirement, finding, f"{short} {why}".rstrip())


def unknown(name: str, required: float, requirement: str, figure: str, why: str) -> Condition:
    """A condition on an undefined or withheld figure; it does not hold."""
    because = "A condition on a figure that is not known does not hold."
    return Condition(name, required, None, False, requirement, f"{figure} is not known: {why}.", because)


def simply(name: str, *, holds: bool, requirement: str, finding: str, why: str = "") -> Condition:
    """A condition without a number."""
    return Condition(name, True, holds, holds, requirement, finding, "" if holds else why)


def percents(value: float, required: float) -> tuple[str, str]:
    """Both as percentages with enough digits: 49.96% where 50.0% is required, not 50.0%."""
    return _told_apart(value, required, lambda x, digits: f"{x:.{digits}%}", 1), f"{100 * required:.8g}%"


def numbers(value: float, required: float) -> tuple[str, str]:
    return _told_apart(value, required, lambda x, digits: f"{x:.{digits}g}", 3), f"{required:.8g}"


def points(share: float) -> str:
    """A difference of shares as ``5 points``, ``0.4 points``, with three digits."""
    finding = f"{100 * share:.3g}"
    return f"{finding} {'point' if finding == '1' else 'points'}"


PERCENTS = Spelling(percents, points, "low", "high")
NUMBERS = Spelling(numbers, lambda apart: f"{apart:.3g}", "low", "high")
WHOLES = Spelling(
    lambda value, required: (f"{value:,.0f}", f"{required:,.0f}"),
    lambda apart: f"{apart:,.0f}",
    "few",
    "many",
)


def _told_apart(value: float, required: float, spell: Callable[[float, int], str], digits: int) -> str:
    """Both numbers with as many digits as are needed to show a difference."""
    last = digits + MORE_DIGITS
    while digits < last and abs(value - required) > SLACK and spell(value, digits) == spell(required, digits):
        digits += 1
    return spell(value, digits)


def condition_json(condition: Condition) -> dict[str, Json]:
    names = ("name", "holds", "why", "words", "shown")
    return {
        **fields_json(condition, *names),
        "wanted": condition.required,
        "found": condition.value,
        "asked": condition.requirement,
        "told": condition.finding,
        "tier": condition.tier or None,
    }


PLURALS = {"category": "categories", "split": "splits", "tag": "tags"}

_POINT = "the win rate"

_NOT_RULED_OUT = "is not ruled out there: it may be true, or too little was judged."


class PartBasis(StrEnum):
    """The figures that bounds on subsets use: lower ends of intervals, or win rates."""

    LOWER = "lower"
    POINT = "point"


def win_rate_condition(required: float, speaks_for: SpeaksFor, facts: ReleasedPair) -> Condition:
    """Compare the claim's interval with the bound, which its lower end must exceed; at ½, the claim."""
    bound, figure = f"{100 * required:.8g}%", "The lower end of the win rate"
    name, requirement = "min_win_rate", f"The release check requires more than {bound}."
    if facts.withheld or facts.pair is None:
        return unknown(name, required, requirement, figure, facts.missing)
    claim, figure = claim_for(facts.pair, speaks_for), f"{figure} of {facts.system} over {facts.against}"
    low = facts.low(claim) if claim else None
    if claim is None or low is None:
        return unknown(name, required, requirement, figure, no_interval(claim))
    interval = f"95% interval, {whom(claim, facts.pair.raters)}"
    finding = f"{figure} ({interval}) is {percents(low, required)[0]}."
    preferred = claim.favours == ("a" if facts.turned else "b")
    holds = preferred if required == EVEN else low > required + SLACK
    why = f"A true win rate of {bound} or less is not ruled out."
    return Condition(name, required, low, holds, requirement, finding, "" if holds else why)


def not_worse_condition(margin: float, speaks_for: SpeaksFor, facts: ReleasedPair) -> Condition:
    """``value`` is the largest loss, below ½, that is not ruled out."""
    bound, figure = EVEN - margin, "The lower end of the win rate"
    name = "not_worse_than"
    requirement = f"The release check requires more than {100 * bound:.8g}%, {points(margin)} below 50%."
    if facts.withheld or facts.pair is None:
        return unknown(name, margin, requirement, figure, facts.missing)
    figure = f"{figure} of {facts.system} over {facts.against}"
    claim = claim_for(facts.pair, speaks_for)
    low = _margin_low(claim, margin, facts) if claim else None
    if claim is None or low is None:
        return unknown(name, margin, requirement, figure, no_interval(claim))
    level = "95%" if sequential(claim) else f"one-sided {LEVEL:.0%}"
    finding = f"{figure} ({level} interval, {whom(claim, facts.pair.raters)}) is {percents(low, bound)[0]}."
    holds = low > bound + SLACK
    why = (
        f"A loss of {points(margin)} or more for {facts.system} is not ruled out. Finding no difference "
        "does not make two systems equal."
    )
    return Condition(name, margin, EVEN - low, holds, requirement, finding, "" if holds else why)


def _margin_low(claim: Claim, margin: float, facts: ReleasedPair) -> float | None:
    """The lower end that decides: one-sided, or the confidence sequence's where judging ended early."""
    if sequential(claim):
        return facts.low(claim)
    rate = facts.one_sided.rate_for(claim.scope) if facts.one_sided else None
    return not_worse(rate, margin, of_a=facts.turned).low if rate else None


def evidence_condition(required: float, _speaks_for: SpeaksFor, facts: ReleasedPair) -> Condition:
    """The highest e-value favors the side that led when it was reached; that must be the released one.

    A system that has fallen behind since then does not meet the condition.
    """
    name, figure = "min_e_value", "The highest e-value"
    requirement = f"The release check requires at least {required:.8g} for the released system."
    if facts.withheld or facts.pair is None:
        return unknown(name, required, requirement, figure, facts.missing)
    evidence, rate = facts.pair.evidence, facts.share(facts.pair.win_rate.value)
    enough = evidence.highest >= required - SLACK
    led, leads = facts.share(evidence.lead) > EVEN, rate > EVEN
    finding = f"{figure} is {NUMBERS.both(evidence.highest, required)[0]}{_for_whom(evidence.lead, facts)}."
    if not enough:
        why = f"That is {NUMBERS.apart(required - evidence.highest)} too low."
    elif not led:
        why = f"It is evidence that {facts.system} is not preferred, so it does not support a release."
    else:
        why = f"{facts.system} led then, but its win rate is now {rate:.1%}."
    holds = enough and led and leads
    return Condition(name, required, evidence.highest, holds, requirement, finding, "" if holds else why)


def _for_whom(lead: float, facts: ReleasedPair) -> str:
    if lead == EVEN:
        return ", for neither system"
    ahead, behind = facts.system, facts.against
    if facts.share(lead) < EVEN:
        ahead, behind = behind, ahead
    return f", that {ahead} is preferred to {behind}"


@dataclass(frozen=True, slots=True)
class _PartsRule:
    """One condition on all parts of a dimension."""

    name: str  # of the setting
    required: float  # its value
    dimension: str
    least: int  # prompts of a part that counts
    bound: float  # of the figure of each part
    margin: bool  # the figure belongs to one, and ``required`` is it; else it is a floor
    figure: str  # what the figure is, within a sentence
    needed: str  # the requirement, within a sentence
    short: str  # what it means that a part does not hold

    @property
    def by_points(self) -> bool:
        return self.figure == _POINT

    def reached(self, figure: float | None) -> bool:
        """Whether a part's figure is good enough: at least the bound, a lower end above it."""
        return figure is not None and figure > self.bound + (-SLACK if self.by_points else SLACK)

    def figure_of(self, part: SummarySlice, facts: ReleasedPair) -> float | None:
        """The figure that the condition uses; None where it is not defined."""
        if self.by_points:
            return facts.share(part.rate.value)
        if self.margin:
            return not_worse(part.rate, self.required, of_a=facts.turned).low
        return facts.low(part.rate)


@dataclass(frozen=True, slots=True)
class _Part:
    of: SummarySlice
    figure: float | None


def floor_condition(
    required: float, dimension: str, least: int, basis: PartBasis, facts: ReleasedPair
) -> Condition:
    """If lower ends fail a bound that the win rates reach, the reason says so."""
    bound = f"{100 * required:.8g}%"
    rule = _PartsRule(
        name=f"min_{dimension}",
        required=required,
        dimension=dimension,
        least=least,
        bound=required,
        margin=False,
        figure=f"the lower end of the win rate (95% interval, {_whom(facts)})",
        needed=f"above {bound}",
        short=f"A win rate of {bound} or less {_NOT_RULED_OUT}",
    )
    of_points = (
        "The release check uses the win rates themselves (basis is “point”), without allowing for chance."
    )
    point = _condition(replace(rule, figure=_POINT, needed=f"at least {bound}", short=of_points), facts)
    if basis is PartBasis.POINT:
        return point
    interval = _condition(rule, facts)
    if interval.holds or not point.holds:
        return interval
    before = (
        f"The win rates themselves are at least {bound}, which was enough in earlier versions. To use them, "
        'set basis = "point" in the release check file.'
    )
    return replace(interval, why=f"{interval.why} {before}")


def margin_condition(required: float, dimension: str, least: int, facts: ReleasedPair) -> Condition:
    rule = _PartsRule(
        name=f"{dimension}_not_worse_than",
        required=required,
        dimension=dimension,
        least=least,
        bound=EVEN - required,
        margin=True,
        figure=f"the lower end of the win rate (one-sided {LEVEL:.0%} interval, {_whom(facts)})",
        needed=f"above {100 * (EVEN - required):.8g}%, {points(required)} below 50%",
        short=f"A loss of {points(required)} or more {_NOT_RULED_OUT}",
    )
    return _condition(rule, facts)


def _whom(facts: ReleasedPair) -> str:
    return whom(facts.pair.claims[0], facts.pair.raters) if facts.pair else ""


def _condition(rule: _PartsRule, facts: ReleasedPair) -> Condition:
    many = f" with {counted(rule.least, 'prompt')} or more" if rule.least > 1 else ""
    requirement = f"The release check requires it to be {rule.needed}, in every {rule.dimension}{many}."
    pair, name = (
        facts.one_sided if rule.margin else facts.pair,
        f"The win rate in every {rule.dimension}",
    )
    if facts.withheld or pair is None:
        return unknown(rule.name, rule.required, requirement, name, facts.missing)
    if sequential(pair.claims[0]) and not rule.by_points:
        early = "not all planned judgments were made, and the evidence of single parts is not computed"
        return unknown(rule.name, rule.required, requirement, name, early)
    slices = [part for part in pair.slices if part.dimension == rule.dimension]
    counting = [part for part in slices if part.counts.prompts >= rule.least]
    if not counting:
        few = f"no {rule.dimension} has {counted(rule.least, 'prompt')}"
        return unknown(
            rule.name,
            rule.required,
            requirement,
            name,
            few if slices else f"no prompt has a {rule.dimension}",
        )
    parts = [_Part(part, rule.figure_of(part, facts)) for part in counting]
    short = [part for part in parts if not rule.reached(part.figure)]
    finding = _finding(rule, parts, short, facts)
    if passed := len(slices) - len(parts):
        finding += f" Skipped, with fewer than {counted(rule.least, 'prompt')}: {passed:,}."
    value, why = _lowest(rule, parts), rule.short if short else ""
    return Condition(rule.name, rule.required, value, not short, requirement, finding, why)


def _lowest(rule: _PartsRule, parts: list[_Part]) -> float | None:
    """The lowest figure, for a margin how far it is below one half; None where one is not defined."""
    known = [part.figure for part in parts if part.figure is not None]
    if len(known) < len(parts):
        return None
    return EVEN - min(known) if rule.margin else min(known)


def _finding(rule: _PartsRule, parts: list[_Part], short: list[_Part], facts: ReleasedPair) -> str:
    """The parts that do not hold with their figures, the lowest first; the lowest where all do."""
    many = counted(len(parts), rule.dimension, PLURALS[rule.dimension])
    lowest_first = sorted(short or parts, key=lambda part: -1.0 if part.figure is None else part.figure)
    finding = [_part_words(part, rule, facts) for part in lowest_first]
    if short:
        return f"In {len(short):,} of {many} {rule.figure} is not {rule.needed}: {', '.join(finding)}."
    where = f"In the only {rule.dimension}" if len(parts) == 1 else f"In all {many}"
    lowest = finding[0] if len(parts) == 1 else f"the lowest is {finding[0]}"
    return f"{where} {rule.figure} is {rule.needed}: {lowest}."


def _part_words(part: _Part, rule: _PartsRule, facts: ReleasedPair) -> str:
    prompts, rate = counted(part.of.counts.prompts, "prompt"), facts.share(part.of.rate.value)
    if part.figure is None:
        return f"{part.of.name} (no interval: {prompts})"
    finding = PERCENTS.both(part.figure, rule.bound)[0]
    return f"{part.of.name} {finding} ({'' if rule.by_points else f'win rate {rate:.1%}, '}{prompts})"
