"""The measures of a pair of systems, group by group; every renderer shows them.

A new measure is a function in `ftcompare.stats` and one here, or in a module of this package that
`overview` imports: it takes a `PairResults`, gives figures, and names its group by `measure`. Window,
HTML, PDF and command line then show it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum

from ftcompare.app.results.presentation.blocks import Figure
from ftcompare.app.results.presentation.pair_results import PairResults

FigureMaker = Callable[[PairResults], Iterable[Figure]]


class Group(StrEnum):
    """Measures that stand together. CHECKS, AGREEMENT, POSITION and BLIND are of all pairs together."""

    RATES = "rates"
    LENGTH = "length"
    COUNTS = "counts"
    EVIDENCE = "evidence"
    CRITERIA = "criteria"
    CHECKS = "checks"
    AGREEMENT = "agreement"
    POSITION = "position"
    TEMPLATES = "templates"
    BLIND = "blind"
    VARIANTS = "variants"
    MARKS = "marks"


MEASURES: dict[Group, list[FigureMaker]] = {group: [] for group in Group}
"""In the order in which they are shown."""


def measure(group: Group) -> Callable[[FigureMaker], FigureMaker]:
    """Have a function's figures shown in a group, behind those that are in it already."""

    def register(maker: FigureMaker) -> FigureMaker:
        MEASURES[group].append(maker)
        return maker

    return register
