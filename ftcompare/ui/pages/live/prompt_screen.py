"""The faces of the live page: asking and waiting. They know texts and places, no systems."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit

from ftcompare.app.live.live_view import LiveStage
from ftcompare.ui import safe_text
from ftcompare.ui.pages.rate.comment_and_skip import Aside, Strip
from ftcompare.ui.pages.rate.tool_row import SavedMark
from ftcompare.ui.rating.key_button import KeyButton
from ftcompare.ui.theme.theme import M, S, Theme
from ftcompare.ui.widgets.controls import (
    Card,
    Heading,
    KeyCap,
    Muted,
    PlainButton,
    PrimaryButton,
    ProgressLine,
    SectionLabel,
    label,
)

FIELD_LINES = 6
LONGEST_PROMPT = 100_000
SHOWN_PROMPT = 240


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
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
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


class AskFace(Aside):
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
        self.ask = PrimaryButton("Ask")
        self.ask.setObjectName("live_ask")
        self.problem = Strip("live_problem", "circle-x", "bad")
        self.back = UndoTool(keys)
        self.saved = SavedMark()
        self.column.addStretch(2)
        self.column.addWidget(Heading("Ask two models at once"))
        told = (
            "You see both answers together, without names, and say which is better. Each prompt stands by "
            "itself: earlier ones are not remembered."
        )
        self.column.addWidget(Muted(told))
        self.column.addWidget(self._card())
        self.column.addWidget(self.problem)
        self.column.addLayout(self._buttons())
        apart = (
            "Live votes are kept by themselves: they change nothing in the study's planned comparisons and "
            "their results."
        )
        self.column.addWidget(Muted(apart, small=True))
        self.column.addStretch(3)
        self.first_focus = self.field
        self._connect()
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

    def _card(self) -> Card:
        card = Card()
        card.body.setSpacing(S)
        card.body.addWidget(SectionLabel("Your prompt"))
        card.body.addWidget(self.field)
        return card

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

    def _connect(self) -> None:
        self.field.entered.connect(self._on_ask)
        self.field.textChanged.connect(self._on_text)
        self.ask.clicked.connect(self._on_ask)
        self.problem.first.connect(self._on_ask)
        self.problem.second.connect(self.explain)
        self.back.clicked.connect(self.undo)
        self._on_text()

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

    def __init__(self, keys: Mapping[str, str]) -> None:
        super().__init__("Undo", keys.get("rate.undo", ""))
        self.setObjectName("live_undo")

    def set_undo(self, what: str) -> None:
        """Name what it would take back; nothing to undo, no button."""
        self.set_title(f"Undo “{what}”")
        self.setVisible(bool(what))


class WaitFace(Aside):
    """The prompt is on its way: what is being done, and Cancel.

    Signals:
        cancel: give it up.
    """

    cancel = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._stage = Heading()
        self._stage.setObjectName("live_stage")
        self._told = Muted()
        self._prompt = label("", wrap=True)
        self._prompt.setObjectName("live_asked")
        self._line = ProgressLine()
        self.stop = PlainButton("Cancel")
        self.stop.setObjectName("live_cancel")
        self.stop.clicked.connect(self.cancel)
        row = QHBoxLayout()
        row.addWidget(self.stop)
        row.addWidget(KeyCap("Esc"))
        row.addStretch()
        card = Card("Your prompt")
        card.body.addWidget(self._prompt)
        self.column.addStretch(2)
        for part in (self._stage, self._told, self._line, card):
            self.column.addWidget(part)
        self.column.addLayout(row)
        self.column.addStretch(3)
        self.first_focus = self.stop

    def show_stage(self, stage: LiveStage, prompt: str) -> None:
        """Say what is being done for a prompt."""
        titles = {
            LiveStage.LOADING: "Loading the models…",
            LiveStage.CHECKING: "Checking the models…",
            LiveStage.WRITING: "Writing both answers…",
        }
        told = {
            LiveStage.LOADING: "This is done once; the next prompt is answered at once.",
            LiveStage.CHECKING: "This is done once, to be sure that each model is what it should be.",
            LiveStage.WRITING: "They appear together when both are whole.",
        }
        self._stage.setText(titles[stage])
        self._told.setText(told[stage])
        self._prompt.setText(safe_text.one_line(prompt, SHOWN_PROMPT))
        self._line.set(None, "")
        self._line.setAccessibleName(titles[stage])
        self.stop.setEnabled(True)
        self.stop.set_text("Cancel")

    def show_stopping(self) -> None:
        """Cancel was asked and is on its way."""
        self.stop.setEnabled(False)
        self.stop.set_text("Cancelling…")

    def rest(self) -> None:
        """Nothing moves while nobody waits."""
        self._line.set(0.0, "")
