"""The order of systems that a file adds to a study: of two that are compared, the one called a comes first.

A study numbers its systems as they are added, and of a pair the answer of the first is a. So that a pair
keeps its order, systems are added in an order that all pairs of the file agree with, where there is one.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from ftcompare.core.records import JudgmentRecord

Couple = tuple[str, str]


class SystemsOutOfOrder(Exception):
    """A file names its systems in another order than their pairs have; ``order`` is that of the pairs."""

    def __init__(self, order: Sequence[str]) -> None:
        super().__init__()
        self.order = order


def in_order(records: Iterable[JudgmentRecord], known: Collection[str]) -> Iterator[JudgmentRecord]:
    """The same votes, as long as their systems can be added as they are met.

    Args:
        records: the votes of a file.
        known: names of systems that the study has: these stay before all others.

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
    """Note a vote's systems; whether they are a couple that was not met before."""
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
    """Names in an order in which a stands before b for each couple, else as they were given.

    Couples that occur in both orders say nothing; those of a circle are passed over.
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
