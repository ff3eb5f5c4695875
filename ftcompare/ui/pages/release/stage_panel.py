"""While a study is blinded: check the automatic measures alone, and let people judge in spite of them."""

from __future__ import annotations

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QWidget

from ftcompare.core.language import tr
from ftcompare.ui.dialogs.frames import ReasonDialog
from ftcompare.ui.widgets.controls import Muted, PlainButton
from ftcompare.ui.widgets.layouts import STRETCH, in_row


class StagePanel(QWidget):
    person_named = Signal(str)
    judging_allowed = Signal(str)  # the reason

    def __init__(self) -> None:
        super().__init__()
        run = tr("Check the automatic measures…")
        self.run_button = PlainButton(run, icon="play", name="stage_run", act=self._ask_person)
        self.allow_button = PlainButton(tr("Allow judging…"), name="stage_allow", act=self._ask_reason)
        in_row(self.run_button, self.allow_button, STRETCH, of=self)

    def offer(self, *, check: bool, allow: bool) -> None:
        self.run_button.setVisible(check)
        self.allow_button.setVisible(allow)
        self.setVisible(check or allow)

    def _ask_person(self) -> None:
        note = tr("You see only whether they pass. The person who checks them cannot rate in this study.")
        heading, prompt = tr("Who checks the automatic measures?"), tr("Name (recorded permanently)")
        self._ask(tr("Check"), heading, note, prompt, tr("for example: Olga"), self.person_named)

    def _ask_reason(self) -> None:
        note = tr("The automatic measures did not pass. People can judge in spite of that.")
        heading, prompt = tr("Allow judging?"), tr("Reason (recorded permanently with the time)")
        example = tr("for example: the limit was wrong")
        self._ask(tr("Allow judging"), heading, note, prompt, example, self.judging_allowed)

    def _ask(
        self, act: str, heading: str, note: str, prompt: str, example: str, decided: SignalInstance
    ) -> None:
        above = [Muted(note)]
        ask = ReasonDialog(self.window(), "stage", act, heading, above, prompt=prompt, example=example)
        ask.setWindowTitle(tr("Automatic measures"))
        ask.decided.connect(decided)
        ask.open()
