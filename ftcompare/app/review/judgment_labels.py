"""A rater's answers on one pair in words: by position, and by system where systems may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ftcompare.core.scale import STRENGTH_NAMES
from ftcompare.core.study import ComparisonKind, JudgedRow, SystemId

OF_SYSTEMS = frozenset({ComparisonKind.ORDINARY, ComparisonKind.LIVE})
"""Kinds of comparisons whose answers prefer a system.

In controls both texts are of one system; gold items have none.
"""

_BY_PLACE = {"left": "Left is better", "right": "Right is better"}
_UNDECIDED = {"tie": "About equal", "both_bad": "Both bad"}


@dataclass(frozen=True, slots=True)
class Given:
    """An answer to the overall question, or to one criterion."""

    words: str  # the answer by position, as the rater gave it
    # name of the preferred system; empty for no preference, while withheld, and for checks of a rater
    system: str = ""
    # ``left`` or ``right``, where the preferred text stood; empty for no preference and where unknown
    side: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a rater answered in addition to the overall question."""

    # strength of the preference in the words of the study's scale; empty where none was given
    strength: str = ""
    criteria: tuple[tuple[str, Given], ...] = ()  # names of the criteria, each with its answer
    reasons: tuple[str, ...] = ()  # ticked reasons; a reason about one answer includes the system's name


def given(row: JudgedRow, choice: str, names: Mapping[SystemId, str] | None) -> Given:
    """One choice of a judgment in words: ``a``, ``b``, ``tie`` or ``both_bad``, overall or of a criterion.

    ``names`` are the names of the systems; None while they are withheld.
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
    """The additional answers of a judgment; empty while systems are withheld.

    ``names`` as in `given`; ``strengths`` is the number of strengths in the study's scale, 1 to 3.
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
