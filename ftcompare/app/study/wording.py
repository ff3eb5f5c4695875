"""Which words an open file uses for what raters see: pairs, answers that they grade, or rankings."""

from __future__ import annotations

from ftcompare.core.language import N_, set_wording
from ftcompare.core.rating_rules import WORDINGS
from ftcompare.core.scale import Scale

_FOR_OWNERS = {
    "Generate the missing (pair|pairs) ({number} of {planned}).": N_(
        "Generate the missing (answer|answers) ({number} of {planned})."
    ),
    "Rate the (pair that is ready|{number} pairs).": N_("Grade the (answer that is ready|{number} answers)."),
    "Unblind the study, because every pair has its judgments.": N_(
        "Unblind the study, because every answer has its grades."
    ),
    "Let more people rate, or unblind the study. No pair is left to judge.": N_(
        "Let more people rate, or unblind the study. No answer is left to grade."
    ),
    "{number} (pair|pairs) to generate.": N_("{number} (answer|answers) to generate."),
    "{judged} of {number} (pair|pairs) judged.": N_("{judged} of {number} (answer|answers) graded."),
    "too few pairs to say": N_("too few answers to say"),
    "{number} (pair|pairs) judged": N_("{number} (answer|answers) graded"),
    "{pairs} per rater": N_("{pairs} to grade per rater"),
    "No judgments yet": N_("No grades yet"),
}


def use_wording(scale: Scale | None) -> None:
    """Use the words of a study with this scale from now on; None without a study."""
    shown = {} if scale is None else WORDINGS.get(scale.kind, {})
    set_wording({**shown, **(_FOR_OWNERS if scale is not None and scale.graded else {})})
