"""The live page while a prompt is on its way: what is being done, and Cancel."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout

from ftcompare.app.live.live_view import LiveStage
from ftcompare.ui import safe_text
from ftcompare.ui.rating.centered_screen import CenteredScreen, wired
from ftcompare.ui.widgets.controls import Card, Heading, KeyCap, Muted, PlainButton, ProgressLine, label

SHOWN_PROMPT = 240
"""Characters of the prompt that are shown."""

STAGES = {
    LiveStage.LOADING: (
        "Loading the models…",
        "This is done once; the next prompt is answered at once.",
    ),
    LiveStage.CHECKING: (
        "Checking the models…",
        "This is done once, to be sure that each model is what it should be.",
    ),
    LiveStage.WRITING: ("Writing both answers…", "They appear together when both are whole."),
}


class WaitScreen(CenteredScreen):
    """Waits for both answers.

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
        self.stop = wired(PlainButton("Cancel"), "live_cancel", self.cancel.emit)
        row = QHBoxLayout()
        row.addWidget(self.stop)
        row.addWidget(KeyCap("Esc"))
        row.addStretch()
        card = Card("Your prompt")
        card.body.addWidget(self._prompt)
        self.fill(self._stage, self._told, self._line, card, row)
        self.first_focus = self.stop

    def show_stage(self, stage: LiveStage, prompt: str) -> None:
        """Say what is being done for a prompt."""
        title, told = STAGES[stage]
        self._stage.setText(title)
        self._told.setText(told)
        self._prompt.setText(safe_text.one_line(prompt, SHOWN_PROMPT))
        self._line.set(None, "")
        self._line.setAccessibleName(title)
        self.stop.setEnabled(True)
        self.stop.set_text("Cancel")

    def show_stopping(self) -> None:
        """Cancel was asked and is on its way."""
        self.stop.setEnabled(False)
        self.stop.set_text("Cancelling…")

    def rest(self) -> None:
        """Nothing moves while nobody waits."""
        self._line.set(0.0, "")
