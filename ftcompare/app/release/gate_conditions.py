"""The conditions of a gate in words: what was found, what is wanted, whether it holds."""

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
        words: one sentence, or two.
    """

    name: str
    wanted: float | int | bool
    found: float | int | bool | None
    holds: bool
    words: str


Spell = Callable[[float, float], tuple[str, str]]
"""How a found and a wanted number are written, so that they differ in print where they differ."""


def condition(name: str, found: float | str, wanted: float, figure: str, spell: Spell) -> Condition:
    """A condition on a number. It is a floor or a ceiling, as the setting's name begins with min or max.

    Args:
        name: of the setting.
        found: the figure, or in words why it is not defined: then the condition does not hold.
        wanted: the bound.
        figure: what the figure is, to begin a sentence with.
        spell: `percents`, `numbers` or `wholes`.
    """
    floor = name.startswith("min_")
    bound = f"the gate wants at {'least' if floor else 'most'} {spell(wanted, wanted)[1]}"
    if isinstance(found, str):
        return Condition(name, wanted, None, False, f"{figure} is not known: {found}; {bound}.")
    holds = found >= wanted - SLACK if floor else found <= wanted + SLACK
    return Condition(name, wanted, found, holds, f"{figure} is {spell(found, wanted)[0]}; {bound}.")


def simply(name: str, *, holds: bool, words: str) -> Condition:
    """A condition that something is so."""
    return Condition(name, True, holds, holds, words)


def percents(found: float, wanted: float) -> tuple[str, str]:
    """Both as per cents: 49.96% where 50.0% is wanted, and not 50.0%."""
    return _told_apart(found, wanted, lambda x, digits: f"{x:.{digits}%}", 1), f"{100 * wanted:.8g}%"


def numbers(found: float, wanted: float) -> tuple[str, str]:
    """Both as numbers."""
    return _told_apart(found, wanted, lambda x, digits: f"{x:.{digits}g}", 3), f"{wanted:.8g}"


def wholes(found: float, wanted: float) -> tuple[str, str]:
    """Both as whole numbers."""
    return f"{found:,.0f}", f"{wanted:,.0f}"


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
        "words": found.words,
    }
