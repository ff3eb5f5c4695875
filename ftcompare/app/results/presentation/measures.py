"""Registry of the measures of a pair of systems, by group, which all renderers show.

A new measure is a function in `ftcompare.stats`, and a function here or in a module of this package that
`overview` imports. The latter takes a `PairResults`, yields figures, and is registered in a group by the
decorator `measure`. Window, HTML, PDF and command line then show it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum

from ftcompare.app.results.presentation.blocks import Figure
from ftcompare.app.results.presentation.pair_results import PairResults

FigureMaker = Callable[[PairResults], Iterable[Figure]]


class Group(StrEnum):
    """Measures shown together. CHECKS, AGREEMENT, POSITION and BLIND are over all pairs of systems."""

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
"""The registered functions by group, in display order."""


def measure(group: Group) -> Callable[[FigureMaker], FigureMaker]:
    """Decorator: register a function in a group, after the functions that are already in it."""

    def register(maker: FigureMaker) -> FigureMaker:
        MEASURES[group].append(maker)
        return maker

    return register
