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
    SystemId,
)
from ftcompare.formats.record_fields import plain_prompt

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
    """

    min_raters: int = 1
    min_agreement: float = _HALF
    include_held_out: bool = False
    categories: frozenset[str] | None = None
    splits: frozenset[Split] | None = None
    include_flagged: bool = True


@dataclass(frozen=True, slots=True)
class PreferenceRow:
    """One comparison with a clear winner.

    Args:
        raters: different people who judged it.
        agreement: share of its judgments that prefer ``chosen``, above .5.
        strength: mean strength, 1 to 3, of the judgments that prefer ``chosen`` and state one.
    """

    prompt: PromptSpec
    chosen: str
    rejected: str
    chosen_system: SystemId
    rejected_system: SystemId
    raters: int
    agreement: float
    strength: float | None = None


@dataclass(frozen=True, slots=True)
class PreferenceSelection:
    """The rows kept, and the comparisons dropped by reason: ``kept`` + all dropped were judged.

    Args:
        automatic: judgments by automatic raters, which were left out of the count.
    """

    rows: tuple[PreferenceRow, ...]
    kept: int
    dropped: dict[str, int]
    automatic: int = 0


def preference_rows(
    rows: Iterable[JudgedRow], filters: PreferenceFilters, *, conversational: bool = True
) -> PreferenceSelection:
    """One row for each comparison with a clear winner, in the order in which they were first judged.

    A comparison is dropped for the first reason that holds, in this order: control or gold, held
    out, category, split, flagged, too few raters, identical texts, several turns, raters disagree,
    about equal, both bad, agreement below the share asked for. A tie or both bad drops it where more than
    half say so; where no answer has more than half, the raters disagree.

    Args:
        rows: standing judgments, in any order.
        filters: what a comparison must have.
        conversational: False for forms that hold a prompt as one text: they would lose who said what
            in a prompt with a system turn or several turns, so it is dropped.
    """
    tallies, automatic = _tallied(rows)
    kept: list[PreferenceRow] = []
    dropped: Counter[str] = Counter()
    for tally in tallies:
        reason = _outside(tally, filters) or _unfit(tally, conversational) or _undecided(tally, filters)
        if reason:
            dropped[reason] += 1
        else:
            kept.append(_row(tally))
    return PreferenceSelection(tuple(kept), len(kept), dict(dropped), automatic)


@dataclass(slots=True)
class _Tally:
    """What people said of one comparison."""

    comparison: Comparison
    prompt: Prompt
    choices: Counter[str] = field(default_factory=Counter)
    raters: set[RaterId] = field(default_factory=set)
    strengths: dict[str, list[int]] = field(default_factory=dict)
    flagged: bool = False

    def add(self, row: JudgedRow) -> None:
        self.choices[row.choice] += 1
        self.raters.add(row.rater.id)
        self.flagged |= row.flagged
        if row.strength is not None:
            self.strengths.setdefault(row.choice, []).append(row.strength)

    @property
    def majority(self) -> str:
        """The choice of more than half; empty where there is none."""
        choice, votes = self.choices.most_common(1)[0]
        return choice if votes > self.choices.total() * _HALF else ""

    @property
    def agreement(self) -> float:
        """The share of the most frequent choice."""
        return self.choices.most_common(1)[0][1] / self.choices.total()


def _tallied(rows: Iterable[JudgedRow]) -> tuple[list[_Tally], int]:
    tallies: dict[ComparisonId, _Tally] = {}
    automatic = 0
    for row in rows:
        tally = tallies.setdefault(row.comparison.id, _Tally(row.comparison, row.prompt))
        if row.rater.kind is RaterKind.HUMAN:
            tally.add(row)
        else:
            automatic += 1
    return list(tallies.values()), automatic


def _outside(tally: _Tally, filters: PreferenceFilters) -> str:
    """Why a comparison is not among those asked for; empty where it is."""
    spec = tally.prompt.spec
    reasons = {
        "control or gold": tally.comparison.kind is not ComparisonKind.ORDINARY,
        "held out": spec.split is Split.HELD_OUT and not filters.include_held_out,
        "category": filters.categories is not None and spec.category not in filters.categories,
        "split": filters.splits is not None and spec.split not in filters.splits,
        "flagged": tally.flagged and not filters.include_flagged,
        "too few raters": len(tally.raters) < max(1, filters.min_raters),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _unfit(tally: _Tally, conversational: bool) -> str:
    """Why a comparison cannot be a row of the form asked for; empty where it can."""
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
    return f"agreement below {filters.min_agreement:.0%}" if tally.agreement < filters.min_agreement else ""


def _row(tally: _Tally) -> PreferenceRow:
    a, b = tally.comparison.a, tally.comparison.b
    chosen, rejected = (a, b) if tally.majority == "a" else (b, a)
    strengths = tally.strengths.get(tally.majority)
    return PreferenceRow(
        prompt=tally.prompt.spec,
        chosen=chosen.text,
        rejected=rejected.text,
        chosen_system=chosen.system,
        rejected_system=rejected.system,
        raters=len(tally.raters),
        agreement=tally.agreement,
        strength=fmean(strengths) if strengths else None,
    )
