"""Fields for numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QLayout, QWidget

from ftcompare.ui.safe_text import one_line, tip
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import label_of, named
from ftcompare.ui.widgets.flow_layout import FlowLayout
from ftcompare.ui.widgets.layouts import filled, in_column, in_row

Box = TypeVar("Box", bound=QAbstractSpinBox)


def number_field(box: Box, name: str) -> Box:
    """Name a number field, pad its text as in other fields, and let the wheel scroll the page.

    A style sheet's padding has no effect on the text of a spin box (Qt 6.12).
    """
    box.setObjectName(name)
    box.lineEdit().setTextMargins(S, 0, 0, 0)
    return passed_by_wheel(box)


Input = TypeVar("Input", bound=QWidget)


class _Passing(QObject):
    """Passes wheel events to the page around an input that does not have the focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Mark a wheel event as ignored if the input has no focus, so that the parent scrolls."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def passed_by_wheel(field: Input) -> Input:
    """Let the wheel change an input only while it has the keyboard's focus, which the wheel never gives."""
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.installEventFilter(_Passing(field))
    return field


def choice_box() -> QComboBox:
    return passed_by_wheel(QComboBox())


def named_choice(title: str, choice: QComboBox, name: str, spoken: str = "") -> QWidget:
    choice.setObjectName(name)
    choice.setAccessibleName(spoken or title)
    choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return filled(in_row(label_of(choice, title, "muted"), choice, gap=S))


def fill_choice(choice: QComboBox, entries: Sequence[tuple[str, object]], chosen: object) -> None:
    """Fill with texts and their data, and select ``chosen`` or else the first, without emitting signals."""
    with QSignalBlocker(choice):
        choice.clear()
        for text, data in entries:
            choice.addItem(one_line(text), data)
        choice.setCurrentIndex(max(choice.findData(chosen), 0))


class TickBoxes(QWidget):
    """The boxes.

    Args:
        longest: largest number of characters shown of a text, whose whole is then the tooltip; None for all.
        spoken: form of the accessible names, with ``{}`` for the text.
        flow: pixels between them in lines; 0 for boxes below each other.
    """

    changed = Signal()

    def __init__(self, stem: str, *, longest: int | None = None, spoken: str = "{}", flow: int = 0) -> None:
        super().__init__()
        self._stem, self._longest, self._spoken = stem, longest, spoken
        self._boxes: dict[str, QCheckBox] = {}
        self._kept: Mapping[str, bool] = {}
        self._layout: QLayout = FlowLayout(flow, self) if flow else in_column(gap=0, of=self)

    def box(self, name: str) -> QCheckBox:
        return self._boxes[name]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._boxes)

    @property
    def boxes(self) -> tuple[QCheckBox, ...]:
        return tuple(self._boxes.values())

    @property
    def chosen(self) -> tuple[str, ...]:
        return tuple(name for name, box in self._boxes.items() if box.isChecked())

    @property
    def ticks(self) -> dict[str, bool]:
        return {**self._kept, **{name: box.isChecked() for name, box in self._boxes.items()}}

    def restore(self, ticks: Mapping[str, bool]) -> None:
        self._kept = ticks
        for name, box in self._boxes.items():
            box.setChecked(ticks.get(name, box.isChecked()))

    def offer(self, entries: Sequence[tuple[str, str, bool]]) -> None:
        """Offer these boxes: name, text, and whether it is ticked at first; does nothing if unchanged."""
        if self.names == tuple(name for name, _, _ in entries):
            return
        for box in self._boxes.values():
            self._layout.removeWidget(box)
            box.hide()
            box.deleteLater()
        self._boxes = {name: self._box(name, words, self._kept.get(name, on)) for name, words, on in entries}

    def _box(self, name: str, words: str, on: bool) -> QCheckBox:
        shown = one_line(words, self._longest) if self._longest else words
        box = named(
            QCheckBox(shown.replace("&", "&&")), f"{self._stem}_{name or 'none'}", self._spoken.format(words)
        )
        if self._longest and len(words) > self._longest:
            box.setToolTip(tip(one_line(words)))
        box.setChecked(on)
        box.toggled.connect(lambda _on: self.changed.emit())
        self._layout.addWidget(box)
        return box
