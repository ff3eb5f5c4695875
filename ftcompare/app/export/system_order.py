"""The order in which systems of an imported file are added, so that the pairs keep their order.

A study numbers its systems as they are added, and in a pair the answer of the earlier system is a. So systems
are added in an order that agrees with all pairs of the file, where one exists.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from ftcompare.core.records import JudgmentRecord

Couple = tuple[str, str]


class SystemsOutOfOrder(Exception):
    """A file names its systems in another order than its pairs; ``order`` is the order of the pairs."""

    def __init__(self, order: Sequence[str]) -> None:
        super().__init__()
        self.order = order


def in_order(records: Iterable[JudgmentRecord], known: Collection[str]) -> Iterator[JudgmentRecord]:
    """Pass votes through while their systems can be added in order of occurrence.

    Args:
        records: the votes of a file.
        known: names of systems that the study has; these precede all others.

    Raises:
        SystemsOutOfOrder: after the last vote was read.
    """
    places: dict[str, int] = {}
    couples: set[Couple] = set()
    votes = iter(records)
    for record in votes:
        if _is_new(record, places, couples) and not _fits(record, places, couples, known):
            for further in votes:
                _is_new(further, places, couples)
            raise SystemsOutOfOrder([name for name in order_of([*places], couples) if name not in known])
        yield record


def _is_new(record: JudgmentRecord, places: dict[str, int], couples: set[Couple]) -> bool:
    """Record a vote's systems; return whether this pair of systems is new."""
    couple = record.system_a, record.system_b
    if couple in couples:
        return False
    couples.add(couple)
    for name in couple:
        places.setdefault(name, len(places))
    return True


def _fits(
    record: JudgmentRecord, places: dict[str, int], couples: set[Couple], known: Collection[str]
) -> bool:
    a, b = record.system_a, record.system_b
    free = a in known or b in known or (b, a) in couples
    return free or places[a] < places[b]


def order_of(names: Sequence[str], couples: Collection[Couple]) -> list[str]:
    """Sort names so that a precedes b for each pair of systems; else they keep their order.

    Pairs that occur in both orders are ignored, as are those that form a cycle.
    """
    place = {name: number for number, name in enumerate(names)}
    behind: defaultdict[str, list[str]] = defaultdict(list)
    waiting: Counter[str] = Counter()
    for a, b in couples:
        if a in place and b in place and (b, a) not in couples:
            behind[a].append(b)
            waiting[b] += 1
    ready = [number for name, number in place.items() if not waiting[name]]
    found: list[str] = []
    while ready:
        found.append(names[heapq.heappop(ready)])
        for name in behind[found[-1]]:
            waiting[name] -= 1
            if not waiting[name]:
                heapq.heappush(ready, place[name])
    return [*found, *(name for name in names if waiting[name] > 0)]
