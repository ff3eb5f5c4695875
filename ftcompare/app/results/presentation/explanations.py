"""Merge explanations of several figures: each rule once, with the numbers of every figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ftcompare.app.results.presentation.blocks import Explanation, Figures


def explanations_of(group: Figures, first: Explanation | None = None) -> tuple[Explanation, ...]:
    """Explanations of a group's shown figures, after ``first`` and the group's own explanation."""
    found = (first, group.explanation, *(figure.explanation for figure in group.shown))
    return merged((("", how) for how in found if how is not None), several=False)


def merged(given: Iterable[tuple[str, Explanation]], *, several: bool) -> tuple[Explanation, ...]:
    """Merge explanations with the same title: the rule once, then the numbers of each pair of systems.

    Each explanation comes with its pair's title, empty for the whole study. ``several`` says that the numbers
    are of more than one pair; the pair's title is then added to them.
    """
    found: dict[str, Explanation] = {}
    for pair, how in given:
        lead = f"{pair}: " if pair and several else ""
        numbers = tuple(f"{lead}{text}" for text in how.numbers)
        before = found.get(how.title)
        if before is not None:
            numbers = (*before.numbers, *(text for text in numbers if text not in before.numbers))
        method = _joined(before.method if before else "", how.method)
        rule = (*before.rule, *(text for text in how.rule if text not in before.rule)) if before else how.rule
        found[how.title] = replace(how, rule=rule, numbers=numbers, method=method)
    return tuple(found.values())


def _joined(first: str, second: str) -> str:
    return "; ".join(dict.fromkeys(filter(None, (*first.split("; "), *second.split("; ")))))
