"""All results of a study from its votes, and their JSON form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from ftcompare.core.hashing import Json
from ftcompare.core.study import RaterKind, Split, Vote
from ftcompare.stats.agreement import Agreement, agreement
from ftcompare.stats.automatic import AutomaticRater, automatic_raters
from ftcompare.stats.bias import PositionBias, length_controlled_rate, position_bias
from ftcompare.stats.differences import SplitDifference, split_differences
from ftcompare.stats.document import (
    agreement_json,
    automatic_json,
    difference_json,
    ranking_json,
    rate_json,
    sign_test_json,
)
from ftcompare.stats.planning import prompts_still_needed
from ftcompare.stats.ranking import Ranking, rank, ranking_intervals, tallies
from ftcompare.stats.resampling import SEED
from ftcompare.stats.sequential import Evidence, confidence_sequence, evidence
from ftcompare.stats.table import CHOICES, IntArray, VoteTable, groups, means_by, tabulate
from ftcompare.stats.win_rate import (
    PromptCounts,
    Rate,
    probability_b_better,
    prompt_counts,
    rate_over_prompts,
    rate_over_raters,
    sign_test_interval,
    sign_test_p,
    standard_error,
)

SPLIT_ORDER = (Split.TRAINED, Split.PARAPHRASE, Split.HELD_OUT)


@dataclass(frozen=True, slots=True)
class Counts:
    """Judgments by answer, and the prompts they are about."""

    prompts: int
    judgments: int
    wins_a: int
    wins_b: int
    ties: int
    both_bad: int


@dataclass(frozen=True, slots=True)
class Slice:
    """The win rate of b within one category, split, tag or rater.

    Args:
        dimension: ``category``, ``split``, ``tag`` or ``rater``. A prompt counts with each of its tags.
        name: of the category, split, tag or rater.
    """

    dimension: str
    name: str
    rate: Rate
    counts: Counts


@dataclass(frozen=True, slots=True)
class PairSummary:
    """All that is known of one pair of systems from raters of one kind.

    Args:
        prompts: prompts with a judgment.
        win_rate: of b, for other prompts before these raters.
        win_rate_over_raters: the same rate, for other raters too; None for a single rater or prompt.
        standard_error: of the win rate over prompts; None for a single prompt.
        by_prompt: prompts that b won, lost and tied by the mean of their judgments.
        sign_test_p: wins against losses over prompts; None where there is neither.
        sign_test_interval: exact interval of b's share of them.
        probability_b_better: posterior from a uniform prior, over prompts.
        e_value: evidence that one is preferred; may be looked at after every prompt.
        evidence: the same with the highest value so far, prompts in the order of their first vote.
        confidence_sequence: interval for the mean over prompts that may be looked at as often.
        prompts_still_needed: until 80% power at the present rates; None where enough or undefined.
        length_controlled: the win rate at equal length; None where it cannot be told.
        slices: by category, split, tag and rater.
        split_differences: trained less held-out and less paraphrase, where there are both.
    """

    a: str
    b: str
    rater_kind: RaterKind
    prompts: int
    judgments: int
    wins_a: int
    wins_b: int
    ties: int
    both_bad: int
    win_rate: Rate
    win_rate_over_raters: Rate | None
    standard_error: float | None
    by_prompt: PromptCounts
    sign_test_p: float | None
    sign_test_interval: tuple[float, float] | None
    probability_b_better: float
    e_value: float
    evidence: Evidence
    confidence_sequence: tuple[float, float]
    prompts_still_needed: int | None
    length_controlled: Rate | None
    slices: tuple[Slice, ...]
    split_differences: tuple[SplitDifference, ...]


@dataclass(frozen=True, slots=True)
class RaterSummary:
    """A rater and how many judgments are theirs."""

    name: str
    kind: RaterKind
    judgments: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The results of a study.

    Args:
        comparisons: one for each pair of systems and kind of rater, people first.
        ranking: this and the next two are of the human raters, of the automatic ones without any.
        systems: in the order in which they were added.
        automatic: the automatic raters beside the people and with the sides swapped.
    """

    judgments: int
    systems: tuple[str, ...]
    comparisons: tuple[PairSummary, ...]
    ranking: Ranking
    agreement: Agreement
    position: PositionBias
    raters: tuple[RaterSummary, ...]
    automatic: tuple[AutomaticRater, ...]


