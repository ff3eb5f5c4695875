"""Where a prompt is typed on the live page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit

from ftcompare.ui.rating.actions import undo_text
from ftcompare.ui.rating.centered_screen import ENTER, CenteredScreen, wired
from ftcompare.ui.rating.key_button import KeyButton
from ftcompare.ui.rating.message_strip import MessageStrip
from ftcompare.ui.rating.saved_mark import SavedMark
from ftcompare.ui.theme.theme import M, S, Theme
from ftcompare.ui.widgets.controls import (
    Card,
    Heading,
    KeyCap,
    Muted,
    PrimaryButton,
    label,
)

FIELD_LINES = 6
LONGEST_PROMPT = 100_000


class PromptField(QPlainTextEdit):
    """A field for a prompt; Enter asks, Shift+Enter begins a new line.

    Signals:
        entered: the prompt is to be asked.
    """

    entered = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("live_prompt")
        self.setAccessibleName("Your prompt")
        self.setPlaceholderText("Type a question or a task, as you would ask it in earnest.")
        self.setTabChangesFocus(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take every key but a plain Enter."""
        if event.key() in ENTER and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            event.accept()
            if not event.isAutoRepeat():
                self.entered.emit()
            return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Leave Undo to the page while there is nothing typed to take back."""
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.matches(QKeySequence.StandardKey.Undo)
            and not self.document().isUndoAvailable()
        ):
            event.ignore()
            return False
        return super().event(event)


class PromptScreen(CenteredScreen):
    """Where a prompt is typed.

    Signals:
        asked: the prompt.
        explain: more of the problem is wanted.
        undo: take back the last vote.
    """

    asked = Signal(str)
    explain = Signal()
    undo = Signal()

    def __init__(self, theme: Theme, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._theme = theme
        self.field = PromptField()
        self.ask = wired(PrimaryButton("Ask"), "live_ask", self._on_ask)
        self.problem = MessageStrip("live_problem", "circle-x", "bad")
        self.problem.first.connect(self._on_ask)
        self.problem.second.connect(self.explain)
        self.back = UndoTool(keys, self.undo.emit)
        self.saved = SavedMark()
        card = Card("Your prompt")
        card.body.setSpacing(S)
        card.body.addWidget(self.field)
        told = (
            "You see both answers together, without names, and say which is better. Each prompt stands by "
            "itself: earlier ones are not remembered."
        )
        apart = (
            "Live votes are kept by themselves: they change nothing in the study's planned comparisons and "
            "their results."
        )
        heading = Heading("Ask two models at once")
        self.fill(heading, Muted(told), card, self.problem, self._buttons(), Muted(apart, small=True))
        self.first_focus = self.field
        self.field.entered.connect(self._on_ask)
        self.field.textChanged.connect(self._on_text)
        self._on_text()
        self.refresh()

    def refresh(self) -> None:
        """Take the height of a few lines at the present zoom."""
        self.field.setFixedHeight(self._theme.px(22) * FIELD_LINES + 2 * S)

    def show_problem(self, problem: str, *, more: bool) -> None:
        """Say why there is no pair, or nothing."""
        if problem:
            self.problem.say(problem, "Retry", "What happened?" if more else "")
        else:
            self.problem.hide()

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(S)
        row.addWidget(self.ask)
        row.addWidget(KeyCap("Enter"))
        row.addSpacing(M)
        row.addWidget(KeyCap("Shift Enter"))
        row.addWidget(label("new line", "muted"))
        row.addStretch()
        row.addWidget(self.saved)
        row.addWidget(self.back)
        return row

    def _on_text(self) -> None:
        typed = bool(self.field.toPlainText().strip())
        self.ask.setEnabled(typed)
        if typed:
            self.saved.hide()

    def _on_ask(self) -> None:
        typed = self.field.toPlainText().strip()
        if typed:
            self.asked.emit(typed[:LONGEST_PROMPT])


class UndoTool(KeyButton):
    """Undo, which says what it would take back."""

    def __init__(self, keys: Mapping[str, str], undo: Callable[[], object]) -> None:
        super().__init__("Undo", keys.get("rate.undo", ""))
        wired(self, "live_undo", undo)

    def set_undo(self, what: str) -> None:
        """Name what it would take back; nothing to undo, no button."""
        self.set_title(undo_text(what))
        self.setVisible(bool(what))
