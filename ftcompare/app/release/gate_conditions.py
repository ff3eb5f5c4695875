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
    wanted: float | int | bool  # the bound; True for a requirement without a number
    found: float | int | bool | None  # the figure; None where it is not defined or withheld
    holds: bool
    asked: str  # the requirement as a sentence
    told: str  # the finding as a sentence
    why: str = ""  # why the condition does not hold, in sentences; empty where it holds
    tier: str = ""  # name of its tier; empty for the whole gate

    @property
    def shown(self) -> bool:
        return self.found is not None

    @property
    def words(self) -> str:
        asked = f"{self.told.removesuffix('.')}; {self.asked[:1].lower()}{self.asked[1:]}"
        return f"{asked} {self.why}".rstrip()


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a kind of number is written."""

    # writes a found and a wanted number with enough digits to show any difference
    both: Callable[[float, float], tuple[str, str]]
    # writes their difference as a noun; ``less`` and ``more`` are the words for below and above the bound
    apart: Callable[[float], str]
    less: str
    more: str


def condition(
    name: str, found: float | str, wanted: float, figure: str, spelling: Spelling, why: str = ""
) -> Condition:
    """A condition on a number: a lower bound for a setting ``min…``, an upper bound for ``max…``.

    An equal figure meets the bound. Words stand for an undefined figure, which fails the condition.
    """
    floor = name.startswith("min_")
    bound = f"{'least' if floor else 'most'} {spelling.both(wanted, wanted)[1]}"
    asked = f"The release check requires at {bound}."
    if isinstance(found, str):
        return unknown(name, wanted, asked, figure, found)
    holds = found >= wanted - SLACK if floor else found <= wanted + SLACK
    told = f"{figure} is {spelling.both(found, wanted)[0]}."
    if holds:
        return Condition(name, wanted, found, True, asked, told)
    apart = spelling.apart(abs(found - wanted))
    short = f"That is {apart} too {spelling.less if floor else spelling.more}."
    return Condition(name, wanted, found, False, asked, told, f"{short} {why}".rstrip())


def unknown(name: str, wanted: float, asked: str, figure: str, why: str) -> Condition:
    """A condition on an undefined or withheld figure; it does not hold."""
    because = "A condition on a figure that is not known does not hold."
    return Condition(name, wanted, None, False, asked, f"{figure} is not known: {why}.", because)


def simply(name: str, *, holds: bool, asked: str, told: str, why: str = "") -> Condition:
    """A condition without a number."""
    return Condition(name, True, holds, holds, asked, told, "" if holds else why)


def percents(found: float, wanted: float) -> tuple[str, str]:
    """Both as percentages with enough digits: 49.96% where 50.0% is wanted, not 50.0%."""
    return _told_apart(found, wanted, lambda x, digits: f"{x:.{digits}%}", 1), f"{100 * wanted:.8g}%"


def numbers(found: float, wanted: float) -> tuple[str, str]:
    return _told_apart(found, wanted, lambda x, digits: f"{x:.{digits}g}", 3), f"{wanted:.8g}"


def points(share: float) -> str:
    """A difference of shares as ``5 points``, ``0.4 points``, with three digits."""
    told = f"{100 * share:.3g}"
    return f"{told} {'point' if told == '1' else 'points'}"


PERCENTS = Spelling(percents, points, "low", "high")
NUMBERS = Spelling(numbers, lambda apart: f"{apart:.3g}", "low", "high")
WHOLES = Spelling(
    lambda found, wanted: (f"{found:,.0f}", f"{wanted:,.0f}"), lambda apart: f"{apart:,.0f}", "few", "many"
)


def _told_apart(found: float, wanted: float, spell: Callable[[float, int], str], digits: int) -> str:
    """Both numbers with as many digits as are needed to show a difference."""
    last = digits + MORE_DIGITS
    while digits < last and abs(found - wanted) > SLACK and spell(found, digits) == spell(wanted, digits):
        digits += 1
    return spell(found, digits)


def condition_json(condition: Condition) -> dict[str, Json]:
    names = ("name", "wanted", "found", "holds", "asked", "told", "why", "words", "shown")
    return {**fields_json(condition, *names), "tier": condition.tier or None}


PLURALS = {"category": "categories", "split": "splits", "tag": "tags"}

_POINT = "the win rate"

_NOT_RULED_OUT = "is not ruled out there: it may be true, or too little was judged."


class PartBasis(StrEnum):
    """The figures that bounds on subsets use: lower ends of intervals, or win rates."""

    LOWER = "lower"
    POINT = "point"


def win_rate_condition(wanted: float, speaks_for: SpeaksFor, facts: ReleasedPair) -> Condition:
    """Compare the claim's interval with the bound, which its lower end must exceed; at ½, the claim."""
    bound, figure = f"{100 * wanted:.8g}%", "The lower end of the win rate"
    name, asked = "min_win_rate", f"The release check requires more than {bound}."
    if facts.withheld or facts.pair is None:
        return unknown(name, wanted, asked, figure, facts.missing)
    claim, figure = claim_for(facts.pair, speaks_for), f"{figure} of {facts.system} over {facts.against}"
    low = facts.low(claim) if claim else None
    if claim is None or low is None:
        return unknown(name, wanted, asked, figure, no_interval(claim))
    interval = f"95% interval, {whom(claim, facts.pair.raters)}"
    told = f"{figure} ({interval}) is {percents(low, wanted)[0]}."
    preferred = claim.favours == ("a" if facts.turned else "b")
    holds = preferred if wanted == EVEN else low > wanted + SLACK
    why = f"A true win rate of {bound} or less is not ruled out."
    return Condition(name, wanted, low, holds, asked, told, "" if holds else why)


