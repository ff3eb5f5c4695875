"""Fields for a text of several lines, which report changes when they lose the focus."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from ftcompare.ui.safe_text import visible
from ftcompare.ui.widgets.controls import label_of, named, set_role
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.layouts import in_column

MOST_EDITED = 50_000  # characters: a longer text makes the field slow
FRAME = 20  # padding and border of a field above and below its lines, in pixels


def is_altered(text: str) -> bool:
    """Whether the field would change the text: hidden characters, other line ends, too many characters."""
    altered = visible(text) != text or any(end in text for end in "\r\u2028\u2029\x85\ufeff")
    return altered or len(text) > MOST_EDITED


class TextBox(QPlainTextEdit):
    """A text field, ``lines`` high (0: any height); the Tab key moves to the next field."""

    left = Signal()

    def __init__(self, name: str, spoken: str, *, lines: int = 0) -> None:
        super().__init__()
        named(self, name, spoken)
        self._lines = lines
        self.setTabChangesFocus(True)
        self._fit()

    def put(self, text: str, *, fixed: bool = False) -> None:
        """Show a text; one that the field would alter, or be slow with, is read-only."""
        fixed = fixed or is_altered(text)
        self.setReadOnly(fixed)
        self.setPlainText(visible(text[:MOST_EDITED]))
        self.document().setModified(False)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            if fixed
            else Qt.TextInteractionFlag.TextEditorInteraction
        )

    def take(self) -> str | None:
        """The text if the user changed it since the last call, else None; unedited text is never altered."""
        if not self.document().isModified() or self.isReadOnly():
            return None
        self.document().setModified(False)
        return self.toPlainText()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # Qt 6.11 sends FontChange from the constructor, before the number of lines is known.
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and hasattr(self, "_lines"):
            self._fit()

    def _fit(self) -> None:
        if self._lines:
            self.setFixedHeight(self._lines * self.fontMetrics().lineSpacing() + FRAME)


class TextArea(QWidget):
    """A labelled field, ``lines`` high, that shows ``hint`` while it is empty."""

    changed = Signal()  # the text, at each key
    edited = Signal()  # the text, when the field is left

    def __init__(self, title: str, name: str, *, lines: int, hint: str = "") -> None:
        super().__init__()
        self._before = ""
        self.edit = TextBox(name, title, lines=lines)
        self.edit.setPlaceholderText(hint)
        self.message = FieldMessage()
        self.column = in_column(label_of(self.edit, title), self.edit, self.message, gap=6, of=self)
        self.edit.textChanged.connect(self._on_text)
        self.edit.left.connect(self._on_left)

    @property
    def text(self) -> str:
        return self.edit.toPlainText().strip()

    @property
    def lines(self) -> tuple[str, ...]:
        """Return its lines without surrounding blanks and without empty lines."""
        return tuple(line.strip() for line in self.text.splitlines() if line.strip())

    def put(self, text: str) -> None:
        """Show another text, unless the field is being edited."""
        if not self.edit.hasFocus() and text != self.edit.toPlainText():
            self._before = text
            self.edit.setPlainText(text)

    def put_lines(self, lines: Iterable[str]) -> None:
        self.put("\n".join(lines))

    def add_line(self, line: str) -> None:
        self._before = "\n".join((*self.lines, line))
        self.edit.setPlainText(self._before)
        self.edited.emit()

    def show_problem(self, text: str) -> None:
        set_role(self.edit, invalid="true" if text else "false")
        self.message.show_problem(text)

    def _on_text(self) -> None:
        self.show_problem("")
        self.changed.emit()

    def _on_left(self) -> None:
        if self.edit.toPlainText() != self._before:
            self._before = self.edit.toPlainText()
            self.edited.emit()
