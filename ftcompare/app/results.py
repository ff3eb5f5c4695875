"""From stored judgments to numbers, under the names that may be shown now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ftcompare.app.generation import system_names
from ftcompare.core.hashing import Json
from ftcompare.core.study import JudgedRow, RaterKind, Study, SystemId, SystemKind, Vote
from ftcompare.stats.sequential import e_value
from ftcompare.stats.summary import PairSummary, Summary, as_json, summarise
from ftcompare.store.study_file import StudyFile

EVIDENCE_NEEDED = 20.0
"""The e-value at which either may be called better: 1 / .05."""

EVIDENCE_POINTS = 200
"""At most so many e-values are computed for a path."""

PairKey = tuple[str, str, RaterKind]
"""The names of a and b as they may be shown now, and who judged."""


EVEN = 0.5


@dataclass(frozen=True, slots=True)
class Results:
    """The numbers of a study.

    Args:
        prompts: prompts in the study, judged or not.
        pairs: comparisons that could be judged.
    """

    study: Study
    prompts: int
    pairs: int
    summary: Summary

    @property
    def headline(self) -> str:
        """One sentence for everyone."""
        main = main_pair(self.summary)
        return headline(main) if main else "No judgments yet."


@dataclass(frozen=True, slots=True)
class EvidencePath:
    """The e-value after so many prompts, in the order in which they were first judged."""

    prompts: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class DetailedResults:
    """The numbers of a study with what its page draws.

    Args:
        evidence: for each pair of the summary.
        tuned: names of systems with an adapter; empty while blinded.
    """

    results: Results
    evidence: Mapping[PairKey, EvidencePath]
    tuned: frozenset[str]


def results(study: StudyFile) -> Results:
    """Summarise what stands now."""
    return _results(study, votes(study))


def detailed_results(study: StudyFile) -> DetailedResults:
    """Summarise what stands now, and how the evidence grew."""
    means = _PromptMeans()
    found = _results(study, means.watching(votes(study)))
    adapted = (s.name for s in study.systems() if s.spec.kind is SystemKind.ADAPTER)
    return DetailedResults(
        results=found,
        evidence={pair: evidence_path(means.of(pair)) for pair in means.pairs},
        tuned=frozenset() if found.study.blinded else frozenset(adapted),
    )


def evidence_path(means: Sequence[float]) -> EvidencePath:
    """The e-value after each prompt; of many prompts at even steps, the last one always."""
    points = min(len(means), EVIDENCE_POINTS)
    places = sorted({round(len(means) * (point + 1) / points) for point in range(points)})
    values = np.asarray(means, dtype=np.float64)
    return EvidencePath(tuple(places), tuple(e_value(values[:place]) for place in places))


class _PromptMeans:
    """Each prompt's mean preference, gathered while votes in order of time go by."""

    def __init__(self) -> None:
        self._sums: dict[PairKey, dict[str, tuple[float, int]]] = {}

    @property
    def pairs(self) -> tuple[PairKey, ...]:
        return tuple(self._sums)

    def of(self, pair: PairKey) -> list[float]:
        """In the order in which the prompts were first judged."""
        return [total / count for total, count in self._sums[pair].values()]

    def watching(self, votes: Iterable[Vote]) -> Iterator[Vote]:
        """The same votes, noted on the way."""
        for vote in votes:
            prompts = self._sums.setdefault((vote.a, vote.b, vote.rater_kind), {})
            total, count = prompts.get(vote.prompt, (0.0, 0))
            prompts[vote.prompt] = total + vote.preference, count + 1
            yield vote


def _results(study: StudyFile, judged: Iterable[Vote]) -> Results:
    counts = study.counts()
    return Results(
        study=study.study(),
        prompts=counts.prompts,
        pairs=counts.pairs_written,
        summary=summarise(judged),
    )


def results_json(study: StudyFile) -> dict[str, Json]:
    """``results --json`` as documented for the command line."""
    found = results(study)
    return as_json(found.summary, title=found.study.title, prompts=found.prompts)


def votes(study: StudyFile) -> Iterable[Vote]:
    """The standing judgments as votes. While blinded, names and their order are neutral."""
    names = system_names(study)
    blinded = study.study().blinded
    for row in study.judged_rows():
        vote = vote_of(row, names)
        yield _in_neutral_order(vote) if blinded else vote


def vote_of(row: JudgedRow, names: Mapping[SystemId, str]) -> Vote:
    """A judgment turned from responses to systems."""
    a, b = row.comparison.a, row.comparison.b
    return Vote(
        prompt=str(row.prompt.id),
        rater=row.rater.name,
        a=names[a.system],
        b=names[b.system],
        choice=row.choice,
        preference=row.preference,
        left=row.left,
        strength=row.strength,
        category=row.prompt.spec.category,
        split=row.prompt.spec.split,
        rater_kind=row.rater.kind,
        length_a=len(a.text),
        length_b=len(b.text),
    )


_FLIPPED = {"a": "b", "b": "a"}


def _in_neutral_order(vote: Vote) -> Vote:
    """The base is always added first: by stored order, System X would be the base every time."""
    if vote.a <= vote.b:
        return vote
    return Vote(
        prompt=vote.prompt,
        rater=vote.rater,
        a=vote.b,
        b=vote.a,
        choice=_FLIPPED.get(vote.choice, vote.choice),
        preference=1 - vote.preference,
        left=_FLIPPED.get(vote.left, vote.left),
        strength=vote.strength,
        category=vote.category,
        split=vote.split,
        rater_kind=vote.rater_kind,
        length_a=vote.length_b,
        length_b=vote.length_a,
    )


def main_pair(summary: Summary) -> PairSummary | None:
    """The comparison that the page opens with: the first one of human raters, else the first."""
    human = [c for c in summary.comparisons if c.rater_kind == "human"]
    return next(iter(human or summary.comparisons), None)


def headline(pair: PairSummary) -> str:
    """What the interval allows to be said, and no more."""
    rate = pair.win_rate_over_raters or pair.win_rate
    ahead, behind, share = pair.b, pair.a, rate.value
    if share < EVEN:
        ahead, behind, share = pair.a, pair.b, 1 - share
    halves = " (ties count half)" if pair.ties or pair.both_bad else ""
    words = f"Raters preferred {ahead} over {behind} in {share:.0%} of prompts{halves}."
    if share == EVEN:
        words = f"Raters preferred {pair.a} and {pair.b} equally often."
    if rate.low is None or rate.high is None:
        return f"{words} That is too little to say more."
    if rate.low > EVEN or rate.high < EVEN:
        return f"{words} That is enough to call it better."
    return f"{words} That is not enough to call either better."
