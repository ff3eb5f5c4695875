"""Criteria for judged pairs to become training data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ftcompare.core.study import ComparisonId, RaterId, Split

HALF = 0.5


class Corrections(StrEnum):
    """Use of experts' corrected answers, in formats that can hold them."""

    ADD = "add"  # rows of corrections are added to those of judged pairs
    ONLY = "only"
    LEAVE_OUT = "leave-out"


class Decision(StrEnum):
    """Whose verdict decides a pair."""

    MAJORITY = "majority"  # more than half of the raters
    ADJUDICATED = "adjudicated"  # a senior rater's verdict if there is one, else the majority


@dataclass(frozen=True, slots=True)
class PairFilters:
    """Criteria for judged pairs to become training data."""

    min_raters: int = 1  # minimum number of different people who judged it
    # minimum share, 0 to 1, of its judgments for the majority, which is always more than half
    min_agreement: float = HALF
    include_held_out: bool = False  # include prompts that were held out from training; False prevents leakage
    categories: frozenset[str] | None = None  # only these categories; None for all
    # only these splits; None for all. Held-out prompts also need ``include_held_out``.
    splits: frozenset[Split] | None = None
    include_flagged: bool = False  # include pairs that a rater flagged and nobody adjudicated
    # include pairs with an answer that was cut at the length limit. Trainers append the end token to it, so
    # the model learns to stop inside a word.
    include_cut: bool = False
    include_empty: bool = False  # include pairs with an empty answer
    include_live: bool = False  # include pairs of the Live page
    # if only one answer of a pair is cut, empty or too long, use the other one in formats of single answers
    one_sided: bool = False
    tags: frozenset[str] | None = None  # only prompts with one of these tags; None for all
    raters: frozenset[RaterId] | None = None  # count only the judgments of these raters; None for all
    min_strength: float = 0.0  # minimum mean strength, 1 to 3, of the judgments for the winner; 0 for none
    criterion: str = ""  # criterion on which more than half must also prefer the winner; empty for none
    # reasons of which one must have been given with a judgment; None for none
    reasons: frozenset[str] | None = None
    max_characters: int = 0  # maximum length of either answer; 0 for no limit
    without: frozenset[ComparisonId] = frozenset()  # pairs that were left out one by one
    corrections: Corrections = Corrections.ADD  # how corrected answers are used
    # whose verdict decides a pair. ``min_agreement`` does not apply to an adjudicated pair.
    decided_by: Decision = Decision.MAJORITY
