"""Asks why a rater is left out of the results, or taken back."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from ftcompare.ui.dialogs.reason_dialog import ReasonDialog
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.widgets.controls import label

WIDTH = 520


class ExclusionDialog(ReasonDialog):
    """The question itself.

    Args:
        name: the rater's.
        exclude: whether they are to be left out, or taken back.
    """

    def __init__(self, parent: QWidget | None, name: str, *, exclude: bool) -> None:
        act, shown = "Leave out" if exclude else "Take back", one_line(name, 60)
        heading = f"Leave {shown} out of the results?" if exclude else f"Take {shown} back?"
        told = "Their judgments count in every figure again. The reason and the time are kept."
        if exclude:
            told = (
                "Their judgments stay in the study. Results are shown with and without them, so that the "
                "choice can be seen. The reason and the time are kept for good."
            )
        example = "for example: 3 s a pair, repeats answered at random"
        words = [label(told, wrap=True)]
        super().__init__(parent, "rater", act, heading, words, asked="Reason", example=example)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(act)
        self.setMinimumWidth(WIDTH)
