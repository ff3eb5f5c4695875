"""Numeric settings for rating on this machine: reading time, second press, break."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSpinBox, QWidget

from ftcompare.app.user_settings import LONGEST_BREAK, LONGEST_MOMENT, LONGEST_SECOND_PRESS, UserSettings
from ftcompare.ui.theme.theme import XL, L, S
from ftcompare.ui.widgets.controls import Line, Muted, PlainButton, label
from ftcompare.ui.widgets.layouts import in_column, in_row
from ftcompare.ui.widgets.number_field import number_field

NUMBER_WIDTH = 130
SETTINGS = {
    "Reading moment": "How long both texts must be on the screen before an answer counts. It grows by half a "
    "second for each 100 words beyond the first 100 of both texts together, up to 10 s.",
    "Second press": "Where the scale has it, the same key twice within this time means “much better”.",
    "Break": "After how much work a break is offered. Idle time is not counted.",
}
"""The settings in the order shown, with their descriptions."""


class RatingPanel(QWidget):
    """Fields for the numeric settings.

    Signals:
        changed: name of a setting, and its value.
    """

    changed = Signal(str, object)

    def __init__(self, now: UserSettings) -> None:
        super().__init__()
        self.reading = _seconds("reading_moment", now.reading_moment, LONGEST_MOMENT, 0.1, "none")
        self.second = _seconds("second_press", now.second_press, LONGEST_SECOND_PRESS, 0.05, "off")
        self.rest = number_field(QSpinBox(), "break_after")
        self.rest.setRange(0, LONGEST_BREAK)
        self.rest.setSingleStep(5)
        self.rest.setSuffix(" min")
        self.rest.setSpecialValueText("never")
        self.rest.setValue(now.break_after)
        self.usual = PlainButton("Back to the usual values", name="rating_usual", act=self._back)
        self._arrange()
        self.reading.valueChanged.connect(lambda value: self._tell("reading_moment", round(value, 2)))
        self.second.valueChanged.connect(lambda value: self._tell("second_press", round(value, 2)))
        self.rest.valueChanged.connect(lambda value: self._tell("break_after", value))
        self._sync()

    def _tell(self, name: str, value: float) -> None:
        self._sync()
        self.changed.emit(name, value)

    def _back(self) -> None:
        usual = UserSettings()
        self.reading.setValue(usual.reading_moment)
        self.second.setValue(usual.second_press)
        self.rest.setValue(usual.break_after)

    def _sync(self) -> None:
        usual = UserSettings()
        stands = (round(self.reading.value(), 2), round(self.second.value(), 2), self.rest.value())
        self.usual.setEnabled(stands != (usual.reading_moment, usual.second_press, usual.break_after))

    def _arrange(self) -> None:
        column = in_column(gap=L, margins=(0, S, 0, 0), of=self)
        fields = (self.reading, self.second, self.rest)
        for (title, told), field in zip(SETTINGS.items(), fields, strict=True):
            column.addLayout(_setting(title, told, field))
            column.addWidget(Line())
        column.addLayout(in_row(None, self.usual))
        column.addStretch(1)


def _seconds(name: str, value: float, most: float, step: float, nothing: str) -> QDoubleSpinBox:
    field = number_field(QDoubleSpinBox(), name)
    field.setRange(0.0, most)
    field.setDecimals(2)
    field.setSingleStep(step)
    field.setSuffix(" s")
    field.setSpecialValueText(nothing)
    field.setValue(value)
    return field


def _setting(title: str, told: str, field: QWidget) -> QHBoxLayout:
    name = label(title, "strong")
    name.setBuddy(field)
    text = in_column(name, Muted(told), gap=2)
    field.setFixedWidth(NUMBER_WIDTH)
    field.setAccessibleName(title)
    field.setAccessibleDescription(told)
    return in_row((text, 1), (field, Qt.AlignmentFlag.AlignVCenter), gap=XL)
