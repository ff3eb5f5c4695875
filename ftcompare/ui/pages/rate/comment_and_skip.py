"""Panels that temporarily replace the answers: the comment field, and the reasons to skip."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from ftcompare.core.judgment_limits import MAX_COMMENT
from ftcompare.ui.rating.centered_screen import ENTER, wired
from ftcompare.ui.rating.key_button import KeyButton
from ftcompare.ui.theme.theme import L, M, S, Theme
from ftcompare.ui.widgets.controls import Card, SectionLabel, label, named
from ftcompare.ui.widgets.layouts import STRETCH, in_row, put

COMMENT_LINES = 3


class CommentField(QPlainTextEdit):
    """A field for a few lines; Esc and Ctrl+Enter finish.

    Signals:
        finished: the rater wants to go back to the pair.
    """

    finished = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Handle every key except those that finish."""
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() == Qt.Key.Key_Escape or (event.key() in ENTER and control):
            event.accept()
            self.finished.emit()
        else:
            super().keyPressEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste only as much as a comment may hold, because a longer comment could not be stored."""
        cursor = self.textCursor()
        room = MAX_COMMENT - len(self.toPlainText()) + len(cursor.selectedText())
        self.insertPlainText(source.text()[: max(room, 0)])


class CommentPanel(Card):
    """A comment on the pair.

    Signals:
        typed: the current text of the comment.
        finished: the rater wants to go back to the pair.
    """

    typed = Signal(str)
    finished = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._kept = label("", "small")
        told = "What tipped the scales? The owner of the study reads this."
        self.field = named(CommentField(placeholderText=told, tabChangesFocus=True), "comment", "Comment")
        self.field.textChanged.connect(self._on_text)
        self.field.finished.connect(self.finished)
        self._back = wired(KeyButton("Back to the pair", "Esc"), "comment_back", self.finished.emit)
        self.body.setSpacing(S)
        self.body.setContentsMargins(L, M, L, M)
        header = in_row(SectionLabel("Comment"), STRETCH, self._kept)
        put(self.body, header, self.field, (self._back, Qt.AlignmentFlag.AlignRight))
        self.refresh()

    def refresh(self) -> None:
        """Set the height to a few lines at the current zoom."""
        self.field.setFixedHeight(self._theme.px(22) * COMMENT_LINES + 2 * S)

    @property
    def stops(self) -> list[QWidget]:
        """The widgets that the Tab key visits, in order."""
        return [self.field, self._back]

    def set_comment(self, comment: str) -> None:
        """Show a comment without emitting `typed`."""
        self.field.blockSignals(True)
        self.field.setPlainText(comment)
        self.field.blockSignals(False)
        self._kept.setText("")

    def set_kept(self, kept: bool) -> None:
        """Show whether what is typed will be stored."""
        self._kept.setText("Draft saved" if kept else "")

    def _on_text(self) -> None:
        self._kept.setText("")
        self.typed.emit(self.field.toPlainText())


class SkipPanel(Card):
    """Asks why a pair is skipped; a digit or a click answers.

    Signals:
        chosen: the reason.
        cancelled: the rater wants to go back to the pair.
    """

    chosen = Signal(str)
    cancelled = Signal()

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__()
        self._reasons = tuple(reasons)
        self._buttons = [self._button(number, reason) for number, reason in enumerate(reasons, start=1)]
        self.body.setSpacing(S)
        self.body.setContentsMargins(L, M, L, M)
        back = wired(KeyButton("Do not skip", "Esc"), "skip_not", self.cancelled.emit)
        told = label("You can return to it at the end.", "small")
        put(self.body, in_row(SectionLabel("Why skip this pair?"), STRETCH, told))
        for start in range(0, len(reasons), 3):
            last = [back] if start + 3 >= len(reasons) else []
            put(self.body, in_row(*self._buttons[start : start + 3], STRETCH, *last, gap=L))
        self._buttons.append(back)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Why skip this pair?")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A digit chooses, Esc goes back."""
        number = event.key() - Qt.Key.Key_1.value
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        elif 0 <= number < len(self._reasons) and not event.isAutoRepeat():
            self.chosen.emit(self._reasons[number])
        else:
            super().keyPressEvent(event)

    @property
    def stops(self) -> list[QWidget]:
        """The widgets that the Tab key visits, in order."""
        return [self, *self._buttons]

    def _button(self, number: int, reason: str) -> KeyButton:
        return wired(KeyButton(reason, str(number)), f"skip_{number}", lambda: self.chosen.emit(reason))
