"""What a part of a pair's results is called. Pure functions."""

from __future__ import annotations

from ftcompare.app.results.presentation.number_format import name
from ftcompare.app.results.presentation.pair_results import pair_title, slice_name
from ftcompare.app.review.result_slice import OF_STUDY, Dimension, Part
from ftcompare.stats.summary import PairSummary


def comparisons_title(pair: PairSummary, part: Part) -> str:
    """What stands above the judged pairs of a part."""
    if part.dimension in OF_STUDY:
        return study_part_title(part.dimension)
    answer = answer_words(pair, part.choice)
    parts = (part_name(part), answer) if part.dimension is not Dimension.ALL or not answer else (answer,)
    return "{pair}: {part}".format(pair=pair_title(pair), part=", ".join(filter(None, parts)))


def study_part_title(dimension: Dimension) -> str:
    """What stands above judged pairs of the whole study."""
    return {
        Dimension.POSITION: "All judgments for the left or the right text",
        Dimension.AGREEMENT: "All pairs that two raters or more judged",
        Dimension.SELF_NAMING: "All judged pairs with an answer that names itself",
        Dimension.CONTROL: "Controls: the same system twice",
        Dimension.GOLD: "Gold items: one answer is known to be better",
        Dimension.GUESS: "Guesses: which of the two was fine-tuned",
        Dimension.REPEAT: "Repeats: pairs judged twice by a rater, sides swapped the second time",
    }[dimension]


def part_name(part: Part) -> str:
    """A part's own name."""
    if part.dimension is Dimension.WITHOUT:
        return part.name
    told = slice_name(part.dimension.value, part.name)
    lead = {
        Dimension.CATEGORY: "category {}",
        Dimension.TAG: "tag {}",
        Dimension.RATER: "rater {}",
        Dimension.PROMPT: "prompt {}",
        Dimension.CRITERION: "judged for {}",
    }
    return lead[part.dimension].format(f"“{told}”") if part.dimension in lead else told


def answer_words(pair: PairSummary, choice: str) -> str:
    """An answer by system; empty for all of them."""
    return {
        "a": f"wins of {name(pair.a)}",
        "b": f"wins of {name(pair.b)}",
        "tie": "about equal",
        "both_bad": "both bad",
    }.get(choice, "")
