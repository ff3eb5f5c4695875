"""Conditions on measures, held against figures: by the nearer end of the interval, never without one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ftcompare.app.release.gate_conditions import (
    NUMBERS,
    PERCENTS,
    SLACK,
    Condition,
    Spelling,
    points,
    unknown,
)
from ftcompare.app.release.gate_figures import SPEED_KEYS, GateFigure, Spread
from ftcompare.app.release.gate_measures import MeasureBasis, MeasureBound

Figures = Mapping[str, GateFigure]


@dataclass(frozen=True, slots=True)
class MeasuredPair:
    """Whose measures are held to a gate.

    Args:
        system: to be released.
        against: what it is held against where a condition names none.
        known: names of all systems.
        judges: names of judges and other raters that are programs, also of those without figures.
        figures: by key; empty where they are withheld.
        why_not: a clause: why there are none; empty where there may be some.
    """

    system: str
    against: str
    known: tuple[str, ...]
    figures: Figures
    why_not: str = ""
    judges: tuple[str, ...] = ()


def measure_conditions(bounds: Iterable[MeasureBound], pair: MeasuredPair) -> Iterator[Condition]:
    """Each bound of each measure, in the file's order."""
    for bound in bounds:
        for setting, hold in _HELD.items():
            wanted = getattr(bound, setting)
            if wanted is not None:
                yield hold(_Asked(bound, setting, wanted, pair))


@dataclass(frozen=True, slots=True)
class _Asked:
    """One bound on one measure."""

    bound: MeasureBound
    setting: str
    wanted: float
    pair: MeasuredPair

    @property
    def name(self) -> str:
        return f"{self.bound.key} {self.setting}"

    @property
    def found(self) -> GateFigure | None:
        return self.pair.figures.get(self.bound.key)

    @property
    def against(self) -> str:
        return self.bound.against or self.pair.against

    @property
    def spelling(self) -> Spelling:
        return PERCENTS if self.found is not None and self.found.share else NUMBERS

    @property
    def by_point(self) -> bool:
        """What was measured once, as memory is, has no interval to go by."""
        once = self.found is not None and not self.found.sampled
        return once or self.bound.basis is MeasureBasis.POINT

    def apart(self, size: float) -> str:
        share = self.found is not None and self.found.share
        return points(size) if share else f"{size:.8g}"

    def missing(self) -> str:
        """Why there is no figure of the measure at all; empty where there is."""
        if self.pair.why_not:
            return self.pair.why_not
        if self.found is None:
            return _begin(self.bound.key)
        if self.pair.system not in self.found.by_system:
            return f"{self.pair.system} has no value of it"
        return ""


def _begin(key: str) -> str:
    if key in SPEED_KEYS:
        needs = " with price_read and price_written in the gate" if key == "cost.per_1000_prompts" else ""
        return f"it was not measured; “ftcompare measure” does{needs}"
    return "the study has no figure of this measure; “ftcompare measures” lists those that there are"


def _not_shown(asked: _Asked, wants: str, figure: str, why: str) -> Condition:
    return unknown(asked.name, asked.wanted, wants, figure, why)


# --- bounds on one system's value --------------------------------------------------------------------


def _least(asked: _Asked) -> Condition:
    return _value(asked, "lower", lambda one: one.low, floor=True)


def _most(asked: _Asked) -> Condition:
    return _value(asked, "upper", lambda one: one.high, floor=False)


