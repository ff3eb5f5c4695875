"""Inputs of settings, made from the descriptions of the settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QGridLayout, QSpinBox, QWidget

from ftcompare.core.fields import Field, FieldKind
from ftcompare.ui.theme.theme import L, S
from ftcompare.ui.widgets.controls import Muted, label_of, named
from ftcompare.ui.widgets.inputs import choice_box, fill_choice, number_field
from ftcompare.ui.widgets.tick_boxes import TickBoxes

DECIMALS, PERCENT = 3, 100
WIDEST = 2**31 - 1
"""Largest number of a field: Qt accepts 32 bits."""

Input = QSpinBox | QDoubleSpinBox | QComboBox | QCheckBox | TickBoxes


class _DecimalBox(QDoubleSpinBox):
    """Shows no more decimal places than the number has."""

    def textFromValue(self, value: float) -> str:
        return self.locale().toString(value, "g", DECIMALS + 1)


def input_of(field: Field, name: str, *, suffix: str = "") -> Input:
    """Return an input for a setting; ``suffix`` follows a number.

    A list gets tick boxes, which are offered later.
    """
    low, high = field.form_range
    match field.kind:
        case FieldKind.FLAG:
            return named(QCheckBox(field.title), name)
        case FieldKind.CHOICE:
            choice = named(choice_box(), name)
            fill_choice(choice, field.choices, field.default)
            return choice
        case FieldKind.WHOLE | FieldKind.SHARE:
            return whole_input(field, name, suffix=suffix)
        case FieldKind.NUMBER:
            number = _DecimalBox(minimum=low, maximum=high, singleStep=field.step, decimals=DECIMALS)
            number.setSpecialValueText(field.lowest)
            return number_field(number, name)
        case _:
            return TickBoxes(name, longest=32)


def whole_input(field: Field, name: str, *, suffix: str = "") -> QSpinBox:
    """Return an input for a whole number, or for a share in per cent."""
    low, high = field.form_range
    scale = PERCENT if field.kind is FieldKind.SHARE else 1
    box = QSpinBox(minimum=round(low * scale), maximum=round(min(high * scale, WIDEST)))
    box.setSingleStep(round(field.step))
    box.setSuffix(" %" if field.kind is FieldKind.SHARE else suffix)
    box.setSpecialValueText(field.lowest)
    return number_field(box, name)


class SettingsForm(QObject):
    """The inputs by the settings' keys; the owner places them.

    Args:
        stem: prefix of the inputs' object names, followed by the key.
        suffixes: by key, what follows a number.
    """

    changed = Signal()

    def __init__(
        self, stem: str, fields: Iterable[Field], parent: QObject, suffixes: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(parent)
        self._fields = {field.key: field for field in fields}
        more = suffixes or {}
        self._inputs = {
            key: input_of(field, f"{stem}_{key}", suffix=more.get(key, ""))
            for key, field in self._fields.items()
        }
        self.titles: dict[str, QWidget] = {}
        """Labels of the inputs that `lines` placed, by key."""
        self.put({key: field.default for key, field in self._fields.items()})
        for one in self._inputs.values():
            self._connect(one)

    def __getitem__(self, key: str) -> Any:
        return self._inputs[key]

    @property
    def values(self) -> dict[str, Any]:
        """The settings as chosen, as in files; for a list, by name whether it is ticked."""
        return {key: self._read(key) for key in self._inputs}

    def put(self, values: Mapping[str, Any]) -> None:
        """Show settings as far as they are permitted; a number out of range becomes the nearest one in it."""
        for key in self._inputs.keys() & values.keys():
            self._put(key, values[key])

    def show(self, key: str, *, shown: bool) -> None:
        for part in (self._inputs[key], self.titles.get(key)):
            if part is not None:
                part.setVisible(shown)

    def lines(self, grid: QGridLayout, keys: Iterable[str], *, helped: bool = False) -> QGridLayout:
        """Add a line for each setting to a grid: title, input, and, if ``helped``, what it means."""
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(L)
        grid.setVerticalSpacing(S)
        grid.setColumnStretch(2, 1)
        for key in keys:
            field, part, row = self._fields[key], self._inputs[key], grid.rowCount()
            self.titles[key] = title = label_of(part, field.title)
            if isinstance(part, TickBoxes):
                grid.addWidget(title, row, 0, Qt.AlignmentFlag.AlignTop)
                grid.addWidget(part, row, 1, 1, 2)
                continue
            part.setAccessibleName(field.title)
            part.setAccessibleDescription(field.help)
            if isinstance(part, QSpinBox | QDoubleSpinBox):
                part.lineEdit().setAccessibleName(field.title)
            grid.addWidget(title, row, 0)
            grid.addWidget(part, row, 1)
            if helped:
                grid.addWidget(Muted(field.help, small=True), row, 2)
        return grid

    def _connect(self, one: Input) -> None:
        if isinstance(one, TickBoxes):
            one.changed.connect(self.changed)
        elif isinstance(one, QCheckBox):
            one.toggled.connect(lambda _on: self.changed.emit())
        elif isinstance(one, QComboBox):
            one.currentIndexChanged.connect(lambda _index: self.changed.emit())
        else:
            one.valueChanged.connect(lambda _value: self.changed.emit())

    def _read(self, key: str) -> Any:
        one = self._inputs[key]
        if isinstance(one, TickBoxes):
            return one.ticks
        if isinstance(one, QCheckBox):
            return one.isChecked()
        if isinstance(one, QComboBox):
            return one.currentData()
        if isinstance(one, QDoubleSpinBox):
            return round(one.value(), DECIMALS)
        return one.value() / PERCENT if self._fields[key].kind is FieldKind.SHARE else one.value()

    def _put(self, key: str, value: Any) -> None:
        one, is_number = self._inputs[key], isinstance(value, int | float) and not isinstance(value, bool)
        if isinstance(one, TickBoxes) and isinstance(value, dict):
            one.restore({name: on for name, on in value.items() if isinstance(on, bool)})
        elif isinstance(one, QCheckBox) and isinstance(value, bool):
            one.setChecked(value)
        elif isinstance(one, QComboBox) and one.findData(value) >= 0:
            one.setCurrentIndex(one.findData(value))
        elif isinstance(one, QDoubleSpinBox) and is_number:
            one.setValue(value)
        elif isinstance(one, QSpinBox) and is_number:
            scale = PERCENT if self._fields[key].kind is FieldKind.SHARE else 1
            one.setValue(round(min(max(value * scale, one.minimum()), one.maximum())))
