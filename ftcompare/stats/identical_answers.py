"""Identical answers of two systems: ties that nobody is asked about, counted as prompts among the others.

Whoever had been asked would have had to answer "about equal". A tie is counted as the answer of raters who
judged the two systems, in proportion to their judgments, so win rates and intervals are those of a study
whose raters were asked. Evidence, agreement, and all other figures about raters are without these ties.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from ftcompare.core.grouping import grouped
from ftcompare.core.random_source import seeded
from ftcompare.core.study import RaterKind, Vote

Systems = tuple[str, str]
"""The names of a and b, in the order of votes."""

_Judging = tuple[str, bool]
"""The rater, and whether they saw the reference answer."""


def with_ties(
    votes: Iterable[Vote], identical: Sequence[Vote], differing: Mapping[Systems, int]
) -> Iterator[Vote]:
    """Yield the votes, then the ties of identical answers that count so far.

    Args:
        identical: a tie for each prompt to which two systems gave the same answers, without a rater.
        differing: number of the other prompts for each pair of systems.
    """
    ties = grouped(((tie.a, tie.b), tie) for tie in identical)
    loads: dict[Systems, Counter[_Judging]] = defaultdict(Counter)
    prompts: dict[Systems, set[str]] = defaultdict(set)
    for vote in votes:
        key = vote.a, vote.b
        if key in ties and vote.rater_kind is RaterKind.HUMAN:
            loads[key][vote.rater, vote.reference_seen] += 1
            prompts[key].add(vote.prompt)
        yield vote
    for key, load in loads.items():
        yield from _counted(ties[key], load, len(prompts[key]), max(differing.get(key, 0), len(prompts[key])))


def _counted(ties: list[Vote], load: Counter[_Judging], judged: int, planned: int) -> Iterator[Vote]:
    """Yield the ties of one pair of systems, each as often as other prompts were judged on the average.

    As many of the identical prompts count as of the others were judged, both rounded down: never more than
    would have been judged. They are chosen by chance that does not depend on what was judged.
    """
    each, number = load.total() // judged, len(ties) * judged // planned
    chosen = seeded(len(ties)).sample(ties, len(ties))[:number]
    ways, ends = [*load], [*accumulate(load.values())]
    for place, tie in enumerate(chosen):
        for time in range(each):
            # The places of one prompt are far apart, so that its ties are those of different raters.
            at = (place + time * number + 0.5) / (number * each) * load.total()
            rater, seen = next(way for way, end in zip(ways, ends, strict=True) if at < end)
            yield tie._replace(rater=rater, reference_seen=seen, unasked=True)