def not_worse_condition(margin: float, speaks_for: SpeaksFor, facts: ReleasedPair) -> Condition:
    """``found`` is the largest loss, below ½, that is not ruled out."""
    bound, figure = EVEN - margin, "The lower end of the win rate"
    name = "not_worse_than"
    asked = f"The release check requires more than {100 * bound:.8g}%, {points(margin)} below 50%."
    if facts.withheld or facts.pair is None:
        return unknown(name, margin, asked, figure, facts.missing)
    figure = f"{figure} of {facts.system} over {facts.against}"
    claim = claim_for(facts.pair, speaks_for)
    low = _margin_low(claim, margin, facts) if claim else None
    if claim is None or low is None:
        return unknown(name, margin, asked, figure, no_interval(claim))
    level = "95%" if sequential(claim) else f"one-sided {LEVEL:.0%}"
    told = f"{figure} ({level} interval, {whom(claim, facts.pair.raters)}) is {percents(low, bound)[0]}."
    holds = low > bound + SLACK
    why = (
        f"A loss of {points(margin)} or more for {facts.system} is not ruled out. Finding no difference "
        "does not make two systems equal."
    )
    return Condition(name, margin, EVEN - low, holds, asked, told, "" if holds else why)


def _margin_low(claim: Claim, margin: float, facts: ReleasedPair) -> float | None:
    """The lower end that decides: one-sided, or the confidence sequence's where judging ended early."""
    if sequential(claim):
        return facts.low(claim)
    rate = facts.one_sided.rate_for(claim.scope) if facts.one_sided else None
    return not_worse(rate, margin, of_a=facts.turned).low if rate else None


def evidence_condition(wanted: float, _speaks_for: SpeaksFor, facts: ReleasedPair) -> Condition:
    """The highest e-value favors the side that led when it was reached; that must be the released one.

    A system that has fallen behind since then does not meet the condition.
    """
    name, figure = "min_e_value", "The highest e-value"
    asked = f"The release check requires at least {wanted:.8g} for the released system."
    if facts.withheld or facts.pair is None:
        return unknown(name, wanted, asked, figure, facts.missing)
    found, value = facts.pair.evidence, facts.share(facts.pair.win_rate.value)
    enough = found.highest >= wanted - SLACK
    led, leads = facts.share(found.lead) > EVEN, value > EVEN
    told = f"{figure} is {NUMBERS.both(found.highest, wanted)[0]}{_for_whom(found.lead, facts)}."
    if not enough:
        why = f"That is {NUMBERS.apart(wanted - found.highest)} too low."
    elif not led:
        why = f"It is evidence that {facts.system} is not preferred, so it does not support a release."
    else:
        why = f"{facts.system} led then, but its win rate is now {value:.1%}."
    holds = enough and led and leads
    return Condition(name, wanted, found.highest, holds, asked, told, "" if holds else why)


def _for_whom(lead: float, facts: ReleasedPair) -> str:
    if lead == EVEN:
        return ", for neither system"
    ahead, behind = facts.system, facts.against
    if facts.share(lead) < EVEN:
        ahead, behind = behind, ahead
    return f", that {ahead} is preferred to {behind}"


@dataclass(frozen=True, slots=True)
class _Asked:
    """One condition on all parts of a dimension."""

    name: str  # of the setting
    wanted: float  # its value
    dimension: str
    least: int  # prompts of a part that counts
    bound: float  # of the figure of each part
    margin: bool  # the figure belongs to one, and ``wanted`` is it; else it is a floor
    figure: str  # what the figure is, within a sentence
    wants: str  # the requirement, within a sentence
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
            return not_worse(part.rate, self.wanted, of_a=facts.turned).low
        return facts.low(part.rate)


@dataclass(frozen=True, slots=True)
class _Part:
    of: SummarySlice
    figure: float | None


