"""One condition of a gate in the form: whether it is set, its value, and its meaning."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from ftcompare.app.release.gate_file import GateValue
from ftcompare.core.fields import Field, FieldKind
from ftcompare.ui.theme.theme import XS, M
from ftcompare.ui.widgets.controls import Muted, label, named
from ftcompare.ui.widgets.layouts import in_column, in_row
from ftcompare.ui.widgets.number_field import number_field
from ftcompare.ui.widgets.wheel_guard import choice_box

PERCENT = 100.0
SHARE_DECIMALS, NUMBER_DECIMALS = 1, 3
INPUT_WIDTH = 150
"""Least pixels of a number's field, before zoom."""
LONGEST_NAME = 1_000

_Input = QComboBox | QLineEdit | QSpinBox | QDoubleSpinBox


class GateFieldRow(QWidget):
    """The condition. A number is set if its box is ticked; a text or choice if it is not empty."""

    changed = Signal()

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field
        self._given: GateValue | None = None
        self._shown: object = None
        self.asked = named(QCheckBox(field.title), f"gate_ask_{field.key}")
        self.input = self._input()
        self.input.setAccessibleName(field.title)
        self.input.setAccessibleDescription(field.help)
        self.asked.setAccessibleDescription(field.help)
        in_column(self._line(), Muted(field.help, small=True), gap=XS, of=self)
        self.asked.toggled.connect(self._on_asked)
        self.put(None)

    def put(self, value: GateValue | None) -> None:
        """Show a value of the file; None if the file does not set it."""
        blocked = self.blockSignals(True)
        self.asked.setChecked(value is not None)
        self._show(self._usual if value is None else value)
        self.input.setEnabled(not self._is_number or value is not None)
        self.blockSignals(blocked)
        self._given, self._shown = value, self._read()

    @property
    def value(self) -> GateValue | None:
        """The value for the file; None if it is not set.

        An unchanged value is returned as it was loaded, because the field may show fewer digits.
        """
        if self._is_number and not self.asked.isChecked():
            return None
        read = self._read()
        return self._given if self._given is not None and read == self._shown else read

    @property
    def _is_number(self) -> bool:
        return self.field.kind in (FieldKind.WHOLE, FieldKind.SHARE, FieldKind.NUMBER)

    def _on_asked(self, asked: bool) -> None:
        self.input.setEnabled(asked)
        self.changed.emit()

    @property
    def _usual(self) -> GateValue | None:
        return self.field.usual if self._is_number else None

    def _line(self) -> QHBoxLayout:
        if self._is_number:
            return in_row((self.asked, 1), self.input, gap=M)
        title = label(self.field.title)
        title.setBuddy(self.input)
        self.asked.setParent(self)
        self.asked.hide()
        return in_row((title, 1), self.input, gap=M)

    def _input(self) -> _Input:
        name, field = f"gate_{self.field.key}", self.field
        match field.kind:
            case FieldKind.CHOICE:
                box = named(choice_box(), name)
                for title, value in field.choices:
                    box.addItem(title, value)
                box.currentIndexChanged.connect(self.changed)
                return box
            case FieldKind.TEXT:
                line = named(QLineEdit(maxLength=LONGEST_NAME), name)
                line.setPlaceholderText("not said")
                line.textChanged.connect(self.changed)
                return line
            case FieldKind.WHOLE:
                whole = number_field(
                    QSpinBox(minimum=int(field.form_range[0]), maximum=int(field.form_range[1])), name
                )
                whole.valueChanged.connect(self.changed)
                whole.setMinimumWidth(INPUT_WIDTH)
                return whole
            case _:
                number = number_field(self._decimal_box(), name)
                number.valueChanged.connect(self.changed)
                number.setMinimumWidth(INPUT_WIDTH)
                return number

    def _decimal_box(self) -> QDoubleSpinBox:
        times = PERCENT if self.field.kind is FieldKind.SHARE else 1.0
        low, high = self.field.form_range
        box = QDoubleSpinBox()
        box.setDecimals(SHARE_DECIMALS if self.field.kind is FieldKind.SHARE else NUMBER_DECIMALS)
        box.setRange(times * low, times * high)
        box.setSingleStep(1.0 if self.field.kind is FieldKind.SHARE or high > 1 else 0.05)
        box.setSuffix(" %" if self.field.kind is FieldKind.SHARE else "")
        return box

    def _show(self, value: GateValue | None) -> None:
        box = self.input
        if isinstance(box, QComboBox):
            places = [place for place, (_, one) in enumerate(self.field.choices) if one == value]
            box.setCurrentIndex(places[0] if places else 0)
        elif isinstance(box, QLineEdit):
            box.setText(str(value or ""))
        elif isinstance(box, QSpinBox):
            box.setValue(int(value or 0))
        else:
            box.setValue(float(value or 0) * (PERCENT if self.field.kind is FieldKind.SHARE else 1.0))

    def _read(self) -> GateValue | None:
        box = self.input
        if isinstance(box, QComboBox):
            chosen: str | bool | None = self.field.choices[max(0, box.currentIndex())][1]
            return chosen
        if isinstance(box, QLineEdit):
            return box.text().strip() or None
        if isinstance(box, QSpinBox):
            return box.value()
        times = PERCENT if self.field.kind is FieldKind.SHARE else 1.0
        return round(box.value() / times, 6)
