"""Fields of Setup's rating cards: several lines of text, and a number with what it is for."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QGridLayout, QPlainTextEdit, QSpinBox, QVBoxLayout, QWidget

from ftcompare.ui.theme.theme import XL, L
from ftcompare.ui.widgets.controls import Muted, label, set_role
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.flow_layout import FlowLayout
from ftcompare.ui.widgets.number_field import number_field

PERCENT = 100
FRAME = 20
"""Padding and border of a text field above and below its lines, in pixels."""


class _Editor(QPlainTextEdit):
    """Plain text that the Tab key leaves; says when it was left with other words than before."""

    left = Signal()

    def __init__(self, lines: int) -> None:
        super().__init__()
        self._lines = lines
        self._before = ""
        self.setTabChangesFocus(True)
        self._fit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Note what stands there."""
        super().focusInEvent(event)
        self._before = self.toPlainText()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell of a change."""
        super().focusOutEvent(event)
        if self.toPlainText() != self._before:
            self._before = self.toPlainText()
            self.left.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Another font takes another height."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and hasattr(self, "_lines"):
            self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(self._lines * self.fontMetrics().lineSpacing() + FRAME)


class TextArea(QWidget):
    """A labelled field of several lines.

    Args:
        lines: its height.
        hint: what the empty field shows.
    """

    changed = Signal()
    """The text, at each key."""
    edited = Signal()
    """The text, when the field is left."""

    def __init__(self, title: str, name: str, *, lines: int, hint: str = "") -> None:
        super().__init__()
        self.edit = _Editor(lines)
        self.edit.setObjectName(name)
        self.edit.setAccessibleName(title)
        self.edit.setPlaceholderText(hint)
        self.message = FieldMessage()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(6)
        above = label(title)
        above.setBuddy(self.edit)
        for part in (above, self.edit, self.message):
            self.column.addWidget(part)
        self.edit.textChanged.connect(self._on_text)
        self.edit.left.connect(self.edited)

    @property
    def text(self) -> str:
        """What is in it, without blanks around it."""
        return self.edit.toPlainText().strip()

    @property
    def lines(self) -> tuple[str, ...]:
        """Its lines, without blanks around them and without empty ones."""
        return tuple(line.strip() for line in self.text.splitlines() if line.strip())

    def put(self, text: str) -> None:
        """Show another text; what is being typed is left alone."""
        if not self.edit.hasFocus() and text != self.edit.toPlainText():
            self.edit.setPlainText(text)

    def put_lines(self, lines: Iterable[str]) -> None:
        """Show a text line by line."""
        self.put("\n".join(lines))

    def add_line(self, line: str) -> None:
        """One more line at the end."""
        self.edit.setPlainText("\n".join((*self.lines, line)))
        self.edited.emit()

    def show_problem(self, text: str) -> None:
        """Say what is wrong; empty for nothing."""
        show_problem(self.edit, self.message, text)

    def _on_text(self) -> None:
        self.show_problem("")
        self.changed.emit()


class NumberField(QWidget):
    """A labelled number, and below it what it is for.

    Args:
        none: what it shows at 0, where it is not used.
        most: the largest number.
        share: whether it counts per cent.
    """

    changed = Signal()
    edited = Signal()
    """The number, when the field is left or stepped."""

    def __init__(self, title: str, name: str, about: str, *, none: str, most: int, share: bool) -> None:
        super().__init__()
        self.box = number_field(QSpinBox(), name)
        self.box.setRange(0, most)
        self._none = none
        self.box.setSpecialValueText(none)
        self.box.setSuffix(" %" if share else "")
        self.box.setAccessibleName(title)
        self.box.lineEdit().setAccessibleName(title)
        self.box.setAccessibleDescription(about)
        self.message = FieldMessage()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        above = label(title)
        above.setBuddy(self.box)
        self.about = Muted(about, small=True)
        for part in (above, self.box, self.message, self.about):
            column.addWidget(part)
        column.addStretch()
        self._stored = 0
        self.box.valueChanged.connect(self._on_value)
        self.box.editingFinished.connect(self._on_finished)

    @property
    def value(self) -> int:
        """The number; 0 for none."""
        return self.box.value()

    def put(self, value: int) -> None:
        """Show another number; what is being typed is left alone."""
        self._stored = value
        if not self.box.hasFocus():
            self.box.setValue(value)

    def set_least(self, least: int) -> None:
        """Take no smaller number; above 0 there is no word for none."""
        self.box.setMinimum(least)
        self.box.setSpecialValueText("" if least else self._none)

    def show_problem(self, text: str) -> None:
        """Say what is wrong; empty for nothing."""
        show_problem(self.box, self.message, text)

    def _on_value(self) -> None:
        self.show_problem("")
        self.changed.emit()

    def _on_finished(self) -> None:
        if self.value != self._stored:
            self._stored = self.value
            self.edited.emit()


def share_of(field: NumberField, stored: float) -> float:
    """The share in a field of per cent; 7.5%, shown as 8, stays what it is until it is changed."""
    return stored if field.value == round(stored * PERCENT) else field.value / PERCENT


class Columns(QWidget):
    """Parts in rows of equal columns, aligned at their tops."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(XL)
        self._grid.setVerticalSpacing(L)
        self._count = count
        for column in range(count):
            self._grid.setColumnStretch(column, 1)

    def add(self, *parts: QWidget) -> None:
        """Fill the next places."""
        for part in parts:
            place = self._grid.count()
            row, column = divmod(place, self._count)
            self._grid.addWidget(part, row, column, Qt.AlignmentFlag.AlignTop)


def link_row(*links: QWidget) -> QWidget:
    """Short links beside each other, in as many lines as they need."""
    holder = QWidget()
    row = FlowLayout(L, holder)
    for link in links:
        row.addWidget(link)
    return holder


def show_problem(field: QWidget, message: FieldMessage, text: str) -> None:
    """Mark a field and say below it what is wrong; empty for nothing."""
    set_role(field, invalid="true" if text else "false")
    if text:
        message.show_problem(text)
    else:
        message.clear()