def floor_condition(
    wanted: float, dimension: str, least: int, basis: PartBasis, facts: ReleasedPair
) -> Condition:
    """If lower ends fail a bound that the win rates reach, the reason says so."""
    bound = f"{100 * wanted:.8g}%"
    asked = _Asked(
        name=f"min_{dimension}",
        wanted=wanted,
        dimension=dimension,
        least=least,
        bound=wanted,
        margin=False,
        figure=f"the lower end of the win rate (95% interval, {_whom(facts)})",
        wants=f"above {bound}",
        short=f"A win rate of {bound} or less {_NOT_RULED_OUT}",
    )
    of_points = (
        "The release check uses the win rates themselves (basis is “point”), without allowing for chance."
    )
    point = _condition(replace(asked, figure=_POINT, wants=f"at least {bound}", short=of_points), facts)
    if basis is PartBasis.POINT:
        return point
    found = _condition(asked, facts)
    if found.holds or not point.holds:
        return found
    before = (
        f"The win rates themselves are at least {bound}, which was enough in earlier versions. To use them, "
        'set basis = "point" in the release check file.'
    )
    return replace(found, why=f"{found.why} {before}")


def margin_condition(wanted: float, dimension: str, least: int, facts: ReleasedPair) -> Condition:
    asked = _Asked(
        name=f"{dimension}_not_worse_than",
        wanted=wanted,
        dimension=dimension,
        least=least,
        bound=EVEN - wanted,
        margin=True,
        figure=f"the lower end of the win rate (one-sided {LEVEL:.0%} interval, {_whom(facts)})",
        wants=f"above {100 * (EVEN - wanted):.8g}%, {points(wanted)} below 50%",
        short=f"A loss of {points(wanted)} or more {_NOT_RULED_OUT}",
    )
    return _condition(asked, facts)


def _whom(facts: ReleasedPair) -> str:
    return whom(facts.pair.claims[0], facts.pair.raters) if facts.pair else ""


def _condition(asked: _Asked, facts: ReleasedPair) -> Condition:
    many = f" with {counted(asked.least, 'prompt')} or more" if asked.least > 1 else ""
    wants = f"The release check requires it to be {asked.wants}, in every {asked.dimension}{many}."
    pair, name = facts.one_sided if asked.margin else facts.pair, f"The win rate in every {asked.dimension}"
    if facts.withheld or pair is None:
        return unknown(asked.name, asked.wanted, wants, name, facts.missing)
    if sequential(pair.claims[0]) and not asked.by_points:
        early = "not all planned judgments were made, and the evidence of single parts is not computed"
        return unknown(asked.name, asked.wanted, wants, name, early)
    slices = [part for part in pair.slices if part.dimension == asked.dimension]
    counting = [part for part in slices if part.counts.prompts >= asked.least]
    if not counting:
        few = f"no {asked.dimension} has {counted(asked.least, 'prompt')}"
        return unknown(
            asked.name, asked.wanted, wants, name, few if slices else f"no prompt has a {asked.dimension}"
        )
    parts = [_Part(part, asked.figure_of(part, facts)) for part in counting]
    short = [part for part in parts if not asked.reached(part.figure)]
    told = _told(asked, parts, short, facts)
    if passed := len(slices) - len(parts):
        told += f" Skipped, with fewer than {counted(asked.least, 'prompt')}: {passed:,}."
    found, why = _found(asked, parts), asked.short if short else ""
    return Condition(asked.name, asked.wanted, found, not short, wants, told, why)


def _found(asked: _Asked, parts: list[_Part]) -> float | None:
    """The lowest figure, for a margin how far it is below one half; None where one is not defined."""
    known = [part.figure for part in parts if part.figure is not None]
    if len(known) < len(parts):
        return None
    return EVEN - min(known) if asked.margin else min(known)


def _told(asked: _Asked, parts: list[_Part], short: list[_Part], facts: ReleasedPair) -> str:
    """The parts that do not hold with their figures, the lowest first; the lowest where all do."""
    many = counted(len(parts), asked.dimension, PLURALS[asked.dimension])
    lowest_first = sorted(short or parts, key=lambda part: -1.0 if part.figure is None else part.figure)
    told = [_part_words(part, asked, facts) for part in lowest_first]
    if short:
        return f"In {len(short):,} of {many} {asked.figure} is not {asked.wants}: {', '.join(told)}."
    where = f"In the only {asked.dimension}" if len(parts) == 1 else f"In all {many}"
    lowest = told[0] if len(parts) == 1 else f"the lowest is {told[0]}"
    return f"{where} {asked.figure} is {asked.wants}: {lowest}."


def _part_words(part: _Part, asked: _Asked, facts: ReleasedPair) -> str:
    prompts, rate = counted(part.of.counts.prompts, "prompt"), facts.share(part.of.rate.value)
    if part.figure is None:
        return f"{part.of.name} (no interval: {prompts})"
    told = PERCENTS.both(part.figure, asked.bound)[0]
    return f"{part.of.name} {told} ({'' if asked.by_points else f'win rate {rate:.1%}, '}{prompts})"
