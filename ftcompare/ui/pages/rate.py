"""The rating page: one pair after another, by keyboard or mouse. It knows texts and places, no systems."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout

from ftcompare.app.rating import UNBLINDED, DeskView
from ftcompare.core.errors import FTCompareError
from ftcompare.core.study import Draft, Verdict
from ftcompare.ui.page import Page
from ftcompare.ui.pages.rate_clock import WorkTime
from ftcompare.ui.pages.rate_draft import DraftKeeper
from ftcompare.ui.pages.rate_keys import RATING_COMMANDS, rating_actions, sync_actions
from ftcompare.ui.pages.rate_port import Act, RatePreferences, RatingPort
from ftcompare.ui.pages.rate_state import State
from ftcompare.ui.pages.rate_view import RateView
from ftcompare.ui.pages.rate_words import Answer, words
from ftcompare.ui.theme import Theme


class RatePage(Page):
    """Shows pairs, sends verdicts.

    Args:
        theme: colours and sizes.
        port: the only way to the study.
        preferences: the user's settings for rating.
        now: a monotonic time in seconds.
    """

    def __init__(
        self,
        theme: Theme,
        port: RatingPort,
        preferences: RatePreferences,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(words("Rate"))
        self._port = port
        self._preferences = preferences
        self._rater = preferences.rater
        self._state = State.AWAY
        self._shown: DeskView | None = None
        self._drafts = DraftKeeper(self)
        self._repeat: Callable[[], None] = self.enter
        self._stopped = Act.BEGIN
        self._time = WorkTime(now, preferences.break_after, self)
        self.view = RateView(theme, preferences.keys, RATING_COMMANDS, markdown=preferences.markdown)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)
        self._reading = QTimer(self, singleShot=True)
        self.actions_by_id = rating_actions(self, preferences.keys, self._act)
        self._connect(theme)
        self._to(State.AWAY)

    @property
    def state(self) -> State:
        """Where the page stands."""
        return self._state

    # What the window calls.

    def enter(self) -> None:
        """Go on where the rater stopped, or ask who rates."""
        self._to(State.LOADING)
        if self._rater:
            self._begin(self._rater)
        else:
            self._port.ask_raters.emit()

    def leave(self) -> bool:
        """Nothing stands in the way: what is typed is stored as a draft."""
        self._drafts.store_pending()
        self._time.count(False)
        self._to(State.AWAY)
        return True

    def forget(self) -> None:
        """Another study is opened: nothing of the one before stays on the page."""
        self._drafts.load(Draft())
        self._time.count(False)
        self._shown = None
        self._to(State.AWAY)

    # What comes from the port.

    def _on_raters(self, names: tuple[str, ...]) -> None:
        self.view.who.set_raters(names)
        self.view.show_face(self.view.who)

    def _on_shown(self, view: DeskView, act: Act) -> None:
        """A view is there, and with it the certainty that the act before it is stored."""
        if self._state is State.AWAY:
            return
        self._shown = view
        self.view.set_view(view, self._rater, saved=act is not Act.BEGIN)
        if view.item is None:
            self._show_end(view)
        elif self._state is State.PAUSED:
            self.view.pause.set_view(view, self._rater)
        else:
            self._show_pair(view)

    def _on_refused(self, error: FTCompareError, act: Act) -> None:
        """Nothing is stored: what the rater did stays on the screen, with the reason."""
        self._stopped = act
        if self._state is State.AWAY:
            self._port.missed.emit(error)
            return
        if error.code == UNBLINDED:
            self.view.closed.set_words(words("Rating is closed"), str(error))
            self.view.show_face(self.view.closed)
            return
        if act is Act.BEGIN or self._shown is None:
            self.view.blocked.set_words(words("Rating cannot begin"), str(error))
            self.view.show_face(self.view.blocked)
            return
        if self._state is State.SUBMITTING:
            self._to(State.READY)
            self._sync_clocks()
        self.view.show_failure(error, act)

    def _show_end(self, view: DeskView) -> None:
        self._drafts.load(Draft())
        self._time.count(False)
        self.view.done.set_view(view, self._rater)
        self._to(State.DONE)

    def _show_pair(self, view: DeskView) -> None:
        item = view.item
        if item is None:
            return
        self._drafts.load(item.draft)
        self.view.show_pair(view.scale, view.notice, item)
        self._show_draft()
        if self._time.rest_due:
            self.view.offer_rest(self._preferences.break_after)
        self._time.new_pair()
        self._to(State.READING)

    # States.

    def _to(self, state: State) -> None:
        self._state = state
        self._reading.stop()
        self.view.show_state(state, any_pairs=self._shown is not None and self._shown.total > 0)
        if state is State.READING:
            self._begin_reading()
        self.view.answers.set_open(state is State.READY)
        if state is not State.SUBMITTING:
            self.view.answers.set_chosen("")
        self._sync_actions()

    def _begin_reading(self) -> None:
        """Both texts are on the screen from now on: a moment must pass before an answer counts."""
        self.view.show_below(self.view.answers)
        self.setFocus()
        self._sync_clocks()
        self._reading.start(round(self._preferences.reading_moment * 1000))

    def _on_read(self) -> None:
        if self._state is State.READING:
            self._state = State.READY
            self.view.answers.set_open(True)

    def _sync_actions(self) -> None:
        """Keys act on the pair only while it is in front; a field above it takes its own keys."""
        in_field = self.view.comment.isVisibleTo(self) or self.view.skip.isVisibleTo(self)
        on_pair = self.view.working and not in_field
        what = self._shown.undo if self._shown is not None else ""
        can_undo = bool(what) and (on_pair or self._state is State.DONE)
        sync_actions(self.actions_by_id, on_pair=on_pair, can_undo=can_undo, undo=what)

    # What the rater does.

    def _begin(self, rater: str) -> None:
        self._rater = rater
        self._port.begin.emit(rater)

    def _change_rater(self) -> None:
        self._drafts.store_pending()
        self._time.count(False)
        self._to(State.LOADING)
        self._port.ask_raters.emit()

    def _answer(self, answer: Answer) -> None:
        """Send a verdict, where it counts: both texts were on the screen long enough."""
        if self._state is not State.READY or self._shown is None or self._shown.item is None:
            return
        self._time.count(False)
        draft = self._drafts.hand_over()
        verdict = Verdict(answer.choice, answer.strength, draft.comment, draft.flagged, self._time.seconds)
        allocation = self._shown.item.allocation
        self._submit(lambda: self._port.judge.emit(allocation, verdict))
        self.view.answers.set_chosen(answer.command)

    def _skip(self, reason: str) -> None:
        if self._state not in (State.READING, State.READY) or self._shown is None or self._shown.item is None:
            return
        self._time.count(False)
        allocation, seconds = self._shown.item.allocation, self._time.seconds
        draft = self._drafts.hand_over()
        self._submit(lambda: self._port.skip.emit(allocation, reason, draft, seconds))

    def _undo(self) -> None:
        if self._state in (State.READING, State.READY, State.DONE) and self._shown and self._shown.undo:
            self._drafts.store_pending()
            self._submit(self._port.undo.emit)

    def _return_to_skipped(self) -> None:
        self._submit(self._port.return_to_skipped.emit)

    def _submit(self, act: Callable[[], None]) -> None:
        """Send something that changes the study; until it is answered nothing else is taken."""
        self._repeat = act
        self.view.tools.saved.hide()
        self.view.failure.hide()
        self.view.show_below(self.view.answers)
        if self._state is not State.DONE:
            self._to(State.SUBMITTING)
        act()

    def _retry(self) -> None:
        if self._stopped is Act.DRAFT:
            self._drafts.store()
        else:
            self._submit(self._repeat)

    def _open_comment(self) -> None:
        if self._state in (State.READING, State.READY):
            self.view.show_below(self.view.comment)
            self.view.comment.field.setFocus()
            self._sync_actions()

    def _open_skip(self) -> None:
        if self._state in (State.READING, State.READY):
            self.view.show_below(self.view.skip)
            self.view.skip.setFocus()
            self._sync_actions()

    def _back_to_pair(self) -> None:
        self._drafts.store_pending()
        self.view.show_below(self.view.answers)
        self._show_draft()
        self.setFocus()
        self._sync_actions()

    def _typed(self, comment: str) -> None:
        self.view.failure.hide()
        self._drafts.write(comment)
        self._time.touch()

    def _toggle_flag(self) -> None:
        if self._state in (State.READING, State.READY):
            self.view.failure.hide()
            self._drafts.toggle_flag()
            self._show_draft()

    def _toggle_markdown(self) -> None:
        markdown = not self.view.pair.markdown
        self.view.pair.set_markdown(markdown)
        self.view.tools.set_markdown(markdown)
        self._port.prefer_markdown.emit(markdown)

    def _fold_prompt(self) -> None:
        self.view.pair.prompt.set_folded(not self.view.pair.prompt.folded)

    def _do_pause(self) -> None:
        if self._state in (State.READING, State.READY) and self._shown is not None:
            self._drafts.store_pending()
            self._time.rested()
            self._time.count(False)
            self.view.rest.hide()
            self.view.pause.set_view(self._shown, self._rater)
            self._to(State.PAUSED)

    def _go_on(self) -> None:
        if self._shown is not None:
            self._to(State.READING)

    def _show_keys(self) -> None:
        self._time.count(False)
        if self._shown is not None:
            self.view.all_keys.set_scale(self._shown.scale)
        self.view.show_face(self.view.all_keys)
        self._sync_actions()

    def _close_keys(self) -> None:
        self.view.show_face(self.view.work)
        self.setFocus()
        self._sync_clocks()
        self._sync_actions()

    # Drafts.

    def _on_draft_saved(self) -> None:
        self.view.comment.set_kept(True)
        if self._stopped is Act.DRAFT:
            self.view.failure.hide()

    def _show_draft(self) -> None:
        draft = self._drafts.draft
        self.view.tools.set_draft(comment=bool(draft.comment), flagged=draft.flagged)

    def _send_draft(self, draft: Draft) -> None:
        if self._shown is not None and self._shown.item is not None:
            self._port.save_draft.emit(self._shown.item.allocation, draft)

    # Time.

    def _later(self) -> None:
        self.view.rest.hide()
        self._time.rested()

    def _sync_clocks(self) -> None:
        """Count only while the pair is in front of the rater."""
        in_front = self.isVisible() and self.isActiveWindow() and self.view.working
        self._time.count(in_front and self._state in (State.READING, State.READY))

    # Qt.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and the page keys scroll both texts."""
        if not (self.view.working and self.view.pair.scroll_by_key(event)):
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Watch for input from now on: time without any is not counted."""
        super().showEvent(event)
        self._time.watch(self.window().windowHandle())
        self._sync_clocks()

    def hideEvent(self, event: QHideEvent) -> None:
        """Time in the background is not counted."""
        super().hideEvent(event)
        self._sync_clocks()

    def changeEvent(self, event: QEvent) -> None:
        """Time in another window is not counted."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange and hasattr(self, "view"):
            self._sync_clocks()

    def _act(self, command: str) -> None:
        """Do what a key, a click or the palette asks."""
        self._time.touch()
        answer = self.view.answers.by_command(command)
        if answer is not None:
            self._answer(answer)
            return
        acts = {
            "rate.undo": self._undo,
            "rate.comment": self._open_comment,
            "rate.skip": self._open_skip,
            "rate.flag": self._toggle_flag,
            "rate.markdown": self._toggle_markdown,
            "rate.prompt": self._fold_prompt,
            "rate.pause": self._do_pause,
            "rate.keys": self._show_keys,
        }
        acts.get(command, lambda: None)()

    def _connect(self, theme: Theme) -> None:
        port, view = self._port, self.view
        port.raters_known.connect(self._on_raters)
        port.shown.connect(self._on_shown)
        port.refused.connect(self._on_refused)
        port.draft_saved.connect(self._on_draft_saved)
        theme.changed.connect(view.restyle)
        self._reading.timeout.connect(self._on_read)
        self._drafts.due.connect(self._send_draft)
        view.answers.answered.connect(self._answer)
        view.tools.chosen.connect(self._act)
        view.tools.linked.connect(view.pair.set_linked)
        view.pair.prompt.fold_asked.connect(self._fold_prompt)
        view.comment.typed.connect(self._typed)
        view.comment.finished.connect(self._back_to_pair)
        view.skip.chosen.connect(self._skip)
        view.skip.cancelled.connect(self._back_to_pair)
        view.failure.first.connect(self._retry)
        view.rest.first.connect(self._do_pause)
        view.rest.second.connect(self._later)
        view.who.chosen.connect(self._begin)
        view.rater.clicked.connect(self._change_rater)
        view.empty.button.clicked.connect(lambda: port.go.emit("page.generate"))
        view.blocked.button.clicked.connect(self.enter)
        view.closed.button.clicked.connect(lambda: port.go.emit("page.results"))
        view.pause.go_on.connect(self._go_on)
        view.pause.leave.connect(lambda: port.go.emit("page.setup"))
        view.pause.change_rater.connect(self._change_rater)
        view.done.change_rater.connect(self._change_rater)
        view.done.return_to_skipped.connect(self._return_to_skipped)
        view.done.go.connect(port.go)
        view.all_keys.closed.connect(self._close_keys)