def _value(asked: _Asked, end: str, read: Callable[[Spread], float | None], *, floor: bool) -> Condition:
    of = f"“{asked.found.name}” of {asked.pair.system}" if asked.found else asked.bound.key
    wanted = asked.spelling.both(asked.wanted, asked.wanted)[1]
    wants = f"The gate wants it to be at {'least' if floor else 'most'} {wanted}."
    figure = of if asked.by_point else f"The {end} end of {of}"
    if why := asked.missing():
        return _not_shown(asked, wants, figure, why)
    value = asked.pair.figures[asked.bound.key].by_system[asked.pair.system]
    found = value.value if asked.by_point else read(value)
    if found is None:
        return _not_shown(asked, wants, figure, _NO_INTERVAL)
    holds = found >= asked.wanted - SLACK if floor else found <= asked.wanted + SLACK
    beside = "" if asked.by_point else f" (95% interval; the figure is {_told(asked, value.value)})"
    told = f"{figure}{beside} is {asked.spelling.both(found, asked.wanted)[0]}."
    if holds:
        return Condition(asked.name, asked.wanted, found, True, wants, told)
    short = f"That is {asked.apart(abs(found - asked.wanted))} too {'low' if floor else 'high'}."
    return Condition(asked.name, asked.wanted, found, False, wants, told, f"{short}{_open(asked, value)}")


def _open(asked: _Asked, value: Spread) -> str:
    """Where the figure itself would do, that too few prompts leave it open."""
    low = asked.setting == "at_least"
    enough = value.value >= asked.wanted if low else value.value <= asked.wanted
    open_ = not asked.by_point and enough
    return " The figure itself would do: too few prompts leave it open." if open_ else ""


def _told(asked: _Asked, value: float) -> str:
    return asked.spelling.both(value, value + 1)[0]


_NO_INTERVAL = "it has no interval: too few prompts, or none can be computed (basis = “point” goes without)"


# --- bounds on the difference of two -----------------------------------------------------------------


def _not_worse(asked: _Asked) -> Condition:
    """Strictly: a loss of the margin itself must be ruled out."""
    wants = f"The gate wants a loss of {asked.apart(asked.wanted)} or more to be ruled out."
    why = f"That {asked.pair.system} is worse by {asked.apart(asked.wanted)} or more is not ruled out."
    return _difference(asked, wants, -asked.wanted, why)


def _better(asked: _Asked) -> Condition:
    more = f" of more than {asked.apart(asked.wanted)}" if asked.wanted else ""
    wants = f"The gate wants a gain{more} to be shown."
    return _difference(asked, wants, asked.wanted, "Such a gain is not shown.")


def _difference(asked: _Asked, wants: str, bound: float, why: str) -> Condition:
    name = f"“{asked.found.name}”" if asked.found else asked.bound.key
    figure = f"The gain of {asked.pair.system} over {asked.against or 'its base'} in {name}"
    gain = asked.missing() or _gain(asked)
    if isinstance(gain, str):
        return _not_shown(asked, wants, figure, gain)
    found = gain.value if asked.by_point else gain.low
    if found is None:
        return _not_shown(asked, wants, figure, _NO_INTERVAL)
    end = figure if asked.by_point else f"The lower end of {figure[:1].lower()}{figure[1:]}"
    beside = "" if asked.by_point else f" (95% interval; it is {_signed(asked, gain.value)})"
    told = f"{end}{beside} is {_signed(asked, found)}."
    holds = found > bound + SLACK
    return Condition(asked.name, asked.wanted, found, holds, wants, told, "" if holds else why)


def _gain(asked: _Asked) -> Spread | str:
    """Positive where the released system is better; a clause where there is no difference."""
    figure, system, against = asked.pair.figures[asked.bound.key], asked.pair.system, asked.against
    if not against:
        return "it is not clear what it is held against"
    if figure.higher_is_better is None:
        return "of this measure neither more nor less is better"
    found = figure.difference(against, system)
    if found is None:
        return f"{against} and {system} have no prompt in common, or were asked differently"
    if not math.isfinite(found.value):
        return "the values are too large to compare"
    if figure.higher_is_better:
        return found
    low, high = (None if end is None else -end for end in (found.high, found.low))
    return Spread(-found.value, low, high)


def _signed(asked: _Asked, value: float) -> str:
    sign = "−" if value < 0 else "+"
    return f"{sign}{asked.apart(abs(value))}"


_HELD: Mapping[str, Callable[[_Asked], Condition]] = {
    "at_least": _least,
    "at_most": _most,
    "not_worse_by": _not_worse,
    "better_by": _better,
}
