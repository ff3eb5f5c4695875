"""Fields of Setup's rating cards: several lines of text, and a number with what it is for."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QGridLayout, QPlainTextEdit, QSpinBox, QWidget

from ftcompare.ui.theme.theme import XL, L
from ftcompare.ui.widgets.controls import Muted, label, named, set_role
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.inputs import number_field
from ftcompare.ui.widgets.layouts import STRETCH, in_column

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
        # Qt 6.11 sends FontChange from the constructor, before the number of lines is known.
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and hasattr(self, "_lines"):
            self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(self._lines * self.fontMetrics().lineSpacing() + FRAME)


class TextArea(QWidget):
    """A labelled field of several lines.

    Args:
        lines: its height.
    """

    changed = Signal()
    """The text, at each key."""
    edited = Signal()
    """The text, when the field is left."""

    def __init__(self, title: str, name: str, *, lines: int, hint: str = "") -> None:
        super().__init__()
        self.edit = named(_Editor(lines), name, title)
        self.edit.setPlaceholderText(hint)
        self.message = FieldMessage()
        above = label(title)
        above.setBuddy(self.edit)
        self.column = in_column(above, self.edit, self.message, gap=6, of=self)
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
        self.put("\n".join(lines))

    def add_line(self, line: str) -> None:
        self.edit.setPlainText("\n".join((*self.lines, line)))
        self.edited.emit()

    def show_problem(self, text: str) -> None:
        """Say what is wrong; empty for nothing."""
        set_role(self.edit, invalid="true" if text else "false")
        self.message.show_problem(text)

    def _on_text(self) -> None:
        self.show_problem("")
        self.changed.emit()


class NumberField(QWidget):
    """A labelled number, and below it what it is for.

    Args:
        about: what it is for; empty for nothing to say.
        none: what it shows at 0, where it is not used.
        share: whether it counts per cent.
    """

    changed = Signal()
    edited = Signal()
    """The number, when the field is left or stepped."""

    def __init__(
        self,
        title: str,
        name: str,
        about: str = "",
        *,
        most: int,
        least: int = 0,
        none: str = "",
        share: bool = False,
    ) -> None:
        super().__init__()
        self.box = number_field(QSpinBox(minimum=least, maximum=most), name)
        self._none = none
        self.box.setSpecialValueText(none)
        self.box.setSuffix(" %" if share else "")
        self.box.setAccessibleName(title)
        self.box.lineEdit().setAccessibleName(title)
        self.box.setAccessibleDescription(about)
        self.message = FieldMessage()
        above = label(title)
        above.setBuddy(self.box)
        explained = [Muted(about, small=True)] if about else []
        in_column(above, self.box, self.message, *explained, STRETCH, gap=6, of=self)
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
        set_role(self.box, invalid="true" if text else "false")
        self.message.show_problem(text)

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


def equal_columns(count: int, *parts: QWidget) -> QGridLayout:
    """Parts in rows of equal columns, aligned at their tops."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(XL)
    grid.setVerticalSpacing(L)
    for column in range(count):
        grid.setColumnStretch(column, 1)
    for place, part in enumerate(parts):
        grid.addWidget(part, *divmod(place, count), Qt.AlignmentFlag.AlignTop)
    return grid
