"""The conditions of a gate in sentences: the requirement, the finding, and why it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ftcompare.core.hashing import Json

SLACK = 1e-9
"""Differences below this are rounding."""

MORE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a gate.

    Args:
        name: of the setting that asks for it.
        wanted: the bound; true where something must simply be so.
        found: the figure; None where it is not defined or may not be told yet.
        asked: what the gate wants, a sentence.
        told: what was found, a sentence.
        why: why the condition does not hold, in sentences; empty where it holds.
        tier: that it belongs to; empty for the whole gate.
    """

    name: str
    wanted: float | int | bool
    found: float | int | bool | None
    holds: bool
    asked: str
    told: str
    why: str = ""
    tier: str = ""

    @property
    def shown(self) -> bool:
        """Whether there is a figure: without one a condition does not hold, and nothing is shown."""
        return self.found is not None

    @property
    def words(self) -> str:
        """All of it, to be read in one go."""
        asked = f"{self.told.removesuffix('.')}; {self.asked[:1].lower()}{self.asked[1:]}"
        return f"{asked} {self.why}".rstrip()


@dataclass(frozen=True, slots=True)
class Spelling:
    """How numbers of a kind are written.

    Args:
        both: a found and a wanted number, so that they differ in print where they differ.
        apart: how far they are apart, as a noun with its number; and two words for less and more than wanted.
    """

    both: Callable[[float, float], tuple[str, str]]
    apart: Callable[[float], str]
    less: str
    more: str


def condition(
    name: str, found: float | str, wanted: float, figure: str, spelling: Spelling, why: str = ""
) -> Condition:
    """A condition on a number. It is a floor or a ceiling, as the setting's name begins with min or max.

    Args:
        name: of the setting.
        found: in words where the figure is not defined: then the condition does not hold.
        wanted: the bound; a figure that is equal to it holds.
        figure: begins a sentence with what it is.
        spelling: `PERCENTS`, `NUMBERS` or `WHOLES`.
        why: what it means that a figure that is known does not hold.
    """
    floor = name.startswith("min_")
    asked = f"The gate wants at {'least' if floor else 'most'} {spelling.both(wanted, wanted)[1]}."
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
    """A condition on a figure that is not defined or not to be told: it does not hold."""
    because = "A condition on a figure that is not known does not hold."
    return Condition(name, wanted, None, False, asked, f"{figure} is not known: {why}.", because)


def simply(name: str, *, holds: bool, asked: str, told: str, why: str = "") -> Condition:
    """A condition that something is so."""
    return Condition(name, True, holds, holds, asked, told, "" if holds else why)


def percents(found: float, wanted: float) -> tuple[str, str]:
    """Both as per cents: 49.96% where 50.0% is wanted, and not 50.0%."""
    return _told_apart(found, wanted, lambda x, digits: f"{x:.{digits}%}", 1), f"{100 * wanted:.8g}%"


def numbers(found: float, wanted: float) -> tuple[str, str]:
    """Both as numbers."""
    return _told_apart(found, wanted, lambda x, digits: f"{x:.{digits}g}", 3), f"{wanted:.8g}"


def wholes(found: float, wanted: float) -> tuple[str, str]:
    """Both as whole numbers."""
    return f"{found:,.0f}", f"{wanted:,.0f}"


def points(share: float) -> str:
    """``5 points``, ``0.4 points``: a difference of shares, with three digits."""
    told = f"{100 * share:.3g}"
    return f"{told} {'point' if told == '1' else 'points'}"


PERCENTS = Spelling(percents, points, "low", "high")
NUMBERS = Spelling(numbers, lambda apart: f"{apart:.3g}", "low", "high")
WHOLES = Spelling(wholes, lambda apart: f"{apart:,.0f}", "few", "many")


def _told_apart(found: float, wanted: float, spell: Callable[[float, int], str], digits: int) -> str:
    """With as many digits as it takes to see the difference, if there is one."""
    last = digits + MORE_DIGITS
    while digits < last and abs(found - wanted) > SLACK and spell(found, digits) == spell(wanted, digits):
        digits += 1
    return spell(found, digits)


def condition_json(found: Condition) -> dict[str, Json]:
    """One of ``conditions`` in ``gate --json``."""
    return {
        "name": found.name,
        "wanted": found.wanted,
        "found": found.found,
        "holds": found.holds,
        "asked": found.asked,
        "told": found.told,
        "why": found.why,
        "words": found.words,
        "shown": found.shown,
        "tier": found.tier or None,
    }
