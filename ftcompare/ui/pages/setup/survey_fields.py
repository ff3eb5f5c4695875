"""Setup's fields of the consent and the questions around the pairs, and of where raters go in the end."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.core.fields import fields_of
from ftcompare.core.language import tr
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.survey import SETTINGS, survey_problem
from ftcompare.ui.widgets.controls import Muted
from ftcompare.ui.widgets.file_field import TextField
from ftcompare.ui.widgets.inputs import TextArea
from ftcompare.ui.widgets.layouts import filled, in_column
from ftcompare.ui.widgets.settings_form import equal_columns


class SurveyFields(QWidget):
    """A field for each of the settings."""

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
