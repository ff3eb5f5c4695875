"""The prompt on the live page: the field in which it is typed, and the screen while it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QCheckBox, QPlainTextEdit

from ftcompare.app.live.live_view import LiveStage
from ftcompare.core.language import N_, tr
from ftcompare.ui import safe_text
from ftcompare.ui.rating.commands import undo_text
from ftcompare.ui.rating.controls import ENTER, CenteredScreen, KeyButton, MessageStrip, SavedMark, wired
from ftcompare.ui.safe_text import tip
from ftcompare.ui.theme.theme import M, S, Theme
from ftcompare.ui.widgets.controls import (
    Card,
    Heading,
    KeyCap,
    Muted,
    PlainButton,
    PrimaryButton,
    ProgressLine,
    QuietButton,
    label,
    named,
)
from ftcompare.ui.widgets.layouts import STRETCH, in_row, kept_place

TOLD = N_(
    "Both answers appear together, without names, and you choose the better one. Each prompt starts a new "
    "conversation unless you continue the last pair."
)
APART = N_("Live votes are stored separately. They do not change the results of the planned comparisons.")
ASK = N_("Type a question or a task.")
ASK_ON = N_("Type your next message.")
SECOND = 2
FIELD_LINES = 6
LONGEST_PROMPT = 100_000
SHOWN_PROMPT = 240  # characters of the prompt that are shown

STAGES = {
    LiveStage.LOADING: (
        N_("Loading the models…"),
        N_("This happens once. The next prompt is answered immediately."),
    ),
    LiveStage.CHECKING: (N_("Checking the models…"), N_("Each model is verified once.")),
    LiveStage.WRITING: (
        N_("Writing both answers…"),
        N_("Both answers appear together when they are complete."),
    ),
}


class PromptField(QPlainTextEdit):
    """A field for a prompt; Enter sends it, Shift+Enter begins a new line."""

    entered = Signal()  # send the prompt

    def __init__(self) -> None:
        super().__init__(placeholderText=tr(ASK), tabChangesFocus=True)
        self.setObjectName("live_prompt")
        self.setAccessibleName(tr("Your prompt"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            event.accept()
            if not event.isAutoRepeat():
                self.entered.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Leave Undo to the page if nothing is typed."""
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
    asked = Signal(str)  # the prompt
    explain = Signal()  # show details of the problem
    undo = Signal()  # take back the last vote

    def __init__(self, theme: Theme, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._theme = theme
        self.field = PromptField()
        self.ask = wired(PrimaryButton(tr("Ask")), "live_ask", self._on_ask)
        self.problem = MessageStrip("live_problem", "circle-x", "bad")
        self.problem.first.connect(self._on_ask)
        self.problem.second.connect(self.explain)
        self.back = UndoTool(keys, self.undo.emit)
        self.saved = SavedMark()
        self.earlier = named(QuietButton(tr("Earlier pairs…")), "live_earlier")
        self.earlier.hide()
        self._next_turn = 0
        self.go_on = named(QCheckBox(""), "live_go_on")
        self.go_on.setToolTip(tip(tr("Both sides continue the conversation of the last pair")))
        self.go_on.toggled.connect(self._on_go_on)
        card = Card(tr("Your prompt"))
        card.body.setSpacing(S)
        card.body.addWidget(self.field)
        card.body.addWidget(self.go_on)
        self.offer_turn(0)
        keys_told = (KeyCap("Enter"), M, KeyCap("Shift Enter"), label(tr("new line"), "muted"))
        buttons = in_row(self.ask, *keys_told, (self.saved, 1), gap=S)
        voted = in_row(self.earlier, STRETCH, kept_place(self.back), gap=S)
        heading = Heading(tr("Ask two models at once"))
        self.fill(heading, Muted(tr(TOLD)), card, self.problem, buttons, voted, Muted(tr(APART), small=True))
        self.first_focus = self.field
        self.field.entered.connect(self._on_ask)
        self.field.textChanged.connect(self._on_text)
        self._on_text()
        self.refresh()

    def refresh(self) -> None:
        self.field.setFixedHeight(self._theme.px(22) * FIELD_LINES + 2 * S)

    @property
    def goes_on(self) -> bool:
        return self._next_turn > 0 and self.go_on.isChecked()

    def offer_turn(self, number: int) -> None:
        """Offer to continue the last pair with its turn ``number``; 0 for no offer."""
        if number != self._next_turn:
            self._next_turn = number
            turn = tr("Continue with the last pair: turn {turn} of the conversation", number)
            self.go_on.setText(turn)
            # From the second turn on, a conversation continues until the person begins another.
            self.go_on.setChecked(number > SECOND)
        self.go_on.setVisible(number > 0)
        self._on_go_on()

    def _on_go_on(self) -> None:
        self.field.setPlaceholderText(tr(ASK_ON if self.goes_on else ASK))

    def show_problem(self, problem: str, *, more: bool) -> None:
        if problem:
            self.problem.say(problem, tr("Retry"), tr("What happened?") if more else "")
        else:
            self.problem.hide()

    def _on_text(self) -> None:
        typed = bool(self.field.toPlainText().strip())
        self.ask.setEnabled(typed)
        if typed:
            self.saved.say("")

    def _on_ask(self) -> None:
        typed = self.field.toPlainText().strip()
        if typed:
            self.asked.emit(typed[:LONGEST_PROMPT])


class UndoTool(KeyButton):
    """An Undo button that shows what it would take back."""

    def __init__(self, keys: Mapping[str, str], undo: Callable[[], object]) -> None:
        super().__init__(tr("Undo"), keys.get("rate.undo", ""))
        wired(self, "live_undo", undo)

    def set_undo(self, what: str) -> None:
        self.set_title(undo_text(what))
        self.setVisible(bool(what))


class WaitScreen(CenteredScreen):
    """Shown until both answers are written. Signal `cancel`: stop writing."""

    cancel = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._stage = named(Heading(), "live_stage")
        self._told = Muted()
        self._prompt = named(label("", wrap=True), "live_asked")
        self._line = ProgressLine(beside=False)
        self.stop = wired(PlainButton(tr("Cancel")), "live_cancel", self.cancel.emit)
        card = Card(tr("Your prompt"))
        card.body.addWidget(self._prompt)
        self.fill(self._stage, self._told, self._line, card, in_row(self.stop, KeyCap("Esc"), STRETCH))
        # Enter, pressed once more after it sent the prompt, must not press Cancel.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.first_focus = self

    def show_stage(self, stage: LiveStage, prompt: str) -> None:
        title, told = map(tr, STAGES[stage])
        self._stage.setText(title)
        self._told.setText(told)
        self._prompt.setText(safe_text.one_line(prompt, SHOWN_PROMPT))
        self._line.set(None, "")
        self._line.setAccessibleName(title)
        self.setAccessibleName(title)
        self.stop.setEnabled(True)
        self.stop.set_text(tr("Cancel"))

    def show_stopping(self) -> None:
        self.stop.setEnabled(False)
        self.stop.set_text(tr("Canceling…"))

    def rest(self) -> None:
        self._line.set(0.0, "")
