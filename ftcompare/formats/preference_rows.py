"""Which comparisons become training rows, by the majority of their raters, and why the others do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import fmean

from ftcompare.core.study import (
    Comparison,
    ComparisonId,
    ComparisonKind,
    JudgedRow,
    Prompt,
    PromptSpec,
    RaterId,
    RaterKind,
    Split,
)
from ftcompare.formats.record_fields import plain_prompt

BY_HAND = "left out one by one"
"""Why rows are left out that would else be written."""
SEVERAL_TURNS = "several turns: use the conversational form"

_HALF = 0.5


@dataclass(frozen=True, slots=True)
class PreferenceFilters:
    """What a comparison must have to become a row.

    Args:
        min_raters: different people who judged it.
        min_agreement: 0 to 1, the share of its judgments that its majority must have. A majority is
            more than half in any case.
        include_held_out: take prompts that were kept back from training; False guards against leakage.
        categories: only these; None takes all.
        splits: only these; None takes all. Held-out prompts need ``include_held_out`` as well.
        include_flagged: take comparisons that a rater flagged.
        tags: prompts with one of these; None takes all.
        raters: count the judgments of these alone; None takes all.
        min_strength: least mean strength, 1 to 3, of the judgments for the winner; 0 asks for none.
        criterion: the winner must also be preferred by more than half on this criterion; empty for none.
        reasons: one of these must have been given with a judgment; None asks for none.
        max_characters: of either answer; 0 for any length.
        without: comparisons that were left out one by one.
    """

    min_raters: int = 1
    min_agreement: float = _HALF
    include_held_out: bool = False
    categories: frozenset[str] | None = None
    splits: frozenset[Split] | None = None
    include_flagged: bool = False
    tags: frozenset[str] | None = None
    raters: frozenset[RaterId] | None = None
    min_strength: float = 0.0
    criterion: str = ""
    reasons: frozenset[str] | None = None
    max_characters: int = 0
    without: frozenset[ComparisonId] = frozenset()


@dataclass(frozen=True, slots=True)
class PreferenceRow:
    """One comparison with a clear winner.

    Args:
        raters: different people who judged it.
        agreement: share of its judgments that prefer ``chosen``, above .5.
        strength: mean strength, 1 to 3, of the judgments that prefer ``chosen`` and state one.
        comparison: which one it is; no file holds it.
    """

    prompt: PromptSpec
    chosen: str
    rejected: str
    raters: int
    agreement: float
    strength: float | None = None
    comparison: ComparisonId | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class PreferenceSelection:
    """The rows kept, and the comparisons dropped by reason: ``kept`` + all dropped were judged.

    Args:
        automatic: judgments by automatic raters, which were left out of the count.
        flagged: comparisons that a person flagged, kept or dropped.
        offered: the rows kept and, in their places, those left out by `PreferenceFilters.without`.
    """

    rows: tuple[PreferenceRow, ...]
    kept: int
    dropped: dict[str, int]
    automatic: int = 0
    flagged: int = 0
    offered: tuple[PreferenceRow, ...] = ()


def preference_rows(
    rows: Iterable[JudgedRow], filters: PreferenceFilters, *, conversational: bool = True
) -> PreferenceSelection:
    """One row for each comparison with a clear winner, in the order in which they were first judged.

    A comparison is dropped for the first reason that holds, in this order: control or gold, held
    out, category, split, tag, flagged, judged by others, too few raters, too long, reason, identical texts,
    several turns, raters disagree, about equal, both bad, agreement or strength below what is asked for, not
    preferred on the criterion, left out one by one. A tie or both bad drops it where more than
    half say so; where no answer has more than half, the raters disagree.

    Args:
        rows: standing judgments, in any order.
        filters: what a comparison must have.
        conversational: False for forms that hold a prompt as one text: they would lose who said what
            in a prompt with a system turn or several turns, so it is dropped.
    """
    tallies, automatic = _tallied(rows, filters.raters)
    offered: list[PreferenceRow] = []
    dropped: Counter[str] = Counter()
    for tally in tallies:
        reason = _outside(tally, filters) or _unfit(tally, conversational) or _undecided(tally, filters)
        if reason:
            dropped[reason] += 1
        else:
            offered.append(_row(tally))
    kept = tuple(row for row in offered if row.comparison not in filters.without)
    if len(kept) < len(offered):
        dropped[BY_HAND] = len(offered) - len(kept)
    flagged = sum(tally.flagged for tally in tallies)
    return PreferenceSelection(kept, len(kept), dict(dropped), automatic, flagged, tuple(offered))


@dataclass(slots=True)
class _Tally:
    comparison: Comparison
    prompt: Prompt
    choices: Counter[str] = field(default_factory=Counter)
    raters: set[RaterId] = field(default_factory=set)
    strengths: dict[str, list[int]] = field(default_factory=dict)
    criteria: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: set[str] = field(default_factory=set)
    flagged: bool = False

    def add(self, row: JudgedRow) -> None:
        self.choices[row.choice] += 1
        self.reasons.update(row.reasons)
        for name, choice in row.criteria:
            self.criteria.setdefault(name, Counter())[choice] += 1
        self.raters.add(row.rater.id)
        self.flagged |= row.flagged
        if row.strength is not None:
            self.strengths.setdefault(row.choice, []).append(row.strength)

    @property
    def longest(self) -> int:
        """Characters of the longer answer."""
        return max(len(self.comparison.a.text), len(self.comparison.b.text))

    @property
    def majority(self) -> str:
        """The choice of more than half; empty where there is none."""
        choice, votes = self.choices.most_common(1)[0]
        return choice if votes > self.choices.total() * _HALF else ""

    @property
    def strength(self) -> float | None:
        """The mean of the judgments for the winner that state one; None where none does."""
        strengths = self.strengths.get(self.majority)
        return fmean(strengths) if strengths else None

    def wins_on(self, criterion: str) -> bool:
        """Whether more than half of those who judged a criterion prefer the winner on it."""
        votes = self.criteria.get(criterion, Counter())
        return votes[self.majority] > votes.total() * _HALF

    @property
    def agreement(self) -> float:
        """The share of the most frequent choice."""
        return self.choices.most_common(1)[0][1] / self.choices.total()


def _tallied(rows: Iterable[JudgedRow], raters: frozenset[RaterId] | None) -> tuple[list[_Tally], int]:
    tallies: dict[ComparisonId, _Tally] = {}
    automatic = 0
    for row in rows:
        tally = tallies.setdefault(row.comparison.id, _Tally(row.comparison, row.prompt))
        if row.rater.kind is not RaterKind.HUMAN:
            automatic += 1
        elif raters is None or row.rater.id in raters:
            tally.add(row)
    return list(tallies.values()), automatic


def _outside(tally: _Tally, filters: PreferenceFilters) -> str:
    """Why a comparison is not among those asked for; empty where it is."""
    spec = tally.prompt.spec
    reasons = {
        "control or gold": tally.comparison.kind is not ComparisonKind.ORDINARY,
        "held out": spec.split is Split.HELD_OUT and not filters.include_held_out,
        "category": filters.categories is not None and spec.category not in filters.categories,
        "split": filters.splits is not None and spec.split not in filters.splits,
        "tag": filters.tags is not None and not filters.tags.intersection(spec.tags),
        "flagged": tally.flagged and not filters.include_flagged,
        "judged by others": filters.raters is not None and not tally.raters,
        "too few raters": len(tally.raters) < max(1, filters.min_raters),
        "too long": 0 < filters.max_characters < tally.longest,
        "reason": filters.reasons is not None and not filters.reasons & tally.reasons,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _unfit(tally: _Tally, conversational: bool) -> str:
    if tally.comparison.a.text == tally.comparison.b.text:
        return "identical texts"
    return "" if conversational or plain_prompt(tally.prompt.spec.messages) is not None else SEVERAL_TURNS


def _undecided(tally: _Tally, filters: PreferenceFilters) -> str:
    """Why a comparison has no winner; empty where it has one."""
    match tally.majority:
        case "":
            return "raters disagree"
        case "tie":
            return "about equal"
        case "both_bad":
            return "both bad"
    if tally.agreement < filters.min_agreement:
        return f"agreement below {filters.min_agreement:.0%}"
    if filters.min_strength and (tally.strength or 0.0) < filters.min_strength:
        return f"strength below {filters.min_strength:g}"
    if filters.criterion and not tally.wins_on(filters.criterion):
        return f"not preferred on {filters.criterion}"
    return ""


def _row(tally: _Tally) -> PreferenceRow:
    a, b = tally.comparison.a.text, tally.comparison.b.text
    chosen, rejected = (a, b) if tally.majority == "a" else (b, a)
    return PreferenceRow(
        prompt=tally.prompt.spec,
        chosen=chosen,
        rejected=rejected,
        raters=len(tally.raters),
        agreement=tally.agreement,
        strength=tally.strength,
        comparison=tally.comparison.id,
    )
