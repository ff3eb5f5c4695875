"""What comes in the place of the answers for a while: the comment field, the reasons to skip."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from ftcompare.core.judgment_limits import MAX_COMMENT
from ftcompare.ui.rating.key_button import KeyButton
from ftcompare.ui.theme.icons import IconLabel
from ftcompare.ui.theme.theme import L, M, S, Theme
from ftcompare.ui.widgets.controls import Card, KeyCap, PlainButton, SectionLabel, label

COMMENT_LINES = 3


class CommentField(QPlainTextEdit):
    """A field for a few lines; Esc or Ctrl+Enter finish.

    Signals:
        finished: the rater wants to go back to the pair.
    """

    finished = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take every key but those that finish."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape or (
            enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            event.accept()
            self.finished.emit()
            return
        super().keyPressEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste as much as a comment can hold: of a longer text none could be stored."""
        cursor = self.textCursor()
        room = MAX_COMMENT - len(self.toPlainText()) + len(cursor.selectedText())
        self.insertPlainText(source.text()[: max(room, 0)])


class CommentPanel(Card):
    """A comment on the pair.

    Signals:
        typed: the comment as it is now.
        finished: back to the pair.
    """

    typed = Signal(str)
    finished = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.body.setSpacing(S)
        self.body.setContentsMargins(L, M, L, M)
        header = QHBoxLayout()
        header.addWidget(SectionLabel("Comment"))
        header.addStretch()
        self._kept = label("", "small")
        header.addWidget(self._kept)
        self.field = CommentField()
        self.field.setObjectName("comment")
        self.field.setAccessibleName("Comment")
        self.field.setPlaceholderText("What tipped the scales? The owner of the study reads this.")
        self.field.setTabChangesFocus(True)
        self.field.textChanged.connect(self._on_text)
        self.field.finished.connect(self.finished)
        self._back = KeyButton("Back to the pair", "Esc")
        self._back.setObjectName("comment_back")
        self._back.clicked.connect(self.finished)
        self.body.addLayout(header)
        self.body.addWidget(self.field)
        self.body.addWidget(self._back, 0, Qt.AlignmentFlag.AlignRight)
        self.refresh()

    def refresh(self) -> None:
        """Take the height of a few lines at the present zoom."""
        self.field.setFixedHeight(self._theme.px(22) * COMMENT_LINES + 2 * S)

    @property
    def stops(self) -> list[QWidget]:
        """What the Tab key goes through."""
        return [self.field, self._back]

    def set_comment(self, comment: str) -> None:
        """Show a comment without reporting it as typed."""
        self.field.blockSignals(True)
        self.field.setPlainText(comment)
        self.field.blockSignals(False)
        self._kept.setText("")

    def set_kept(self, kept: bool) -> None:
        """Say whether what is typed is stored."""
        self._kept.setText("Draft saved" if kept else "")

    def _on_text(self) -> None:
        self._kept.setText("")
        self.typed.emit(self.field.toPlainText())


class SkipPanel(Card):
    """Why a pair is put aside: by digit or by click.

    Signals:
        chosen: the reason.
        cancelled: back to the pair.
    """

    chosen = Signal(str)
    cancelled = Signal()

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__()
        self._reasons = tuple(reasons)
        self._buttons: list[KeyButton] = []
        self.body.setSpacing(S)
        self.body.setContentsMargins(L, M, L, M)
        header = QHBoxLayout()
        header.addWidget(SectionLabel("Why skip this pair?"))
        header.addStretch()
        header.addWidget(label("You can return to it at the end.", "small"))
        self.body.addLayout(header)
        for start in range(0, len(self._reasons), 3):
            self.body.addLayout(self._row(start))
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
        """What the Tab key goes through."""
        return [self, *self._buttons]

    def _row(self, start: int) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(L)
        for number, reason in enumerate(self._reasons[start : start + 3], start=start + 1):
            row.addWidget(self._button(number, reason))
        row.addStretch()
        if start + 3 >= len(self._reasons):
            back = KeyButton("Do not skip", "Esc")
            back.clicked.connect(self.cancelled)
            self._buttons.append(back)
            row.addWidget(back)
        return row

    def _button(self, number: int, reason: str) -> KeyButton:
        made = KeyButton(reason, str(number))
        made.setObjectName(f"skip_{number}")
        made.clicked.connect(lambda: self.chosen.emit(reason))
        self._buttons.append(made)
        return made


class Strip(QWidget):
    """One line above the answers: something failed, is missing or was expected, or a break would do good.

    Signals:
        first, second: its buttons.
    """

    first = Signal()
    second = Signal()

    def __init__(self, name: str, icon: str, kind: str) -> None:
        super().__init__()
        self.setObjectName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(S)
        self._words = label("", wrap=True)
        self._words.setObjectName(f"{name}_words")
        self._first = PlainButton("")
        self._first.setObjectName(f"{name}_first")
        self._cap = KeyCap()
        self._second = PlainButton("")
        self._second.setObjectName(f"{name}_second")
        row.addStretch()
        row.addWidget(IconLabel(icon, kind))
        row.addWidget(self._words, 3)
        row.addSpacing(S)
        row.addWidget(self._first)
        row.addWidget(self._cap)
        row.addWidget(self._second)
        row.addStretch()
        self._first.clicked.connect(self.first)
        self._second.clicked.connect(self.second)
        self.hide()

    def say(self, text: str, first: str = "", second: str = "", *, key: str = "") -> None:
        """Show the strip, with a button or two, and the key that presses the first."""
        self._words.setText(text)
        self._first.set_text(first)
        self._first.setVisible(bool(first))
        self._cap.setText(key)
        self._cap.setVisible(bool(key))
        self._second.set_text(second)
        self._second.setVisible(bool(second))
        self.setAccessibleName(text)
        self.show()


class Aside(QWidget):
    """A full-page view in the rating page's column: centred, of readable width."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.addStretch(1)
        self.column = QVBoxLayout()
        self.column.setSpacing(M)
        row.addLayout(self.column, 2)
        row.addStretch(1)
        self.first_focus: QWidget | None = None

    def showEvent(self, event: QShowEvent) -> None:
        """Put the focus where the next key press is meant to go."""
        super().showEvent(event)
        if self.first_focus is not None:
            self.first_focus.setFocus()
