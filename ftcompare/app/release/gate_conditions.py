"""Conditions of a gate as sentences: the requirement, the finding, and why it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ftcompare.core.hashing import Json

SLACK = 1e-9
"""Smaller differences are rounding errors."""

MORE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a gate."""

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
        """Whether there is a figure; a condition without one does not hold."""
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

    Args:
        found: the number, or words where the figure is not defined; then the condition does not hold.
        wanted: the bound; an equal figure meets it.
        spelling: `PERCENTS`, `NUMBERS` or `WHOLES`.
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
    """Both as numbers."""
    return _told_apart(found, wanted, lambda x, digits: f"{x:.{digits}g}", 3), f"{wanted:.8g}"


def wholes(found: float, wanted: float) -> tuple[str, str]:
    """Both as whole numbers."""
    return f"{found:,.0f}", f"{wanted:,.0f}"


def points(share: float) -> str:
    """A difference of shares as ``5 points``, ``0.4 points``, with three digits."""
    told = f"{100 * share:.3g}"
    return f"{told} {'point' if told == '1' else 'points'}"


PERCENTS = Spelling(percents, points, "low", "high")
NUMBERS = Spelling(numbers, lambda apart: f"{apart:.3g}", "low", "high")
WHOLES = Spelling(wholes, lambda apart: f"{apart:,.0f}", "few", "many")


def _told_apart(found: float, wanted: float, spell: Callable[[float, int], str], digits: int) -> str:
    """Both numbers with as many digits as are needed to show a difference."""
    last = digits + MORE_DIGITS
    while digits < last and abs(found - wanted) > SLACK and spell(found, digits) == spell(wanted, digits):
        digits += 1
    return spell(found, digits)


def condition_json(found: Condition) -> dict[str, Json]:
    """One entry of ``conditions`` in ``gate --json``."""
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
