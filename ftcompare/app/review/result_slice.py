"""Subsets of a study's results, and the judged pairs that belong to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from ftcompare.app.review.terminology import (
    JudgedPair,
    checked_pairs,
    guessed_pairs,
    judged_pairs,
    repeated_pairs,
    shared_pairs,
)
from ftcompare.core.study import ComparisonKind, PromptId, RaterId, RaterKind
from ftcompare.stats.summary import PairSummary
from ftcompare.store.study.study_file import StudyFile


class Dimension(StrEnum):
    """Criteria by which results are divided.

    The members up to WITHOUT divide the results of one pair of systems; those from POSITION on refer to the
    whole study.
    """

    ALL = "all"
    SPLIT = "split"
    CATEGORY = "category"
    TAG = "tag"
    TASK = "task"
    CONTEXT_KIND = "context_kind"
    RATER = "rater"
    PROMPT = "prompt"
    CRITERION = "criterion"
    WITHOUT = "without"
    POSITION = "position"
    AGREEMENT = "agreement"
    SELF_NAMING = "self_naming"
    DIFFERING = "differing"
    CONTROL = "control"
    GOLD = "gold"
    REPEAT = "repeat"
    GUESS = "guess"

    @property
    def words(self) -> str:
        return {Dimension.CONTEXT_KIND: "kind of context"}.get(self, self.value)


_IN_ORDER = tuple(Dimension)
OF_STUDY = frozenset(_IN_ORDER[_IN_ORDER.index(Dimension.POSITION) :])
"""Dimensions of figures over all pairs of systems together."""


@dataclass(frozen=True, slots=True)
class Part:
    """The judgments on which a figure is based."""

    dimension: Dimension = Dimension.ALL  # the criterion by which they are chosen
    # the split, category, tag, task, kind of context, rater, criterion or prompt key, as stored; for WITHOUT,
    # a description of what is left out; for DIFFERING, the judge's name
    name: str = ""
    choice: str = ""  # only judgments with this answer, ``a``, ``b``, ``tie`` or ``both_bad``; empty for all
    # for SELF_NAMING, the prompts to include; for WITHOUT, the prompts to leave out
    prompts: frozenset[PromptId] = frozenset()
    # for DIFFERING, prompts, each with the names of the two systems in alphabetical order
    pairs: frozenset[tuple[PromptId, tuple[str, ...]]] = frozenset()
    raters: frozenset[RaterId] = frozenset()  # for WITHOUT, the raters to leave out
    automatic: bool = False  # for a dimension of the whole study: judgments of programs instead of people
    # for WITHOUT, whether judgments whose rater saw the reference answer are left out
    reference_seen: bool = False


def judged_for(study: StudyFile, part: Part) -> tuple[JudgedPair, ...]:
    """The judged pairs that may belong to a part; `belongs` decides for each.

    Empty for controls, gold items, repeats and guesses while these are withheld.
    """
    sources: dict[Dimension, Callable[[StudyFile], tuple[JudgedPair, ...]]] = {
        Dimension.CONTROL: partial(checked_pairs, kind=ComparisonKind.CONTROL),
        Dimension.GOLD: partial(checked_pairs, kind=ComparisonKind.GOLD),
        Dimension.REPEAT: repeated_pairs,
        Dimension.GUESS: guessed_pairs,
        Dimension.AGREEMENT: shared_pairs,
    }
    return sources.get(part.dimension, judged_pairs)(study)


def belongs(judged: JudgedPair, pair: PairSummary, part: Part) -> bool:
    """Whether a judgment belongs to a part of one pair's results, or of the whole study's results."""
    if part.dimension in OF_STUDY:
        return judged.automatic == part.automatic and _of_study(judged, part)
    automatic = pair.rater_kind is RaterKind.AUTOMATIC
    if judged.systems != tuple(sorted((pair.a, pair.b))) or judged.automatic != automatic:
        return False
    if part.choice and judged.choice != part.choice:
        return False
    return part.dimension is Dimension.ALL or _of_part(judged, part)


def _of_study(judged: JudgedPair, part: Part) -> bool:
    if part.dimension is Dimension.POSITION:
        return bool(judged.side)
    if part.dimension is Dimension.DIFFERING:
        return (judged.prompt_id, judged.systems) in part.pairs
    return part.dimension is not Dimension.SELF_NAMING or judged.prompt_id in part.prompts


def _of_part(judged: JudgedPair, part: Part) -> bool:
    if part.dimension is Dimension.WITHOUT:
        gone = judged.prompt_id in part.prompts or judged.rater_id in part.raters
        return not (gone or (part.reference_seen and judged.reference_seen))
    return part.name in _names(judged, part.dimension)


def _names(judged: JudgedPair, dimension: Dimension) -> tuple[str, ...]:
    return {
        Dimension.SPLIT: (judged.split.value,),
        Dimension.CATEGORY: (judged.category,),
        Dimension.TAG: judged.tags,
        Dimension.TASK: (judged.task,),
        Dimension.CONTEXT_KIND: (judged.context_kind,),
        Dimension.RATER: (judged.rater,),
        Dimension.PROMPT: (judged.key,),
        Dimension.CRITERION: judged.criteria,
    }[dimension]
