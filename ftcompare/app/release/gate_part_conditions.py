"""Conditions on every category, split or tag: by lower ends of intervals, unless the gate says otherwise.

All subsets must meet the bound, so no correction for their number is needed: with a subset below the bound,
the condition holds no more often than if this were the only subset (Berger 1982, Technometrics 24:295-300).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ftcompare.app.release.gate_conditions import PERCENTS, SLACK, Condition, points, unknown
from ftcompare.app.release.gate_file import Gate, PartBasis
from ftcompare.app.release.released_pair import ReleasedPair, whom
from ftcompare.core.plurals import counted
from ftcompare.stats.non_inferiority import EVEN, LEVEL, not_worse
from ftcompare.stats.summary import SummarySlice

PLURALS = {"category": "categories", "split": "splits", "tag": "tags"}

_POINT = "the win rate"

_NOT_RULED_OUT = "is not ruled out there: it may be so, or too little was judged."


@dataclass(frozen=True, slots=True)
class _Asked:
    """One condition on all parts of a dimension.

    Args:
        name: of the setting.
        wanted: its value.
        least: prompts of a part that counts.
        bound: of the figure of each part.
        margin: the figure belongs to one, and ``wanted`` is it; else it is a floor.
        figure: what the figure is, within a sentence.
        wants: what it is to be, within a sentence.
        short: what it means that a part does not hold.
    """

    name: str
    wanted: float
    dimension: str
    least: int
    bound: float
    margin: bool
    figure: str
    wants: str
    short: str

    @property
    def by_points(self) -> bool:
        """Whether it goes by the win rates themselves."""
        return self.figure == _POINT

    def reached(self, figure: float | None) -> bool:
        """Whether a part's figure is good enough: at least the bound, a lower end above it."""
        return figure is not None and figure > self.bound + (-SLACK if self.by_points else SLACK)

    def figure_of(self, part: SummarySlice, facts: ReleasedPair) -> float | None:
        """What the condition goes by; None where it is not defined."""
        if self.by_points:
            return facts.share(part.rate.value)
        if self.margin:
            return not_worse(part.rate, self.wanted, of_a=facts.turned).low
        return facts.low(part.rate)


@dataclass(frozen=True, slots=True)
class _Part:
    of: SummarySlice
    figure: float | None


def gate_part_conditions(gate: Gate, facts: ReleasedPair) -> Iterator[Condition]:
    """Those on categories, splits and tags, in this order."""
    for dimension in PLURALS:
        least = int(getattr(gate, f"min_{dimension}_prompts"))
        floor, margin = getattr(gate, f"min_{dimension}"), getattr(gate, f"{dimension}_not_worse_than")
        if floor is not None:
            yield _floor(floor, dimension, least, gate.basis, facts)
        if margin is not None:
            yield _condition(_margin(margin, dimension, least, facts), facts)


def _floor(wanted: float, dimension: str, least: int, basis: PartBasis, facts: ReleasedPair) -> Condition:
    """By lower ends it says where it would have held as such files were read before."""
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
        short=f"That the win rate is {bound} or less {_NOT_RULED_OUT}",
    )
    of_points = "Win rates themselves are asked for (basis is “point”): chance is not allowed for."
    point = _condition(replace(asked, figure=_POINT, wants=f"at least {bound}", short=of_points), facts)
    if basis is PartBasis.POINT:
        return point
    found = _condition(asked, facts)
    if found.holds or not point.holds:
        return found
    before = (
        f"The win rates themselves are at least {bound}, as was enough in versions that went by them; "
        'basis = "point" in the gate file asks for that.'
    )
    return replace(found, why=f"{found.why} {before}")


def _margin(wanted: float, dimension: str, least: int, facts: ReleasedPair) -> _Asked:
    return _Asked(
        name=f"{dimension}_not_worse_than",
        wanted=wanted,
        dimension=dimension,
        least=least,
        bound=EVEN - wanted,
        margin=True,
        figure=f"the lower end of the win rate (one-sided {LEVEL:.0%} interval, {_whom(facts)})",
        wants=f"above {100 * (EVEN - wanted):.8g}%, {points(wanted)} below 50%",
        short=f"That the system is worse by {points(wanted)} or more {_NOT_RULED_OUT}",
    )


def _whom(facts: ReleasedPair) -> str:
    return whom(facts.pair.claims[0].scope, facts.pair.raters) if facts.pair else ""


def _condition(asked: _Asked, facts: ReleasedPair) -> Condition:
    many = f" with {counted(asked.least, 'prompt')} or more" if asked.least > 1 else ""
    wants = f"The gate wants it {asked.wants}, in every {asked.dimension}{many}."
    pair, name = facts.one_sided if asked.margin else facts.pair, f"The win rate in every {asked.dimension}"
    if facts.withheld or pair is None:
        return unknown(asked.name, asked.wanted, wants, name, facts.missing)
    slices = [part for part in pair.slices if part.dimension == asked.dimension]
    counting = [part for part in slices if part.counts.prompts >= asked.least]
    if not counting:
        few = f"no {asked.dimension} has {counted(asked.least, 'prompt')}"
        return unknown(
            asked.name, asked.wanted, wants, name, few if slices else f"no prompt has a {asked.dimension}"
        )
    parts = [_Part(part, asked.figure_of(part, facts)) for part in counting]
    short = [part for part in parts if not asked.reached(part.figure)]
    note = _passed_over(asked, len(slices) - len(parts))
    told = f"{_told(asked, parts, short, facts)}{note}"
    found, why = _found(asked, parts), asked.short if short else ""
    return Condition(asked.name, asked.wanted, found, not short, wants, told, why)


def _found(asked: _Asked, parts: list[_Part]) -> float | None:
    """The lowest figure, for a margin how far it is below one half; None where one is not defined."""
    known = [part.figure for part in parts if part.figure is not None]
    if len(known) < len(parts):
        return None
    return EVEN - min(known) if asked.margin else min(known)


def _passed_over(asked: _Asked, passed: int) -> str:
    return f" Passed over, with fewer than {counted(asked.least, 'prompt')}: {passed:,}." if passed else ""


def _told(asked: _Asked, parts: list[_Part], short: list[_Part], facts: ReleasedPair) -> str:
    """The parts that do not hold with their figures, the lowest first; the lowest where all do."""
    many = counted(len(parts), asked.dimension, PLURALS[asked.dimension])
    told = [_part_words(part, asked, facts) for part in sorted(short or parts, key=_place)]
    if short:
        return f"In {len(short):,} of {many} {asked.figure} is not {asked.wants}: {', '.join(told)}."
    where = f"In the only {asked.dimension}" if len(parts) == 1 else f"In all {many}"
    lowest = told[0] if len(parts) == 1 else f"the lowest is {told[0]}"
    return f"{where} {asked.figure} is {asked.wants}: {lowest}."


def _place(part: _Part) -> float:
    """Those without an interval come first."""
    return -1.0 if part.figure is None else part.figure


def _part_words(part: _Part, asked: _Asked, facts: ReleasedPair) -> str:
    prompts, rate = counted(part.of.counts.prompts, "prompt"), facts.share(part.of.rate.value)
    if part.figure is None:
        return f"{part.of.name} (no interval: {prompts})"
    told = PERCENTS.both(part.figure, asked.bound)[0]
    return f"{part.of.name} {told} ({'' if asked.by_points else f'win rate {rate:.1%}, '}{prompts})"