def summarise(
    votes: Iterable[Vote] | VoteTable, *, level: float = 0.95, rng: np.random.Generator | None = None
) -> Summary:
    """All results. Human and automatic raters are never pooled.

    Args:
        votes: standing judgments of ordinary comparisons, or the table of them.
        level: nominal coverage of every interval.
        rng: draws for the intervals by resampling; by default of a fixed seed, so that the same
            votes give the same figures.
    """
    table = votes if isinstance(votes, VoteTable) else tabulate(votes)
    people, programs = table.at(~table.automatic), table.at(table.automatic)
    main = people if len(people) else programs
    systems = _systems_in_order(table)
    rng = rng or np.random.default_rng(SEED)
    return Summary(
        judgments=len(table),
        systems=systems,
        comparisons=_comparisons(table, systems, level),
        ranking=_ranking(main, systems, rng, level),
        agreement=agreement(main, rng, level=level),
        position=position_bias(main, level),
        raters=tuple(RaterSummary(*table.raters[code], len(rows)) for code, rows in groups(table.rater)),
        automatic=automatic_raters(table, level),
    )


def _ranking(table: VoteTable, systems: tuple[str, ...], rng: np.random.Generator, level: float) -> Ranking:
    seen = {table.systems[code] for code in np.union1d(table.a, table.b)}
    names = tuple(name for name in systems if name in seen)
    return replace(rank(names, tallies(table)), intervals=ranking_intervals(names, table, rng, level=level))


def compare(votes: Iterable[Vote] | VoteTable, *, level: float = 0.95) -> tuple[PairSummary, ...]:
    """The comparisons of `summarise` alone, where no more is wanted."""
    table = votes if isinstance(votes, VoteTable) else tabulate(votes)
    return _comparisons(table, _systems_in_order(table), level)


def _comparisons(table: VoteTable, systems: tuple[str, ...], level: float) -> tuple[PairSummary, ...]:
    people, programs = table.at(~table.automatic), table.at(table.automatic)
    return (
        *_pairs(people, systems, RaterKind.HUMAN, level),
        *_pairs(programs, systems, RaterKind.AUTOMATIC, level),
    )


