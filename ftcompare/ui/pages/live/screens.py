"""The live page's work: type a prompt, wait, vote. It knows texts and places, no systems."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from ftcompare.app.live.live_view import MISSING, LiveStage, LiveView
from ftcompare.app.rate.rating_session import RATING_CLOSED
from ftcompare.core.errors import FTCompareError
from ftcompare.core.study import Draft, Verdict
from ftcompare.ui.pages.live.pair_screen import PairFace
from ftcompare.ui.pages.live.prompt_screen import AskFace, WaitFace
from ftcompare.ui.pages.live.signals import LivePort
from ftcompare.ui.pages.rate.overlays import WhoAside
from ftcompare.ui.pages.rate.signals import RatePreferences
from ftcompare.ui.rating.actions import number_of, rating_actions, set_action_keys
from ftcompare.ui.rating.active_time import WorkTime
from ftcompare.ui.rating.answers import Answer, counted
from ftcompare.ui.rating.key_button import KeyButton
from ftcompare.ui.theme.theme import XL, XXL, L, S, Theme
from ftcompare.ui.widgets.controls import EmptyState, label, page_layout, waiting

_STEP_BACK = "rate.pause"
"""Esc: on the rating page it pauses; here it cancels, or leaves the criterion it is at."""

_ON_PAIR = frozenset({"rate.skip", "rate.markdown", "rate.prompt", "rate.reasons", _STEP_BACK})


class LiveBoard(QWidget):
    """All that is seen of the live page.

    Args:
        theme: colours and sizes.
        port: the only way to the study.
        preferences: the user's settings for rating.
        now: a monotonic time in seconds.

    Signals:
        go: id of a command of the window.
    """

    go = Signal(str)

    def __init__(
        self,
        theme: Theme,
        port: LivePort,
        preferences: RatePreferences,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._port = port
        self._view: LiveView | None = None
        self._asked = self._rater = ""
        self._way_out = ""
        self._open = False
        self._repeat: Callable[[], None] = lambda: None
        self._time = WorkTime(now, 0, self)
        self.ask = AskFace(theme, preferences.keys)
        self.wait = WaitFace()
        self.pair = PairFace(theme, preferences)
        self.who = WhoAside()
        self.blocked = EmptyState("", "", "Go to Setup")
        self._blank = waiting("Fetching…")
        self._lay_out()
        self.actions_by_id = rating_actions(self, preferences.keys, self._act)
        for command, action in self.actions_by_id.items():
            action.setObjectName(f"live:{command}")
        self._connect(theme)
        self._sync()

    def _lay_out(self) -> None:
        body, right = page_layout(self, "Live")
        self._votes = label("", "muted")
        self._votes.setObjectName("live_votes")
        self.rater = KeyButton("", icon="user")
        self.rater.setObjectName("live_rater")
        self.rater.setToolTip("Change rater")
        right.addWidget(self._votes)
        right.addWidget(self.rater)
        self._faces = QStackedWidget()
        for face in (self._blank, self.ask, self.wait, self.pair, self.who, self.blocked):
            self._faces.addWidget(face)
        body.addWidget(self._faces, 1)

    def _connect(self, theme: Theme) -> None:
        port = self._port
        port.raters_known.connect(self._on_raters)
        port.shown.connect(self._on_shown)
        port.saved.connect(self._on_saved)
        port.refused.connect(self._on_refused)
        port.failed.connect(self._on_failed)
        theme.changed.connect(self._restyle)
        self.rater.clicked.connect(self._change_rater)
        self.who.chosen.connect(self.begin)
        self.who.left.connect(lambda: self.begin(self._rater))
        self.ask.asked.connect(self._on_asked)
        self.ask.explain.connect(port.explain)
        self.ask.undo.connect(self._undo)
        self.wait.cancel.connect(self._cancel)
        self.pair.voted.connect(self._on_voted)
        self.pair.undo.connect(self._undo)
        self.pair.no_vote.connect(lambda: self._change(port.pass_by.emit))
        self.blocked.button.clicked.connect(lambda: self.go.emit(self._way_out))
        self.pair.failure.first.connect(lambda: self._change(self._repeat))

    # What the page calls.

    def begin(self, rater: str) -> None:
        """Go on under a name; who it is is asked where there is none."""
        if rater:
            self._rater = rater
            self.rater.set_title(rater)
            self._port.begin.emit(rater)
        else:
            self._change_rater()

    def set_keys(self, keys: Mapping[str, str]) -> None:
        """Take other keys."""
        set_action_keys(self.actions_by_id, keys)
        self.ask.back.set_key(keys.get("rate.undo", ""))
        self.pair.set_keys(keys)

    def rest(self) -> None:
        """The page goes to the back."""
        self.pair.shut()
        self._time.count(False)
        self.wait.rest()
        self._show_face(self._blank)

    # What comes from the port.

    def _on_raters(self, names: tuple[str, ...]) -> None:
        self.who.set_raters(names, self._rater, "Back" if self._view is not None else "")
        self._show_face(self.who)

    def _on_shown(self, view: LiveView) -> None:
        before, self._view = self._view, view
        self._votes.setText(counted(view.votes, "live vote", "live votes"))
        self.ask.back.set_undo(view.undo)
        self.pair.back.set_undo(view.undo)
        if view.item is not None:
            if before is not None and before.waiting:
                self.ask.field.clear()
            self._show_pair(view)
        elif view.waiting:
            self.wait.show_stage(view.stage, self._asked)
            self._show_face(self.wait)
        else:
            self.ask.show_problem(view.problem, more=view.more)
            self._show_face(self.ask)

    def _on_saved(self) -> None:
        self.ask.saved.show()
        self.pair.saved.show()

    def _on_refused(self, error: FTCompareError) -> None:
        """The page cannot be used as things are; why, in words that tell nothing of a system."""
        title, told, button, command = _why_closed(error)
        self.blocked.set_words(title, told)
        self.blocked.button.set_text(button)
        self.blocked.button.setVisible(bool(button))
        self._way_out = command
        self._show_face(self.blocked)

    def _on_failed(self, error: FTCompareError) -> None:
        """Nothing is stored: what was done stays on the screen, with the reason."""
        if error.code == RATING_CLOSED:
            self._on_refused(error)
            return
        self._open = True
        told = f"Your vote is not saved. {error}"
        if self._view is not None and self._view.stage is LiveStage.VOTE:
            self.pair.show_failure(told)
            self._sync_clock()
        else:
            self.ask.problem.say(f"That did not work. {error}")

    # Faces.

    def _show_face(self, face: QWidget) -> None:
        if face is not self.wait:
            self.wait.rest()
        for part in (self._votes, self.rater):
            part.setVisible(face in (self.ask, self.wait, self.pair))
        self._make_room(pair=face is self.pair)
        self._open = face in (self.ask, self.pair)
        self._faces.setCurrentWidget(face)
        self._sync()

    def _make_room(self, *, pair: bool) -> None:
        """A pair has the room that other faces leave around them, also below an open message."""
        outer = self.layout()
        if outer is not None:
            outer.setContentsMargins(XXL, XL, XXL, S if pair else XL)
            outer.setSpacing(S if pair else L)

    def _show_pair(self, view: LiveView) -> None:
        if view.item is None:
            return
        self.pair.show_pair(view.scale, view.notice, view.item)
        self._show_face(self.pair)
        self.setFocus()
        self._time.new_pair()
        self._sync_clock()

    def _sync_clock(self) -> None:
        """Count only while the pair is in front of the person."""
        on_pair = self._open and self._faces.currentWidget() is self.pair
        self._time.count(on_pair and self.isVisible() and self.isActiveWindow())

    def _sync(self) -> None:
        """Keys act on what is in front, and only there."""
        face = self._faces.currentWidget()
        undo = self._view is not None and bool(self._view.undo)
        for command, action in self.actions_by_id.items():
            known = command in _ON_PAIR or self._is_answer(command)
            action.setEnabled(face is self.pair and known)
        self.actions_by_id["rate.undo"].setEnabled(face is self.pair or (undo and face is self.ask))
        self.actions_by_id[_STEP_BACK].setEnabled(face in (self.pair, self.wait))

    def _is_answer(self, command: str) -> bool:
        return number_of(command) > 0 or self.pair.ask.answers.by_command(command) is not None

    def _restyle(self) -> None:
        self.ask.refresh()
        self.pair.restyle()

    # What the person does.

    def _change_rater(self) -> None:
        self._port.ask_raters.emit()

    def _on_asked(self, prompt: str) -> None:
        self._asked = prompt
        self.ask.saved.hide()
        self._change(lambda: self._port.ask.emit(prompt))

    def _cancel(self) -> None:
        if self.wait.stop.isEnabled():
            self.wait.show_stopping()
            self._port.cancel.emit()

    def _change(self, act: Callable[[], None]) -> None:
        """Send something; until it is answered nothing else is taken."""
        if self._open:
            self._repeat, self._open = act, False
            self.pair.shut()
            act()

    def _on_voted(self, answer: Answer, draft: Draft) -> None:
        if self._view is None or self._view.item is None:
            return
        self._time.count(False)
        allocation = self._view.item.allocation
        verdict = Verdict(
            answer.choice,
            answer.strength,
            seconds=self._time.seconds,
            criteria=draft.criteria,
            reasons=draft.reasons,
        )
        self._change(lambda: self._port.vote.emit(allocation, verdict))

    def _undo(self) -> None:
        if self._view is not None and self._view.undo:
            self._change(self._port.undo.emit)

    def _act(self, command: str) -> None:
        """Do what a key asks."""
        self._time.touch()
        face = self._faces.currentWidget()
        if face is self.wait:
            self._cancel()
        elif face is self.pair:
            self.pair.press(command)
        else:
            self._undo()

    # Qt.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and the page keys scroll both texts."""
        on_pair = self._faces.currentWidget() is self.pair
        if not (on_pair and self.pair.pair.scroll_by_key(event)):
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Watch for input from now on: time without any is not counted."""
        super().showEvent(event)
        self._time.watch(self.window().windowHandle())
        self._sync_clock()

    def hideEvent(self, event: QHideEvent) -> None:
        """Time in the background is not counted."""
        super().hideEvent(event)
        self._sync_clock()

    def changeEvent(self, event: QEvent) -> None:
        """Time in another window is not counted."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange and hasattr(self, "_faces"):
            self._sync_clock()


