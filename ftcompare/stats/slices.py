"""Win rates within parts of the prompts and by rater, corrected for multiple comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from ftcompare.core.context import ContextKind
from ftcompare.core.study import Split
from ftcompare.stats.multiple_comparisons import error_variance, holm_of_known, partially_pooled
from ftcompare.stats.prompt_interval import lean_over_prompts
from ftcompare.stats.vote_table import CHOICES, IntArray, VoteTable, groups
from ftcompare.stats.win_rate import Rate, rate_over_prompts

RATER = "rater"
SPLIT_ORDER = (Split.TRAINED, Split.PARAPHRASE, Split.HELD_OUT)
KIND_ORDER = tuple(kind.value for kind in ContextKind)


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of judgments by answer, and of the prompts they are about."""

    prompts: int
    judgments: int
    wins_a: int
    wins_b: int
    ties: int
    both_bad: int


@dataclass(frozen=True, slots=True)
class SummarySlice:
    """The win rate of b within one part of the prompts, or of one rater."""

    # ``category``, ``split``, ``tag``, ``task``, ``context_kind`` or ``rater``. A prompt counts in the part
    # of each of its tags.
    dimension: str
    name: str  # name of the category, split and so on
    rate: Rate
    counts: Counts
    # p of "neither is preferred here", by the rule of the claim about these raters; None for a single prompt
    p: float | None = None
    # p adjusted by `holm` for testing all parts of the comparison: all parts of the prompts are one family,
    # raters another
    p_adjusted: float | None = None
    # whether ``p_adjusted`` is below 1 - level and all planned judgments are complete
    beyond_doubt: bool = False
    # the rate shrunk towards those of the other parts of the dimension, for display
    pooled: float | None = None


def counted(table: VoteTable) -> Counts:
    """The counts of a table's judgments."""
    by_choice = dict(zip(CHOICES, np.bincount(table.choice, minlength=len(CHOICES)).tolist(), strict=True))
    prompts = len(np.unique(table.prompt))
    wins = by_choice["a"], by_choice["b"]
    return Counts(prompts, len(table), *wins, by_choice["tie"], by_choice["both_bad"])


def slices(table: VoteTable, level: float, *, finished: bool) -> tuple[SummarySlice, ...]:
    """Slices by category, split, tag, task, kind of context and rater, corrected for multiple comparisons.

    Args:
        finished: whether all planned judgments are complete: before that nothing is beyond doubt.
    """
    parts = tuple(_parts(table, level))
    raters = tuple(part.shown.dimension == RATER for part in parts)
    by_family = [
        _corrected([p for p, r in zip(parts, raters, strict=True) if r is of]) for of in (False, True)
    ]
    beyond = 1 - level if finished else 0.0
    return tuple(
        replace(part, beyond_doubt=part.p_adjusted is not None and part.p_adjusted < beyond)
        for family in by_family
        for part in family
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A slice before the correction for the other slices."""

    shown: SummarySlice  # the slice without adjusted p and pooled rate
    variance: float  # variance of the error of its rate


def _corrected(parts: list[_Part]) -> list[SummarySlice]:
    """Slices of one family with p values adjusted by Holm; rates are pooled within each dimension."""
    adjusted = holm_of_known([part.shown.p for part in parts])
    pooled = [
        rate for _, of in groupby(parts, lambda part: part.shown.dimension) for rate in _pooled(list(of))
    ]
    return [
        replace(part.shown, pooled=rate, p_adjusted=p)
        for part, rate, p in zip(parts, pooled, adjusted, strict=True)
    ]


def _pooled(parts: list[_Part]) -> tuple[float, ...]:
    return partially_pooled([part.shown.rate.value for part in parts], [part.variance for part in parts])


def _parts(table: VoteTable, level: float) -> Iterator[_Part]:
    """The slices of all dimensions of the prompts, dimension by dimension."""
    raters = tuple(name for name, _ in table.raters)
    yield from _slices_by(
        "category", table, table.category, table.categories, sorted(table.categories), level
    )
    yield from _slices_by("split", table, table.split, table.splits, SPLIT_ORDER, level)
    yield from _slices_by_tag(table, level)
    yield from _slices_by("task", table, table.task, table.tasks, sorted(table.tasks), level)
    yield from _slices_by("context_kind", table, table.context_kind, table.context_kinds, KIND_ORDER, level)
    yield from _slices_by(RATER, table, table.rater, raters, raters, level)


def _slices_by(
    dimension: str,
    table: VoteTable,
    codes: IntArray,
    labels: tuple[str, ...],
    order: Iterable[str],
    level: float,
) -> Iterator[_Part]:
    """Slices in the given order; prompts without a name (no category, no split) are left out."""
    rows = {labels[code]: part for code, part in groups(codes)}
    for name in order:
        if name and name in rows:
            yield _slice(dimension, name, table.at(rows[name]), level)


def _slices_by_tag(table: VoteTable, level: float) -> Iterator[_Part]:
    """Slices in alphabetical order; a prompt may be in several."""
    rows: dict[str, list[IntArray]] = {}
    for code, part in groups(table.tags):
        for tag in set(table.tag_sets[code]):
            rows.setdefault(tag, []).append(part)
    for tag in sorted(rows):
        yield _slice("tag", tag, table.at(np.sort(np.concatenate(rows[tag]))), level)


def _slice(dimension: str, name: str, part: VoteTable, level: float) -> _Part:
    rate, counts = rate_over_prompts(part.preference, part.prompt, level), counted(part)
    found = lean_over_prompts(2 * part.preference - 1, part.prompt, level)
    shown = SummarySlice(dimension, name, rate, counts, found.p if found else None)
    variance = error_variance(found.variance / 4 if found else None, rate.value, counts.prompts)
    return _Part(shown, variance)
