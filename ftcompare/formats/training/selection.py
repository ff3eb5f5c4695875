"""Selects judged pairs for training data by the majority of their raters, with reasons for the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Generic, TypeAlias, TypeVar

from ftcompare.core.study import JudgedRow, RaterId, Response, Split
from ftcompare.formats.training.exchange import digest_of, question_digest
from ftcompare.formats.training.filters import PairFilters
from ftcompare.formats.training.pooled_pairs import (
    NOT_ADJUDICATED,
    Adjudicated,
    PairKey,
    PooledPair,
    Unfit,
    pair_key,
    parts_of,
    pooled_pairs,
    takes_any,
)
from ftcompare.formats.training.rows import PreferenceRow, RowSource, TrainingAnswer

BY_HAND = "left out one by one"  # why rows are left out that would else be written
SAME_TEXTS = "same texts as another pair: judgments counted together"
BOTH_WAYS = "answers preferred in one pair and not in another"
ONCE_MORE = "answers that stand in another row already"
REPLACED = "answers in whose place a correction stands"
OF_ANSWERS = "answers "  # how a reason begins that counts answers; all others count pairs

AnswerKey: TypeAlias = tuple[bytes, bytes]  # digests of an answer's prompt and text

Row = TypeVar("Row")
Judged: TypeAlias = Callable[[], Iterable[JudgedRow]]
"""Returns the standing judgments in the same order each time: they are read twice to hold no text."""


@dataclass(frozen=True, slots=True)
class TrainingSelection(Generic[Row]):
    """Rows, and the number of dropped pairs by reason."""

    read: Callable[[], Iterator[Row]]  # gives the rows, again each time it is called
    kept: int  # their number
    # number of pairs by reason, or of answers where the reason begins with `OF_ANSWERS`
    dropped: dict[str, int]
    automatic: int = 0  # judgments by automatic raters, which were left out of the count
    flagged: int = 0  # pairs that a person flagged, kept or dropped

    @property
    def rows(self) -> Iterator[Row]:
        return self.read()


def preference_rows(
    judged: Judged,
    filters: PairFilters,
    *,
    unfit: Unfit = takes_any,
    adjudicated: Adjudicated = NOT_ADJUDICATED,
) -> TrainingSelection[PreferenceRow]:
    """Return one row for each pair with a clear winner, in the order of their first judgments.

    Pairs of the same two texts to the same prompt are one pair: their judgments are counted together, and
    all but the first are dropped as such. Else a pair is dropped for the first reason that holds: control
    or gold item, held out, category, split, tag, flagged, judged by others, too few raters, empty, cut
    off or too long, reason, identical texts, unfit for the format, raters disagree, about equal, both
    bad, agreement or strength too low, not preferred on the criterion, left out one by one. More than
    half must agree on a tie or both bad to drop it so; without a majority, the raters disagree. A verdict
    in ``adjudicated`` replaces the majority.
    """
    filters = replace(filters, one_sided=False)
    found = _Selected(judged, filters, unfit, adjudicated)
    kept = {key for key, pair in found.fit() if not found.drop(_undecided(pair, filters))}
    return found.selection(
        lambda: (_preference_row(first, pair) for first, pair in _firsts(judged, found.pairs, kept)),
        len(kept),
    )


def answer_rows(
    judged: Judged,
    filters: PairFilters,
    *,
    winners: bool,
    unfit: Unfit = takes_any,
    adjudicated: Adjudicated = NOT_ADJUDICATED,
    corrected: Set[AnswerKey] = frozenset(),
) -> TrainingSelection[TrainingAnswer]:
    """Return single answers: preferred ones are desired, rejected ones and those of both bad undesired.

    Each answer to a prompt has one row, however many pairs it was judged in: desired where the votes for
    it outweigh those against it, dropped where neither does. Pairs are dropped as in `preference_rows`,
    except for both bad. ``winners`` keeps desired answers only; ``corrected`` answers have a correction
    in their place and are dropped.
    """
    found = _Selected(judged, filters, unfit, adjudicated)
    answers: dict[AnswerKey, _Answer] = {}
    for key, pair in found.fit():
        if not found.drop(_undecided(pair, filters, both_bad=not winners)):
            prompt = parts_of(key)[0]
            for digest, vote in _votes(key, pair, filters):
                answers.setdefault((prompt, digest), _Answer()).add(vote, pair)
    if winners:
        answers = {key: answer for key, answer in answers.items() if max(answer.votes) > 0}
    found.count_answers(answers.values())
    kept = {
        key: answer for key, answer in answers.items() if answer.vote > 0 or (answer.vote and not winners)
    }
    for replaced in corrected & kept.keys():
        found.drop(REPLACED)
        del kept[replaced]
    return found.selection(lambda: _answer_rows(judged, kept), len(kept))


class _Selected:
    """Pairs of a study on their way through the filters, with the reasons for dropping others."""

    def __init__(self, judged: Judged, filters: PairFilters, unfit: Unfit, adjudicated: Adjudicated) -> None:
        self.pairs = pooled_pairs(judged(), filters.raters, unfit, adjudicated)
        self._filters = filters
        self._dropped: Counter[str] = Counter()

    def fit(self) -> Iterator[tuple[PairKey, PooledPair]]:
        """Yield the pairs that are selected and fit for training, decided or not."""
        for key, pair in self.pairs.items():
            self._dropped[SAME_TEXTS] += len(pair.pairs) - 1
            reason = _outside(pair, self._filters) or _unfit_texts(pair, self._filters)
            if not self.drop(reason or pair.not_held):
                yield key, pair

    def drop(self, reason: str) -> bool:
        """Count a reason, if there is one, and return whether there is."""
        if reason:
            self._dropped[reason] += 1
        return bool(reason)

    def count_answers(self, answers: Iterable[_Answer]) -> None:
        for answer in answers:
            self._dropped[ONCE_MORE] += answer.times - 1
            self._dropped[BOTH_WAYS] += answer.vote == 0

    def selection(self, read: Callable[[], Iterator[Row]], kept: int) -> TrainingSelection[Row]:
        automatic = sum(pair.automatic for pair in self.pairs.values())
        flagged = sum(pair.flagged for pair in self.pairs.values())
        dropped = {reason: count for reason, count in self._dropped.items() if count}
        return TrainingSelection(read, kept, dropped, automatic, flagged)


@dataclass(slots=True)
class _Answer:
    votes: list[float] = field(default_factory=list)
    raters: set[RaterId] = field(default_factory=set)
    source: RowSource = RowSource.JUDGED

    def add(self, vote: float, pair: PooledPair) -> None:
        self.votes.append(vote)
        self.raters |= pair.raters
        if pair.adjudicated[0]:
            self.source = RowSource.ADJUDICATED

    @property
    def times(self) -> int:
        return len(self.votes)

    @property
    def vote(self) -> float:
        return round(fmean(self.votes), 9)  # sums of shares that cancel out are not exactly 0


def _outside(pair: PooledPair, filters: PairFilters) -> str:
    """Return why a pair is not selected; empty if it is."""
    reasons = {
        "control or gold": pair.check,
        "held out": Split.HELD_OUT in pair.splits and not filters.include_held_out,
        "category": filters.categories is not None and not pair.categories <= filters.categories,
        "split": filters.splits is not None and not pair.splits <= filters.splits,
        "tag": filters.tags is not None and not filters.tags.intersection(pair.tags),
        "flagged": pair.flagged and not (filters.include_flagged or pair.adjudicated[0]),
        "judged by others": filters.raters is not None and not pair.raters,
        "too few raters": len(pair.raters) < max(1, filters.min_raters),
        "reason": filters.reasons is not None and not filters.reasons & pair.reasons,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _unfit_texts(pair: PooledPair, filters: PairFilters) -> str:
    """Return why its answers are unfit for training; for a one-sided pair only where both are."""
    found = _unfit_sides(pair, filters)
    unfit = found[0] or found[1] if not filters.one_sided or all(found) else ""
    return unfit or ("identical texts" if pair.identical else "")


def _unfit_sides(pair: PooledPair, filters: PairFilters) -> tuple[str, str]:
    limits = {"cut": filters.include_cut, "empty": filters.include_empty}
    a, b = (side.unfit(**limits, longest=filters.max_characters) for side in (pair.a, pair.b))
    return a, b


def _undecided(pair: PooledPair, filters: PairFilters, *, both_bad: bool = False) -> str:
    """Return why a pair has no winner; empty if it has one, or for both bad if that counts too."""
    match pair.verdict:
        case "":
            return "raters disagree"
        case "tie":
            return "about equal"
        case "both_bad":
            if not both_bad:
                return "both bad"
    if pair.agreement < filters.min_agreement and not pair.adjudicated[0]:
        return f"agreement below {filters.min_agreement:.0%}"
    if filters.min_strength and (pair.strength or 0.0) < filters.min_strength:
        return f"strength below {filters.min_strength:g}"
    if filters.criterion and not pair.wins_on(filters.criterion):
        return f"not preferred on {filters.criterion}"
    return BY_HAND if filters.without.intersection(pair.pairs) else ""


def _votes(key: PairKey, pair: PooledPair, filters: PairFilters) -> Iterator[tuple[bytes, float]]:
    """Yield each fit answer of a pair with its share of votes, -1 to 1."""
    signs = {"a": (1, -1), "b": (-1, 1)}.get(pair.verdict, (-1, -1))
    share = pair.weight if pair.adjudicated[0] or pair.verdict != "both_bad" else pair.agreement
    for digest, sign, unfit in zip(parts_of(key)[1:], signs, _unfit_sides(pair, filters), strict=True):
        if not unfit:
            yield digest, sign * share


def _firsts(
    judged: Judged, pairs: Mapping[PairKey, PooledPair], wanted: set[PairKey]
) -> Iterator[tuple[JudgedRow, PooledPair]]:
    """Yield one judgment of each wanted pair, for its texts, in the order of the judgments."""
    left = set(wanted)
    for row in judged():
        key, _ = pair_key(row)
        if key in left:
            left.remove(key)
            yield row, pairs[key]


def _preference_row(row: JudgedRow, pair: PooledPair) -> PreferenceRow:
    chosen, rejected = _in_order(row)[:: 1 if pair.verdict == "a" else -1]
    return PreferenceRow(
        prompt=row.prompt.spec,
        chosen=chosen.text,
        rejected=rejected.text,
        chosen_earlier=chosen.earlier,
        rejected_earlier=rejected.earlier,
        raters=len(pair.raters),
        agreement=pair.agreement,
        strength=pair.strength,
        weight=pair.weight,
        margin=pair.margin,
        chosen_system=chosen.system,
        rejected_system=rejected.system,
        comparison=pair.first,
        source=RowSource.ADJUDICATED if pair.adjudicated[0] else RowSource.JUDGED,
    )


def _answer_rows(judged: Judged, answers: dict[AnswerKey, _Answer]) -> Iterator[TrainingAnswer]:
    left = dict(answers)
    for row in judged():
        prompt = question_digest(row.prompt.spec)
        for written in _in_order(row):  # that of the systems would tell them apart
            found = left.pop((prompt, digest_of(written)), None)
            if found is not None:
                yield _answer_row(row, written, found)


def _answer_row(row: JudgedRow, written: Response, answer: _Answer) -> TrainingAnswer:
    return TrainingAnswer(
        prompt=row.prompt.spec,
        text=written.text,
        earlier=written.earlier,
        label=answer.vote > 0,
        raters=len(answer.raters),
        weight=abs(answer.vote),
        system=written.system,
        source=answer.source,
    )


def _in_order(row: JudgedRow) -> tuple[Response, Response]:
    """Return the answers of a judged pair, in the order of its `PairKey`."""
    a, b = row.comparison.a, row.comparison.b
    return (b, a) if pair_key(row)[1] else (a, b)
