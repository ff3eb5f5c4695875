"""Texts for raters' judgments in lists and in the comparison view. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftcompare.ui.safe_text import one_line
from ftcompare.ui.text.short_names import short_name

if TYPE_CHECKING:
    from ftcompare.app.review.judgment_labels import Beside, Given

NAME_LENGTH = 16
"""Characters of a system's name in a column."""
TEXT_LENGTH = 60
"""Largest number of characters of a criterion's name or a reason."""


def short_words(found: Given) -> str:
    """Short text of a verdict: the preferred system and its side; only the side while names are withheld."""
    if not found.system:
        return found.words
    name = short_name(found.system, NAME_LENGTH)
    return f"{name} ({found.side})" if found.side else name


def verdict_line(found: Given, strength: str, rater: str) -> str:
    """The verdict above the comment: ``tuned preferred (left), much better · Ada``."""
    told = found.words
    if found.system:
        told = f"{short_name(found.system)} preferred"
        told += f" ({found.side})" if found.side else ""
    told += f", {strength}" if strength else ""
    return f"{told} · {one_line(rater, TEXT_LENGTH)}"


def beside_line(found: Beside) -> str:
    """Criteria and reasons in one line; empty for neither."""
    criteria = [f"{one_line(name, TEXT_LENGTH)}: {short_words(answer)}" for name, answer in found.criteria]
    reasons = ", ".join(one_line(reason, TEXT_LENGTH) for reason in found.reasons)
    told = [f"By criterion: {'; '.join(criteria)}."] if criteria else []
    told += [f"Reasons: {reasons}."] if reasons else []
    return " ".join(told)
