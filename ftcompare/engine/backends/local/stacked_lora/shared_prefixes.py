"""Finds tokens with which several prompts begin, so that they are read once, and packs prompts into passes.

Adapters change keys and values from the first layer on, so only rows of the same adapter, or of the base, can
share them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias, TypeVar

LEAST_SHARED = 32  # minimum number of tokens to share, and that sharing must save: it may cost another pass

Ids: TypeAlias = tuple[int, ...]
ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class PromptRow:
    """Prompt of one row, which goes into a slot of the cache; ``name`` is its adapter, "" for the base."""

    ids: Ids
    name: str
    slot: int


def common_length(one: Ids, other: Ids) -> int:
    """Return with how many equal tokens two prompts begin."""
    short = min(len(one), len(other))
    if one[:short] == other[:short]:
        return short
    return next(at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)


def reading_order(items: Iterable[ItemT], ids: Callable[[ItemT], Ids]) -> list[ItemT]:
    """Sort short ones first, and those next to each other of which half or more of the tokens are shared."""
    groups: list[list[ItemT]] = []
    for item in sorted(items, key=ids):
        mine = ids(item)
        before = ids(groups[-1][-1]) if groups else ()
        if 2 * common_length(before, mine) >= max(len(before), len(mine), 2 * LEAST_SHARED):
            groups[-1].append(item)
        else:
            groups.append([item])
    groups.sort(key=lambda group: max(len(ids(item)) for item in group))
    return [item for group in groups for item in group]


def shared_runs(rows: Sequence[Ids], kept: Ids, following: Ids) -> list[tuple[int, int, int]]:
    """Return first row, row after the last, and number of shared tokens of runs that cover all rows.

    ``rows`` are sorted. Tokens of ``kept`` are in memory; ``following`` is the row that will be read next.
    A row keeps at least one token of its own, from which its logits follow.
    """
    commons = [common_length(*pair) for pair in pairwise((*rows, following))]
    runs: list[tuple[int, int, int]] = []
    first = 0
    while first < len(rows):
        mine = rows[first]
        present = shared = min(common_length(kept, mine), len(mine) - 1)
        last, most, common = first + 1, LEAST_SHARED - 1, len(mine) - 1
        for others, next_common in enumerate(commons[first:], start=1):
            common = min(common, next_common)
            if others * (common - present) > most:
                most, shared, last = others * (common - present), common, min(first + others + 1, len(rows))
        if shared < LEAST_SHARED:
            shared, last = 0, first + 1
        begin = first
        if shared and runs and runs[-1][2] == shared and mine[:shared] == kept:
            begin, *_ = runs.pop()
        runs.append((begin, last, shared))
        kept, first = mine[:shared] or kept, last
    return runs


def packed(rows: Sequence[PromptRow], shared: int, most: int) -> Iterator[list[PromptRow]]:
    """Yield rows that together have at most ``most`` tokens after the shared ones; longer ones alone."""
    pack: list[PromptRow] = []
    size = 0
    for row in rows:
        own = len(row.ids) - shared
        if pack and size + own > most:
            yield pack
            pack, size = [], 0
        pack.append(row)
        size += own
    if pack:
        yield pack
