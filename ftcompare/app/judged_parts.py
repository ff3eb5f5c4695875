"""Parts of a pair's results, and which judged pairs belong to them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ftcompare.app.terminology import JudgedPair
from ftcompare.core.study import RaterKind
from ftcompare.stats.summary import PairSummary


class Dimension(StrEnum):
    """By what results are parted."""

    ALL = "all"
    SPLIT = "split"
    CATEGORY = "category"
    TAG = "tag"
    RATER = "rater"
    PROMPT = "prompt"
    CRITERION = "criterion"


@dataclass(frozen=True, slots=True)
class Part:
    """The judgments behind a figure.

    Args:
        dimension: by what they are chosen.
        name: of the split, category, tag, rater or criterion, or the prompt's key, as the study stores it.
        choice: ``a``, ``b``, ``tie`` or ``both_bad`` for these answers only; empty for all.
    """

    dimension: Dimension = Dimension.ALL
    name: str = ""
    choice: str = ""


def belongs(judged: JudgedPair, pair: PairSummary, part: Part) -> bool:
    """Whether a judgment counts for a part of a pair's results."""
    if judged.systems != tuple(sorted((pair.a, pair.b))) or judged.automatic != _automatic(pair):
        return False
    if part.choice and judged.choice != part.choice:
        return False
    return part.dimension is Dimension.ALL or part.name in _names(judged, part.dimension)


def _names(judged: JudgedPair, dimension: Dimension) -> tuple[str, ...]:
    return {
        Dimension.SPLIT: (judged.split.value,),
        Dimension.CATEGORY: (judged.category,),
        Dimension.TAG: judged.tags,
        Dimension.RATER: (judged.rater,),
        Dimension.PROMPT: (judged.key,),
        Dimension.CRITERION: judged.criteria,
    }[dimension]


def _automatic(pair: PairSummary) -> bool:
    return pair.rater_kind is RaterKind.AUTOMATIC