def _systems_in_order(table: VoteTable) -> tuple[str, ...]:
    """Systems by how many others were added before them, as far as the votes tell."""
    before: dict[int, set[int]] = {code: set() for code in range(len(table.systems))}
    for code, _ in groups(table.a * len(table.systems) + table.b):
        before[code % len(table.systems)].add(code // len(table.systems))
    return tuple(table.systems[code] for code in sorted(before, key=lambda code: len(before[code])))


def _pairs(
    table: VoteTable, systems: tuple[str, ...], kind: RaterKind, level: float
) -> Iterator[PairSummary]:
    place = np.array([systems.index(name) for name in table.systems], dtype=np.int64)
    for _, rows in groups(place[table.a] * len(systems) + place[table.b]):
        yield _pair(table.at(rows), kind, level)


def _pair(table: VoteTable, kind: RaterKind, level: float) -> PairSummary:
    preference, prompts = table.preference, table.prompt
    by_prompt = prompt_counts(preference, prompts)
    means = means_by(preference, prompts)
    counts, found = _counts(table), evidence(means)
    return PairSummary(
        a=table.systems[table.a[0]],
        b=table.systems[table.b[0]],
        rater_kind=kind,
        prompts=counts.prompts,
        judgments=counts.judgments,
        wins_a=counts.wins_a,
        wins_b=counts.wins_b,
        ties=counts.ties,
        both_bad=counts.both_bad,
        win_rate=rate_over_prompts(preference, prompts, level),
        win_rate_over_raters=rate_over_raters(preference, prompts, table.rater, level),
        standard_error=standard_error(preference, prompts),
        by_prompt=by_prompt,
        sign_test_p=sign_test_p(by_prompt.wins, by_prompt.losses),
        sign_test_interval=sign_test_interval(by_prompt.wins, by_prompt.losses, level),
        probability_b_better=probability_b_better(by_prompt.wins, by_prompt.losses),
        e_value=found.last,
        evidence=found,
        confidence_sequence=confidence_sequence(means, level),
        prompts_still_needed=prompts_still_needed(by_prompt, level=level),
        length_controlled=length_controlled_rate(table, level),
        slices=tuple(_slices(table, level)),
        split_differences=split_differences(table, level),
    )


def _counts(table: VoteTable) -> Counts:
    by_choice = dict(zip(CHOICES, np.bincount(table.choice, minlength=len(CHOICES)).tolist(), strict=True))
    prompts = len(np.unique(table.prompt))
    wins = by_choice["a"], by_choice["b"]
    return Counts(prompts, len(table), *wins, by_choice["tie"], by_choice["both_bad"])


def _slices(table: VoteTable, level: float) -> Iterator[Slice]:
    raters = tuple(name for name, _ in table.raters)
    yield from _slices_by(
        "category", table, table.category, table.categories, sorted(table.categories), level
    )
    yield from _slices_by("split", table, table.split, table.splits, SPLIT_ORDER, level)
    yield from _slices_by_tag(table, level)
    yield from _slices_by("rater", table, table.rater, raters, raters, level)


def _slices_by(
    dimension: str,
    table: VoteTable,
    codes: IntArray,
    labels: tuple[str, ...],
    order: Iterable[str],
    level: float,
) -> Iterator[Slice]:
    """Slices in the order given; those without a name (no category, no split) are left out."""
    rows = {labels[code]: part for code, part in groups(codes)}
    for name in order:
        if name and name in rows:
            yield _slice(dimension, name, table.at(rows[name]), level)


def _slices_by_tag(table: VoteTable, level: float) -> Iterator[Slice]:
    """Slices in the order of their names; a prompt may be in several."""
    rows: dict[str, list[IntArray]] = {}
    for code, part in groups(table.tags):
        for tag in set(table.tag_sets[code]):
            rows.setdefault(tag, []).append(part)
    for tag in sorted(rows):
        yield _slice("tag", tag, table.at(np.sort(np.concatenate(rows[tag]))), level)


def _slice(dimension: str, name: str, part: VoteTable, level: float) -> Slice:
    return Slice(dimension, name, rate_over_prompts(part.preference, part.prompt, level), _counts(part))


def as_json(summary: Summary, *, title: str, prompts: int) -> dict[str, Json]:
    """The document of ``results --json``: None where a figure is not defined, never NaN.

    Args:
        summary: the results.
        title: of the study.
        prompts: in the study, judged or not.
    """
    return {
        "study": {
            "title": title,
            "prompts": prompts,
            "judgments": summary.judgments,
            "raters": len(summary.raters),
        },
        "comparisons": [pair_json(pair) for pair in summary.comparisons],
        "ranking": ranking_json(summary.ranking),
        "agreement": agreement_json(summary.agreement),
        "position": {
            "left": summary.position.left,
            "right": summary.position.right,
            "left_share": summary.position.left_share,
            "low": summary.position.low,
            "high": summary.position.high,
        },
        "automatic_raters": [automatic_json(rater) for rater in summary.automatic],
        "raters": [{"name": r.name, "kind": str(r.kind), "judgments": r.judgments} for r in summary.raters],
        "categories": _slices_json(summary, "category"),
        "splits": _slices_json(summary, "split"),
        "tags": _slices_json(summary, "tag"),
        "controls": {},
        "blinding": {},
    }


def _counts_json(counts: Counts | PairSummary) -> dict[str, Json]:
    return {
        "prompts": counts.prompts,
        "judgments": counts.judgments,
        "wins_a": counts.wins_a,
        "wins_b": counts.wins_b,
        "ties": counts.ties,
        "both_bad": counts.both_bad,
    }


def pair_json(pair: PairSummary) -> dict[str, Json]:
    """One of ``comparisons`` in ``results --json``."""
    return {
        "a": pair.a,
        "b": pair.b,
        "rater_kind": str(pair.rater_kind),
        **_counts_json(pair),
        "win_rate_b": rate_json(pair.win_rate),
        "win_rate_b_over_raters": rate_json(pair.win_rate_over_raters),
        "standard_error": pair.standard_error,
        "sign_test_p": pair.sign_test_p,
        "sign_test": sign_test_json(pair.by_prompt, pair.sign_test_interval),
        "probability_b_better": pair.probability_b_better,
        "e_value": pair.e_value,
        "e_value_highest": {"value": pair.evidence.highest, "prompts": pair.evidence.at},
        "confidence_sequence": list(pair.confidence_sequence),
        "prompts_still_needed": pair.prompts_still_needed,
        "length_controlled_win_rate_b": rate_json(pair.length_controlled),
        "split_differences": [difference_json(found) for found in pair.split_differences],
    }


def _slices_json(summary: Summary, dimension: str) -> list[Json]:
    """All slices by one dimension, comparison after comparison."""
    return [
        _slice_json(pair, part)
        for pair in summary.comparisons
        for part in pair.slices
        if part.dimension == dimension
    ]


def _slice_json(pair: PairSummary, part: Slice) -> dict[str, Json]:
    return {
        "a": pair.a,
        "b": pair.b,
        "rater_kind": str(pair.rater_kind),
        part.dimension: part.name,
        **_counts_json(part.counts),
        "win_rate_b": rate_json(part.rate),
    }
