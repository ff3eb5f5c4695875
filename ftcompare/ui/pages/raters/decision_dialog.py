"""Asks for the reason of a decision about a rater."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from ftcompare.ui.dialogs.reason_dialog import ReasonDialog
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.widgets.controls import label

WIDTH = 520


@dataclass(frozen=True, slots=True)
class RaterDecision:
    """A decision that is recorded with a reason; ``{0}`` stands for the rater's name."""

    act: str
    heading: str
    told: str
    done: str


EXCLUDE = RaterDecision(
    "Leave out",
    "Leave {0} out of the results?",
    "Their judgments stay in the study. Results are shown with and without them, so that the choice can be "
    "seen. The reason and the time are kept for good.",
    "{0} is left out; results show both.",
)
INCLUDE = RaterDecision(
    "Take back",
    "Take {0} back?",
    "Their judgments count in every figure again. The reason and the time are kept.",
    "{0} counts again.",
)
TAKE_MERGE_BACK = RaterDecision(
    "Take back",
    "Take back what was merged from {0}?",
    "The judgments and marks merged from their rater packs no longer count. The study's file and the audit "
    "log keep them, with the reason and the time. Afterwards, merge the file that counts.",
    "What was merged from {0} is taken back. Merge the file that counts.",
)


class DecisionDialog(ReasonDialog):
    """The question; ``name`` is the rater's."""

    def __init__(self, parent: QWidget | None, name: str, decision: RaterDecision) -> None:
        heading, words = decision.heading.format(one_line(name, 60)), [label(decision.told, wrap=True)]
        super().__init__(parent, "rater", decision.act, heading, words, asked="Reason", example="")
        self.setWindowTitle(decision.act)
        self.setMinimumWidth(WIDTH)
