"""Fields of Setup's rating cards and of the planner: a number with what it is for."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from ftcompare.core.fields import Field, FieldKind
from ftcompare.ui.theme.theme import XL, L
from ftcompare.ui.widgets.controls import Muted, label_of, set_role
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.layouts import STRETCH, in_column
from ftcompare.ui.widgets.settings_form import PERCENT, whole_input


class NumberField(QWidget):
    """A labelled number, and below it what it is for. A share is shown in whole per cent.

    Args:
        field: a whole number or a share.
        stem: prefix of the object name, followed by the key.
    """

    changed = Signal()
    edited = Signal()
    """The number, when the field is left or stepped."""

    def __init__(self, field: Field, stem: str) -> None:
        super().__init__()
        self.box, self._field = whole_input(field, f"{stem}_{field.key}"), field
        self._scale = PERCENT if field.kind is FieldKind.SHARE else 1
        self.box.setAccessibleName(field.title)
        self.box.lineEdit().setAccessibleName(field.title)
        self.box.setAccessibleDescription(field.help)
        self.message = FieldMessage()
        about = [Muted(field.help, small=True)] if field.help else []
        parts = label_of(self.box, field.title), self.box, self.message, *about, STRETCH
        in_column(*parts, gap=6, of=self)
        self._given: float = field.default or 0
        self._stored = 0
        self.box.valueChanged.connect(self._on_value)
        self.box.editingFinished.connect(self._on_finished)

    @property
    def value(self) -> float:
        """The number; one that is shown rounded, such as 7.5% as 8%, is as given until it is changed."""
        return self.kept(self._given)

    @property
    def whole(self) -> int:
        return self.box.value()

    def kept(self, known: float) -> float:
        """Return the number, or ``known`` where that is shown as the same."""
        shown = self.box.value()
        same = shown == round(known * self._scale)
        return known if same else shown if self._scale == 1 else shown / self._scale

    def put(self, value: float) -> None:
        """Show another number; what is being typed is left alone."""
        self._given, self._stored = value, round(value * self._scale)
        if not self.box.hasFocus():
            self.box.setValue(self._stored)

    def set_least(self, least: int) -> None:
        """Take no smaller number; above 0 there is no word for none."""
        self.box.setMinimum(least)
        self.box.setSpecialValueText("" if least else self._field.lowest)

    def show_problem(self, text: str) -> None:
        set_role(self.box, invalid="true" if text else "false")
        self.message.show_problem(text)

    def _on_value(self) -> None:
        self.show_problem("")
        self.changed.emit()

    def _on_finished(self) -> None:
        if self.box.value() != self._stored:
            self._stored = self.box.value()
            self.edited.emit()


def equal_columns(count: int, *parts: QWidget) -> QGridLayout:
    """Return parts in rows of equal columns, aligned at their tops."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(XL)
    grid.setVerticalSpacing(L)
    for column in range(count):
        grid.setColumnStretch(column, 1)
    for place, part in enumerate(parts):
        grid.addWidget(part, *divmod(place, count), Qt.AlignmentFlag.AlignTop)
    return grid
