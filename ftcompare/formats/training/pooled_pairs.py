"""Judgments of the same two texts to the same prompt, counted together, whichever systems wrote them.

Two systems often write the same answer, and a system may write it twice among several samples. Separately,
such pairs become equal rows, or rows that contradict each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias, TypeVar

from ftcompare.core.study import (
    Comparison,
    ComparisonId,
    ComparisonKind,
    FinishReason,
    JudgedRow,
    PromptSpec,
    RaterId,
    RaterKind,
    Split,
)
from ftcompare.formats.training.exchange import DIGEST_BYTES, digest_of, question_digest
from ftcompare.formats.training.filters import HALF

PairKey: TypeAlias = bytes  # digests of the prompt and of both texts, and a byte for control and gold items

T = TypeVar("T")

Unfit: TypeAlias = Callable[[PromptSpec], str]  # why a format cannot hold a prompt; empty where it can

# by pair, a senior rater's choice (``a``, ``b``, ``tie`` or ``both_bad``) and its strength
Adjudicated: TypeAlias = Mapping[ComparisonId, tuple[str, int | None]]

NOT_ADJUDICATED: Adjudicated = {}


def takes_any(_prompt: PromptSpec) -> str:
    """Accept every prompt, for formats that hold any."""
    return ""


_REVERSED = {"a": "b", "b": "a"}
_SHARED = 65_536  # values that are kept to be shared; beyond them equal ones may stand twice
_CHECKS = (ComparisonKind.CONTROL, ComparisonKind.GOLD)


class Choices(NamedTuple):
    """Number of people by choice."""

    a: int = 0
    b: int = 0
    tie: int = 0
    both_bad: int = 0

    def of(self, choice: str) -> int:
        """Return how many chose this; 0 for no choice."""
        return self[CHOICES.index(choice)] if choice in CHOICES else 0


class Strengths(NamedTuple):
    """Number and sum of the strengths that the judgments for one answer state."""

    judgments: int = 0
    total: int = 0


CHOICES = Choices._fields
_NO_STRENGTHS = (Strengths(),) * len(CHOICES)
_NO_CHOICES = Choices()


@dataclass(frozen=True, slots=True)
class Side:
    """Length and state of one answer of a pair, without its text."""

    characters: int
    empty: bool
    cut: bool

    def unfit(self, *, cut: bool, empty: bool, longest: int) -> str:
        """Return why it is unfit for training; empty if it is fit. Arguments as in `PairFilters`."""
        if self.empty and not empty:
            return "empty answer"
        if self.cut and not cut:
            return "cut off at the length limit"
        return "too long" if 0 < longest < self.characters else ""


# There may be a million pairs: what several of them have alike is one object, made by these functions.


@lru_cache(_SHARED)
def _side(characters: int, *, empty: bool, cut: bool) -> Side:
    return Side(characters, empty, cut)


@lru_cache(_SHARED)
def _with(values: frozenset[T], more: frozenset[T]) -> frozenset[T]:
    return values | more


@lru_cache(_SHARED)
def _counted(choices: Choices, choice: str) -> Choices:
    return choices._replace(**{choice: choices.of(choice) + 1})


@lru_cache(_SHARED)
def _stated(strengths: tuple[Strengths, ...], choice: str, strength: int) -> tuple[Strengths, ...]:
    found = dict(zip(CHOICES, strengths, strict=True))
    found[choice] = Strengths(found[choice].judgments + 1, found[choice].total + strength)
    return tuple(found.values())


@dataclass(slots=True)
class PooledPair:
    """All judgments of two texts to a prompt. Choices refer to ``a`` and ``b`` of the first pair."""

    first: ComparisonId  # the pair whose texts and systems stand for all
    a: Side  # its first answer, ``b`` the second
    b: Side
    identical: bool
    check: bool  # a control or gold item
    not_held: str  # why the format cannot hold its prompt; empty where it can
    # of the prompts, which may have the same words and differ in the rest; ``splits`` and ``tags`` too
    categories: frozenset[str] = frozenset()
    splits: frozenset[Split] = frozenset()
    tags: frozenset[str] = frozenset()
    pairs: tuple[ComparisonId, ...] = ()  # those counted together, ``first`` among them
    choices: Choices = _NO_CHOICES
    raters: frozenset[RaterId] = frozenset()
    strengths: tuple[Strengths, ...] = _NO_STRENGTHS
    criteria: tuple[tuple[str, Choices], ...] = ()
    reasons: frozenset[str] = frozenset()
    flagged: bool = False
    automatic: int = 0  # judgments by automatic raters; they count for nothing else
    # what a senior rater decided in the raters' place, and how strongly; empty for nothing
    adjudicated: tuple[str, int | None] = ("", None)

    def meet(self, row: JudgedRow, *, reverse: bool) -> None:
        """Add the properties of a pair: an answer that was cut off once is unfit for training."""
        if row.comparison.id in self.pairs:
            return
        self.pairs = (*self.pairs, row.comparison.id) if self.pairs else (self.first,)
        spec, sides = row.prompt.spec, _sides(row.comparison)
        self.categories = _with(self.categories, frozenset((spec.category,)))
        self.splits = _with(self.splits, frozenset((spec.split,)))
        self.tags = _with(self.tags, frozenset(spec.tags))
        a, b = sides[::-1] if reverse else sides
        self.a = _side(self.a.characters, empty=self.a.empty, cut=self.a.cut or a.cut)
        self.b = _side(self.b.characters, empty=self.b.empty, cut=self.b.cut or b.cut)

    def add(self, row: JudgedRow, *, reverse: bool) -> None:
        """Count a person's judgment; ``reverse`` where its ``a`` is our ``b``."""
        choice = _turned(row.choice, reverse=reverse)
        self.choices = _counted(self.choices, choice)
        self.reasons = _with(self.reasons, frozenset(row.reasons))
        criteria = dict(self.criteria)
        for name, given in row.criteria:
            criteria[name] = _counted(criteria.get(name, _NO_CHOICES), _turned(given, reverse=reverse))
        self.criteria = tuple(criteria.items())
        self.raters = _with(self.raters, frozenset((row.rater.id,)))
        self.flagged |= row.flagged
        if row.strength is not None:
            self.strengths = _stated(self.strengths, choice, row.strength)

    def adjudicate(self, decided: tuple[str, int | None], *, reverse: bool) -> None:
        """Replace the raters' verdict by that of a senior rater; the first of several counts."""
        if not self.adjudicated[0]:
            self.adjudicated = (_turned(decided[0], reverse=reverse), decided[1])

    @property
    def verdict(self) -> str:
        """Senior rater's choice, else the majority's; empty where there is neither."""
        return self.adjudicated[0] or self.majority

    @property
    def majority(self) -> str:
        """Choice of more than half; empty for none."""
        most = max(self.choices)
        return CHOICES[self.choices.index(most)] if most > sum(self.choices) * HALF else ""

    @property
    def strength(self) -> float | None:
        """Mean strength, 1 to 3, of the judgments for the winner; None without any."""
        if self.adjudicated[0]:
            return None if self.adjudicated[1] is None else float(self.adjudicated[1])
        stated = self.strengths[CHOICES.index(self.majority)] if self.majority else Strengths()
        return stated.total / stated.judgments if stated.judgments else None

    @property
    def agreement(self) -> float:
        """Share of judgments for the verdict, or else for the most frequent choice, 0 to 1."""
        count = self.choices.of(self.verdict) if self.verdict else max(self.choices)
        return count / sum(self.choices)

    @property
    def weight(self) -> float:
        """Share of the judgments by which the winner leads, above 0 to 1; 1 if adjudicated."""
        if self.adjudicated[0]:
            return 1.0
        lead = self.choices.of(self.majority) - self.choices.of(_REVERSED.get(self.majority, ""))
        return lead / sum(self.choices)

    @property
    def margin(self) -> float:
        """``weight`` times the mean strength for the winner, above 0 to 3; without strengths, ``weight``."""
        return self.weight * (self.strength or 1.0)

    def wins_on(self, criterion: str) -> bool:
        """Return whether more than half of those who judged a criterion prefer the winner on it."""
        votes = dict(self.criteria).get(criterion, _NO_CHOICES)
        return votes.of(self.verdict) > sum(votes) * HALF


