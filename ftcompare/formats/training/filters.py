"""What a judged pair must have to become training data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ftcompare.core.study import ComparisonId, RaterId, Split

HALF = 0.5


class Corrections(StrEnum):
    """What becomes of experts' corrected answers in the formats that can hold them."""

    ADD = "add"  # their rows stand beside those of judged pairs
    ONLY = "only"
    LEAVE_OUT = "leave-out"


class Decision(StrEnum):
    """Whose verdict decides a pair."""

    MAJORITY = "majority"  # more than half of the raters
    ADJUDICATED = "adjudicated"  # a senior rater's where there is one, else the majority


@dataclass(frozen=True, slots=True)
class PairFilters:
    """What a judged pair must have to become training data.

    Args:
        min_raters: different people who judged it.
        min_agreement: 0 to 1, the share of its judgments that its majority must have. A majority is
            more than half in any case.
        include_held_out: take prompts that were kept back from training; False guards against leakage.
        categories: only these; None takes all.
        splits: only these; None takes all. Held-out prompts need ``include_held_out`` as well.
        include_flagged: take pairs that a rater flagged and nobody adjudicated.
        include_cut: take pairs with an answer that ended at the limit of its length: a trainer puts the end
            token behind it, and the model learns to stop in the middle of a word.
        include_empty: take pairs with an answer without any text.
        include_live: take pairs of the Live page, too.
        one_sided: of a pair with one answer that is cut off, empty or too long, take the other for formats
            that hold single answers.
        tags: prompts with one of these; None takes all.
        raters: count the judgments of these alone; None takes all.
        min_strength: least mean strength, 1 to 3, of the judgments for the winner; 0 asks for none.
        criterion: the winner must also be preferred by more than half on this criterion; empty for none.
        reasons: one of these must have been given with a judgment; None asks for none.
        max_characters: of either answer; 0 for any length.
        without: pairs that were left out one by one.
        corrections: what becomes of corrected answers.
        decided_by: whose verdict decides a pair. What an adjudication decides needs no agreement.
    """

    min_raters: int = 1
    min_agreement: float = HALF
    include_held_out: bool = False
    categories: frozenset[str] | None = None
    splits: frozenset[Split] | None = None
    include_flagged: bool = False
    include_cut: bool = False
    include_empty: bool = False
    include_live: bool = False
    one_sided: bool = False
    tags: frozenset[str] | None = None
    raters: frozenset[RaterId] | None = None
    min_strength: float = 0.0
    criterion: str = ""
    reasons: frozenset[str] | None = None
    max_characters: int = 0
    without: frozenset[ComparisonId] = frozenset()
    corrections: Corrections = Corrections.ADD
    decided_by: Decision = Decision.MAJORITY
