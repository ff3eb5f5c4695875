"""Setup's choice of what raters see at a time: two answers to compare, or one answer to grade."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.core.fields import fields_of
from ftcompare.core.language import N_, tr
from ftcompare.core.scale import MAX_GRADE, Scale, ScaleKind
from ftcompare.ui.theme.theme import L
from ftcompare.ui.widgets.controls import Muted, label_of, named
from ftcompare.ui.widgets.file_field import TextField
from ftcompare.ui.widgets.inputs import choice_box
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row

ENDS = ((0, 1), *((1, high) for high in (3, 5, 7, 9, 10)), (0, 10), (0, MAX_GRADE))
"""The lowest and the highest grade of the scales on offer."""

ABOUT = N_(
    "Raters see one answer at a time and grade it, with a grade for each criterion before, if there are any. "
    "Results are the mean grade of each system and the "
    "differences between them. Comparing two answers finds small differences with fewer judgments. Answers "
    "to one prompt are kept apart, which needs several prompts."
)
STAYS = N_("Fixed since the first answer.")


class GradeChoice(QWidget):
    """The choice, with the labels of both ends of the grades."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        fields = fields_of(Scale)
        self.box = named(choice_box(), "setup_shown", tr(fields["shown_at_a_time"].title))
        self.box.addItem(tr("Two answers, to compare"), None)
        for low, high in ENDS:
            grades = tr("bad or good") if low == 0 else tr("{low} to {high}", low, high)
            self.box.addItem(tr("One answer, to grade: {grades}", grades), (low, high))
        self.labels = tuple(
            TextField(tr(fields[key].title), f"setup_{key}", hint=tr(fields[key].help))
            for key in ("low_label", "high_label")
        )
        self._ends = filled(in_row(*((one, 1) for one in self.labels), gap=L))
        self._about = Muted(tr(ABOUT), small=True)
        above = label_of(self.box, tr(fields["shown_at_a_time"].title))
        in_column(above, in_row(self.box, STRETCH), self._about, self._ends, gap=6, of=self)
        self.box.activated.connect(self._on_activated)
        for one in self.labels:
            one.edit.editingFinished.connect(self.edited)
        self._show()

    @property
    def graded(self) -> bool:
        return self.box.currentData() is not None

    @property
    def words(self) -> str:
        return self.box.currentText() if self.graded else ""

    @property
    def values(self) -> dict[str, Any]:
        """The fields of a `Scale`."""
        if not self.graded:
            return {}
        low, high = self.box.currentData()
        texts = {"low_label": self.labels[0].text, "high_label": self.labels[1].text}
        return {"kind": ScaleKind.GRADE, "low": low, "high": high, **texts}

    def put(self, scale: Scale) -> None:
        ends = (scale.low, scale.high)
        found = ENDS.index(ends) + 1 if scale.graded and ends in ENDS else 0
        if scale.graded and not found:  # from a file of settings
            self.box.addItem(
                tr("One answer, to grade: {grades}", tr("{low} to {high}", ends[0], ends[1])), ends
            )
            found = self.box.count() - 1
        self.box.setCurrentIndex(found)
        for one, text in zip(self.labels, (scale.low_label, scale.high_label), strict=True):
            one.edit.setText(text)
        self._show()

    def freeze(self, *, fixed: bool, written: bool) -> None:
        """Keep the grades if ``fixed``, and what raters see if answers are ``written``."""
        self.setEnabled(not fixed)
        for number in range(self.box.count()):
            kept = (self.box.itemData(number) is not None) is self.graded
            item = self.box.model().item(number)  # type: ignore[attr-defined] # the box has a standard model
            item.setEnabled(kept or not written)
        self.box.setToolTip(tr(STAYS) if written else "")

    def _on_activated(self) -> None:
        self._show()
        self.edited.emit()

    def _show(self) -> None:
        self._ends.setVisible(self.graded)
        self._about.setVisible(self.graded)