def pooled_pairs(
    rows: Iterable[JudgedRow],
    raters: frozenset[RaterId] | None = None,
    unfit: Unfit = takes_any,
    adjudicated: Adjudicated = NOT_ADJUDICATED,
) -> dict[PairKey, PooledPair]:
    """Return all judged pairs, in the order of their first judgments.

    ``rows`` are standing judgments in any order; with ``raters`` only theirs count, else all people's.
    ``unfit`` is called once for each pair; ``adjudicated`` verdicts replace those of the raters.
    """
    found: dict[PairKey, PooledPair] = {}
    for row in rows:
        key, reverse = pair_key(row)
        pair = found.get(key)
        if pair is None:
            pair = found[key] = _pooled(row, unfit, reverse=reverse)
        pair.meet(row, reverse=reverse)
        if decided := adjudicated.get(row.comparison.id):
            pair.adjudicate(decided, reverse=reverse)
        if row.rater.kind is not RaterKind.HUMAN:
            pair.automatic += 1
        elif raters is None or row.rater.id in raters:
            pair.add(row, reverse=reverse)
    return found


def pair_key(row: JudgedRow) -> tuple[PairKey, bool]:
    """Return the key of judgments of the same texts, and whether its ``a`` is the second of them."""
    a, b = digest_of(row.comparison.a), digest_of(row.comparison.b)
    prompt = question_digest(row.prompt.spec)
    check = bytes((row.comparison.kind in _CHECKS,))
    return (prompt + b + a + check, True) if b < a else (prompt + a + b + check, False)


def parts_of(key: PairKey) -> tuple[bytes, bytes, bytes]:
    return key[:DIGEST_BYTES], key[DIGEST_BYTES : 2 * DIGEST_BYTES], key[2 * DIGEST_BYTES : 3 * DIGEST_BYTES]


def _pooled(row: JudgedRow, unfit: Unfit, *, reverse: bool) -> PooledPair:
    sides = _sides(row.comparison)
    a, b = sides[::-1] if reverse else sides
    return PooledPair(
        first=row.comparison.id,
        a=a,
        b=b,
        identical=row.comparison.a.answers == row.comparison.b.answers,
        check=row.comparison.kind in _CHECKS,
        not_held=unfit(row.prompt.spec),
    )


def _sides(comparison: Comparison) -> tuple[Side, Side]:
    a, b = (
        _side(
            sum(map(len, answer.answers)),
            empty=not all(text.strip() for text in answer.answers),
            cut=answer.finish_reason is FinishReason.LENGTH,
        )
        for answer in (comparison.a, comparison.b)
    )
    return a, b


def _turned(choice: str, *, reverse: bool) -> str:
    return _REVERSED.get(choice, choice) if reverse else choice