def _why_closed(error: FTCompareError) -> tuple[str, str, str, str]:
    """Title, words, and the button with where it leads."""
    setup, to_setup = "page.setup", "Go to Setup"
    if error.code == RATING_CLOSED:
        told = "This study is unblinded: a vote given now would not be blind."
        return "Live is closed", told, "See the results", "page.results"
    if error.code == "no-model":
        told = "The texts of this study were written elsewhere. Name models in Setup to ask them here."
        return "Nothing here can answer", told, to_setup, setup
    if error.code == "one-model":
        told = "This study has one model, and a pair takes two. Add another one in Setup."
        return "Live takes two models", told, to_setup, setup
    if error.code == "several-bases":
        told = (
            "Live asks two systems at the same time: those of one base, or of one server. "
            "This study has several, which write in turn."
        )
        return "Live takes one base", told, to_setup, setup
    if error.code == MISSING:
        told = "The folder of a model is not there, or cannot be used. Setup says of each what is wrong."
        return "A model is missing", told, to_setup, setup
    if error.code == "engine-missing":
        return "The engine is not installed here", str(error), "", ""
    if error.code in ("no-study", "study-closed"):
        return "No study is open", "Open a study to ask its models.", "", ""
    return "Live cannot begin", str(error), "Try again", "page.live"
