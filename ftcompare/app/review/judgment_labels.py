"""A rater's answers to one pair in words: by place always, by system once it may be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ftcompare.core.scale import STRENGTH_NAMES
from ftcompare.core.study import ComparisonKind, JudgedRow, SystemId

OF_SYSTEMS = frozenset({ComparisonKind.ORDINARY, ComparisonKind.LIVE})
"""Comparisons whose answer prefers a system; of a control both are one, of a gold item none is."""

_BY_PLACE = {"left": "Left is better", "right": "Right is better"}
_UNDECIDED = {"tie": "About equal", "both_bad": "Both bad"}


@dataclass(frozen=True, slots=True)
class Given:
    """An answer to the whole, or to one criterion.

    Args:
        words: by place, as its rater gave it.
        system: that was preferred; empty for none, while that is withheld, and for checks of a rater.
        side: ``left`` or ``right`` where the preferred text stood; empty for none and where unknown.
    """

    words: str
    system: str = ""
    side: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a rater said beside the whole.

    Args:
        strength: in the words of the study's scale; empty where none was given.
        criteria: each criterion with its answer.
        reasons: ticked, with the system in words where one is told of an answer.
    """

    strength: str = ""
    criteria: tuple[tuple[str, Given], ...] = ()
    reasons: tuple[str, ...] = ()


def given(row: JudgedRow, choice: str, names: Mapping[SystemId, str] | None) -> Given:
    """One of a judgment's answers, to the whole or a criterion: ``a``, ``b``, ``tie`` or ``both_bad``.

    ``names`` of the systems are None where they may not be told.
    """
    if choice in _UNDECIDED:
        return Given(_UNDECIDED[choice])
    side = "" if not row.left else "left" if choice == row.left else "right"
    words = _BY_PLACE.get(side, "One side is better")
    if names is None or row.comparison.kind not in OF_SYSTEMS:
        return Given(words, side=side)
    response = row.comparison.a if choice == "a" else row.comparison.b
    return Given(words, names[response.system], side)


def beside(row: JudgedRow, names: Mapping[SystemId, str] | None, strengths: int) -> Beside:
    """What stands beside the whole; nothing where systems may not be told.

    ``names`` as in `given`; ``strengths`` that the study's scale has, 1 to 3.
    """
    if names is None:
        return Beside()
    return Beside(
        _strength(row.strength, strengths),
        tuple((name, given(row, choice, names)) for name, choice in row.criteria),
        tuple(_reason(row, reason, names) for reason in row.reasons),
    )


def _reason(row: JudgedRow, reason: str, names: Mapping[SystemId, str]) -> str:
    side = dict(row.reason_sides).get(reason, "")
    if not side or row.comparison.kind not in OF_SYSTEMS:
        return reason
    response = row.comparison.a if side == "a" else row.comparison.b
    return f"{reason} (of {names[response.system]})"


def _strength(strength: int | None, strengths: int) -> str:
    if strength is None or max(strengths, strength) == 1:
        return ""
    names = STRENGTH_NAMES.get(strengths, ())
    return names[strength - 1] if strength <= len(names) else f"strength {strength}"
