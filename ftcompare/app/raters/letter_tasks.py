"""What a letter says of the rater's task, from the study: question, criteria, practice, guesses, keys."""

from __future__ import annotations

from ftcompare.core.plurals import counted
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.markup.visible_text import visible_text

_LONGEST_QUESTION = 200
_LONGEST_CRITERIA = 200
"""Characters of the question, and of the names of all criteria, that a letter repeats."""


def task_words(scale: Scale, design: RatingDesign, *, judged: int) -> str:
    """What awaits the rater, in sentences.

    Args:
        scale: what is asked of each pair.
        design: what is asked beside the pairs.
        judged: number of pairs of the pack that are judged already; practice is over then.
    """
    told = [f"Of each pair you are asked: “{_shown(scale.question, _LONGEST_QUESTION)}”"]
    if scale.criteria:
        told.append(f"Before that you answer for each of these: {_criteria(scale)}.")
    if design.practice and not judged:
        told.append(f"You begin with {counted(len(design.practice), 'practice pair')}, which do not count.")
    if design.guess_share or design.end_guesses:
        told.append(
            "Of some pairs you are asked to guess how an answer was made; no guess changes a judgment."
        )
    return " ".join(told)


def key_words(scale: Scale) -> str:
    """The keys of the answers, in sentences."""
    first = "The arrows answer the criteria first, then the question. " if scale.criteria else ""
    much = " With Shift, or twice quickly: much better." if scale.strengths > 1 else ""
    reasons = " R: reasons." if scale.reasons else ""
    return (
        f"{first}Left or right arrow: that answer is better.{much} Down: about equal. Up: both bad.{reasons}"
    )


def _criteria(scale: Scale) -> str:
    return _shown(", ".join(scale.criteria), _LONGEST_CRITERIA)


def _shown(text: str, most: int) -> str:
    """One line, hidden characters spelled out, cut where it is long."""
    line = " ".join(visible_text(text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
