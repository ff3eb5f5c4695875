"""Rows of training data: a pair with a winner, or one answer with a label."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ftcompare.core.study import ComparisonId, PromptSpec, SystemId


class RowSource(StrEnum):
    """Who decided what is good in a row."""

    JUDGED = "judged"  # the majority of the raters
    ADJUDICATED = "adjudicated"  # a senior rater, in their place
    CORRECTED = "corrected"  # an expert, who wrote what the answer should have been


@dataclass(frozen=True, slots=True)
class PreferenceRow:
    """Pair with a clear winner."""

    prompt: PromptSpec
    chosen: str
    rejected: str
    raters: int  # different people who judged it; 0 for a correction
    # share of its judgments that prefer ``chosen``, above .5 to 1; of an adjudicated pair 0 to 1; 1 for a
    # correction
    agreement: float
    # mean strength, 1 to 3, of the judgments that prefer ``chosen`` and state one
    strength: float | None = None
    weight: float = 1.0  # by how large a share of the judgments ``chosen`` leads, above 0 to 1
    margin: float = 1.0  # ``weight`` times ``strength``, above 0 to 3; ``weight`` where no strength was asked
    # who wrote ``chosen``, None where unknown; ``rejected_system`` likewise
    chosen_system: SystemId | None = None
    rejected_system: SystemId | None = None
    comparison: ComparisonId | None = field(default=None, compare=False)  # which pair it is; no file holds it
    source: RowSource = RowSource.JUDGED
    # of a conversation, the answers to the turns before that of ``chosen``; ``rejected_earlier`` likewise
    chosen_earlier: tuple[str, ...] = ()
    rejected_earlier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingAnswer:
    """Single answer, good or bad."""

    prompt: PromptSpec
    text: str
    label: bool  # whether it is desired
    raters: int  # different people who judged a pair with it; 0 for a correction
    weight: float = 1.0  # mean of the pairs' leads for or against it, above 0 to 1
    system: SystemId | None = None  # who wrote it, or what was corrected
    source: RowSource = RowSource.JUDGED  # adjudicated where a senior rater decided any of its pairs
    earlier: tuple[str, ...] = ()  # of a conversation, the answers to the turns before
