"""Setup's fields of the consent and the survey, and the choice to grade one answer at a time."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.core.fields import fields_of
from ftcompare.core.language import N_, tr
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import MAX_GRADE, MAX_SEVERAL, MIN_SEVERAL, Scale, ScaleKind
from ftcompare.core.survey import SETTINGS, survey_problem
from ftcompare.ui.theme.theme import L
from ftcompare.ui.widgets.controls import Muted, label_of, named
from ftcompare.ui.widgets.file_field import TextField
from ftcompare.ui.widgets.inputs import TextArea, choice_box, item_of
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row
from ftcompare.ui.widgets.settings_form import equal_columns


class SurveyFields(QWidget):
    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        known = fields_of(RatingDesign)
        self._areas = {key: TextArea(tr(known[key].title), f"setup_{key}", lines=4) for key in SETTINGS[:3]}
        self._lines = {key: TextField(tr(known[key].title), f"setup_{key}") for key in SETTINGS[3:]}
        self._all: dict[str, TextArea | TextField] = {**self._areas, **self._lines}
        for area in self._areas.values():
            area.edited.connect(self.edited)
        for line in self._lines.values():
            line.edit.editingFinished.connect(self.edited)
        helped = (in_column(one, Muted(tr(known[key].help), small=True)) for key, one in self._all.items())
        in_column(equal_columns(3, *map(filled, helped)), of=self)

    @property
    def values(self) -> dict[str, Any]:
        consent, *asked = self._areas.values()
        lists = {key: area.lines for key, area in zip(SETTINGS[1:3], asked, strict=True)}
        return {"consent": consent.text, **lists, **{key: one.text for key, one in self._lines.items()}}

    @property
    def words(self) -> str:
        return "; ".join(text for one in self._all.values() if (text := " ".join(one.text.split())))

    def put(self, design: RatingDesign) -> None:
        for key, area in self._areas.items():
            value = getattr(design, key)
            area.put_lines((value,) if isinstance(value, str) else value)
        for key, line in self._lines.items():
            if not line.edit.hasFocus():
                line.edit.setText(getattr(design, key))

    def complete(self) -> bool:
        """Show what is wrong in a field; return whether nothing is."""
        problems = {key: survey_problem(key, value) for key, value in self.values.items()}
        for key, problem in problems.items():
            self._all[key].show_problem(problem)
        return not any(problems.values())


ENDS = ((0, 1), *((1, high) for high in (3, 5, 7, 9, 10)), (0, 10), (0, MAX_GRADE))
"""The lowest and the highest grade of the scales on offer."""

ABOUT = N_(
    "Raters see one answer at a time and grade it, with a grade for each criterion before, if there are any. "
    "Results are the mean grade of each system and the "
    "differences between them. Comparing two answers finds small differences with fewer judgments. Answers "
    "to one prompt are kept apart, which needs several prompts."
)
ABOUT_SEVERAL = N_(
    "Raters see up to {number} answers to a prompt at once and give them places, with ties. A ranking counts "
    "as a judgment of every pair of its answers."
)
STAYS = N_("Fixed since the first answer.")


class GradeChoice(QWidget):
    """The choice, with the labels of both ends of the grades."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        fields = fields_of(Scale)
        self.box = named(choice_box(), "setup_shown", tr(fields["shown_at_a_time"].title))
        self.box.addItem(tr("Two answers, to compare"), Scale())
        for low, high in ENDS:
            self._add_grades(low, high)
        for several in range(MIN_SEVERAL, MAX_SEVERAL + 1):
            words = tr("Up to {number} answers, to rank", several)
            self.box.addItem(words, Scale(kind=ScaleKind.RANK, several=several))
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

    def _add_grades(self, low: int, high: int) -> None:
        grades = tr("bad or good") if high == 1 else tr("{low} to {high}", low, high)
        words = tr("One answer, to grade: {grades}", grades)
        self.box.addItem(words, Scale(kind=ScaleKind.GRADE, low=low, high=high))

    @property
    def _scale(self) -> Scale:
        found: Scale = self.box.currentData()
        return found

    @property
    def graded(self) -> bool:
        return self._scale.graded

    @property
    def paired(self) -> bool:
        return self._scale.paired

    @property
    def ranked(self) -> bool:
        return self._scale.ranked

    @property
    def words(self) -> str:
        return "" if self.paired else self.box.currentText()

    @property
    def values(self) -> dict[str, Any]:
        """The fields of a `Scale`."""
        chosen = self._scale
        values = {name: getattr(chosen, name) for name in ("kind", "low", "high", "several")}
        texts = {"low_label": self.labels[0].text, "high_label": self.labels[1].text}
        return {**values, **texts} if self.graded else {} if self.paired else values

    def put(self, scale: Scale) -> None:
        if scale.answered_by[:3] not in self._offered:  # grades from a file of settings
            self._add_grades(scale.low, scale.high)
        self.box.setCurrentIndex(self._offered.index(scale.answered_by[:3]))
        for one, text in zip(self.labels, (scale.low_label, scale.high_label), strict=True):
            one.edit.setText(text)
        self._show()

    def freeze(self, *, fixed: bool, written: bool) -> None:
        """Keep the grades if ``fixed``, and what raters see if answers are ``written``."""
        self.setEnabled(not fixed)
        for number in range(self.box.count()):
            kept = self.box.itemData(number).graded is self.graded  # pairs and rankings need the same
            item_of(self.box, number).setEnabled(kept or not written)
        self.box.setToolTip(tr(STAYS) if written else "")

    @property
    def _offered(self) -> list[tuple[object, ...]]:
        return [self.box.itemData(number).answered_by[:3] for number in range(self.box.count())]

    def _on_activated(self) -> None:
        self._show()
        self.edited.emit()

    def _show(self) -> None:
        self._ends.setVisible(self.graded)
        self._about.setText(tr(ABOUT) if self.graded else tr(ABOUT_SEVERAL, number=self._scale.several))
        self._about.setVisible(not self.paired)
