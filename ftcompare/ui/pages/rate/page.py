"""The rating page: one pair after another, by keyboard or mouse. It knows texts and places, no systems."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from ftcompare.app.rate.rater_choice import KnownRaters
from ftcompare.app.rate.rating_session import RATING_CLOSED, DeskView, Phase
from ftcompare.core.errors import FTCompareError
from ftcompare.core.study import Draft
from ftcompare.ui.pages.rate.guess import COMMANDS as GUESSES
from ftcompare.ui.pages.rate.key_list import Offer
from ftcompare.ui.pages.rate.practice_flow import Training
from ftcompare.ui.pages.rate.signals import Act, RatePreferences, RatingPort
from ftcompare.ui.pages.rate.state import NO_PAIR, ON_PAIR, State
from ftcompare.ui.rating.actions import number_of, rating_actions, set_action_keys
from ftcompare.ui.theme.theme import Theme

TAKE_BACK = ("rate.undo", "rate.pause")
"""Within the moment of a second press these take the first back and do no more."""

ANOTHER_NAME = ("in-pack", "raters-complete")
"""Codes of refusals that hold for one rater and not for others."""

ALONE = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta)
"""Keys that do nothing by themselves."""


class RatePage(Training):
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
        super().__init__(theme, port, preferences, now)
        self._rater = preferences.rater
        self._named = self._changing = False
        self._since_opening = 0
        self._way_out: Callable[[], None] = self.enter
        self.actions_by_id = rating_actions(self, preferences.keys, self._act)
        theme.changed.connect(self.view.restyle)
        self._connect_port()
        self._connect_tools()
        self._connect_faces()
        self._to(State.AWAY)

    # What the window calls.

    def enter(self) -> None:
        """Go on where the rater stopped; who has not rated in this study yet is asked for the name."""
        self._to(State.LOADING)
        if self._named:
            self._begin(self._rater)
        else:
            self._changing = False
            self.port.ask_raters.emit()

    def leave(self) -> bool:
        """Nothing stands in the way: an answer given is sent, what is begun is stored as a draft."""
        held = self._judging.take_back()
        if held is not None:
            self._send(held)
        self._drafts.store_pending()
        self._time.count(False)
        self._practice.stop()
        self._to(State.AWAY)
        return True

    def forget(self) -> None:
        """Another study is opened: nothing of the one before stays on the page."""
        self._judging.take_back()
        self._drafts.load(Draft())
        self._practice.forget()
        self._time.new_sitting()
        self._told_why = self._named = False
        self._since_opening = 0
        self._shown = None
        self.view.finder.forget()
        self._to(State.AWAY)

    def find_text(self) -> None:
        """Look for words in the pair in front; an answer that waits for a second press is taken back."""
        if self.view.working and self._shown is not None and self._state not in (State.AWAY, State.LOADING):
            self._take_back()
            self.view.finder.open()

    def set_keys(self, keys: Mapping[str, str]) -> None:
        """Take other keys from now on: for the commands, on the caps, in the list."""
        set_action_keys(self.actions_by_id, keys)
        self.view.set_keys(keys)

    def set_preferences(self, preferences: RatePreferences) -> None:
        """Go by other numbers: the reading moment from the next pair on, the rest at once."""
        self._preferences = preferences
        self._judging.set_second_press(preferences.second_press)
        self._time.set_rest_after(preferences.break_after)

    # What comes from the port.

    def _on_raters(self, known: KnownRaters) -> None:
        """Ask who rates; a pair that came meanwhile, of an act that was on its way, is not to be answered."""
        last = known.spelled(self._rater)
        if self._state is State.AWAY or (self._named and not self._changing):
            return
        if last and not self._changing:
            self._begin(last)
            return
        self._changing = False
        self._to(State.LOADING)
        back = "Leave this page" if self._shown is None else "Back"
        self.view.who.set_raters(known.names, self._rater, back, known.away)
        self.view.show_face(self.view.who)

    def _on_shown(self, view: DeskView, act: Act) -> None:
        """A view is there, and with it the certainty that the act before it is stored."""
        if act in (Act.JUDGE, Act.UNDO):
            self._since_opening = max(self._since_opening + (1 if act is Act.JUDGE else -1), 0)
        if self._state is State.AWAY:
            return
        self._shown = view
        self.view.set_view(view, saved=act not in (Act.BEGIN, Act.PRACTISED))
        if view.item is None:
            self._show_end(view)
        elif not view.practised and view.phase is Phase.JUDGE:
            self._brief(view)
        elif self._state is State.PAUSED:
            self.view.pause.set_view(view, view.rater)
        else:
            self._show_pair(view)

    def _on_refused(self, error: FTCompareError, act: Act) -> None:
        """Nothing is stored: what the rater did stays on the screen, with the reason."""
        self._stopped = act
        if self._state is State.AWAY:
            self.port.missed.emit(error)
        elif error.code == RATING_CLOSED:
            self.view.closed.set_words("Rating is closed", str(error))
            self.view.show_face(self.view.closed)
        elif act in (Act.BEGIN, Act.PRACTISED) or self._shown is None:
            other = error.code in ANOTHER_NAME
            self._way_out = self._change_rater if other else self.enter
            self.view.blocked.set_words("Rating cannot begin", str(error))
            self.view.blocked.button.set_text("Someone else" if other else "Try again")
            self.view.show_face(self.view.blocked)
        else:
            if self._state is State.SUBMITTING:
                self._to(State.READY)
                self._sync_clocks()
            self.view.show_failure(error, act, self._since_opening)

    def _show_end(self, view: DeskView) -> None:
        self._drafts.load(Draft())
        self._time.count(False)
        if view.phase is Phase.SKIPPED:
            self.view.skipped.set_view(view)
            self._to(State.SKIPPED)
        else:
            self.view.done.set_view(view)
            self._to(State.DONE)

    def _on_draft_saved(self) -> None:
        self.view.comment.set_kept(True)
        if self._stopped is Act.DRAFT:
            self.view.failure.hide()

    def _send_draft(self, draft: Draft) -> None:
        """Of a practice pair nothing is kept."""
        if self._shown is not None and self._shown.item is not None and not self._practice.running:
            self.view.failure.hide()
            self.port.save_draft.emit(self._shown.item.allocation, draft)

    # Who rates.

    def _begin(self, rater: str) -> None:
        self._rater, self._named = rater, True
        self.port.begin.emit(rater)

    def _change_rater(self) -> None:
        self._changing = True
        self._take_back()
        self._drafts.store_pending()
        self._time.new_sitting()
        self._practice.forget()
        self.view.finder.forget()
        self._to(State.LOADING)
        self.port.ask_raters.emit()

    def _leave_who(self) -> None:
        """Back to the rater who was at work, or off the page."""
        if self._shown is None:
            self.port.go.emit("page.setup")
        else:
            self._to(State.LOADING)
            self._begin(self._shown.rater)

    # What the rater does besides answering.

    def _act(self, command: str) -> None:
        """Do what a key or the palette asks."""
        self._time.touch()
        if self._state is State.CHOSEN:
            if self._judging.press_again(command):
                return
            self._take_back()
            if command in TAKE_BACK:
                return
        self.view.missing.hide()
        if self._guessing and command in GUESSES:
            self._point(GUESSES[command])
            return
        answer = self.view.answers.by_command(command)
        if answer is not None:
            self._press(answer)
        elif number_of(command):
            self._press_number(number_of(command))
        else:
            self._other_acts()[command]()

    def _other_acts(self) -> dict[str, Callable[[], None]]:
        return {
            "rate.undo": self._undo,
            "rate.reasons": self._judging.turn_reasons_mode,
            "rate.comment": lambda: self._open(self.view.comment, self.view.comment.field),
            "rate.skip": lambda: self._open(self.view.skip, self.view.skip),
            "rate.flag": self._toggle_flag,
            "rate.markdown": self._toggle_markdown,
            "rate.prompt": self._fold_prompt,
            "rate.instructions": self._show_instructions,
            "rate.pause": self._step_back,
            "rate.keys": self._show_keys,
        }

    def _click_tool(self, command: str) -> None:
        """A tool is clicked, maybe while a comment is open: what counts then is what is in front."""
        if command in self._offered():
            self._act(command)

    def _skip(self, reason: str) -> None:
        if self._state not in ON_PAIR or self._shown is None or self._shown.item is None:
            return
        self._time.count(False)
        allocation, seconds = self._shown.item.allocation, self._time.seconds
        draft = self._drafts.hand_over()
        self._submit(lambda: self.port.skip.emit(allocation, reason, draft, seconds))

    def _undo(self) -> None:
        if self._state in (*ON_PAIR, *NO_PAIR) and self._shown and self._shown.undo:
            self._drafts.store_pending()
            self._submit(self.port.undo.emit)

    def _return_to_skipped(self) -> None:
        self._submit(self.port.return_to_skipped.emit)

    def _leave_skipped(self) -> None:
        self._submit(self.port.leave_skipped.emit)

    def _retry(self) -> None:
        if self._stopped is Act.DRAFT:
            self._drafts.store()
        else:
            self._submit(self._repeat)

    def _open(self, panel: QWidget, focus: QWidget) -> None:
        if self._state in ON_PAIR:
            self.view.show_below(panel)
            focus.setFocus()
            self._sync_actions()

    def _back_to_pair(self) -> None:
        self._drafts.store_pending()
        self.view.show_below()
        self._show_draft()
        self.setFocus()
        self._sync_actions()

    def _typed(self, comment: str) -> None:
        self.view.failure.hide()
        self._drafts.write(comment)
        self._time.touch()

    def _toggle_flag(self) -> None:
        if self._state in ON_PAIR:
            self._drafts.toggle_flag()
            self._show_draft()

    def _toggle_markdown(self) -> None:
        markdown = not self.view.pair.markdown
        self.view.pair.set_markdown(markdown)
        self.view.tools.set_markdown(markdown)
        self.port.prefer_markdown.emit(markdown)

    def _fold_prompt(self) -> None:
        self.view.pair.prompt.set_folded(not self.view.pair.prompt.folded)

    def _unfold_for(self, view: int) -> None:
        """A word was found in the prompt."""
        if view == 0 and self.view.pair.prompt.folded:
            self._fold_prompt()

    def _step_back(self) -> None:
        """Leave, in turn: the find bar, a side pointed at, reasons or a criterion, the practice; or pause."""
        if self.view.finder.isVisible():
            self.view.finder.close_bar()
        elif self._guessing and self.view.guess.chosen is not None:
            self.view.guess.choose(None)
        elif self._judging.step_back():
            return
        elif self._practice.running:
            self._leave_practice()
        else:
            self._do_pause()

    def _do_pause(self) -> None:
        if self._state in ON_PAIR and self._shown is not None and not self._practice.running:
            self._drafts.store_pending()
            self._time.rested()
            self._time.count(False)
            self.view.rest.hide()
            self.view.pause.set_view(self._shown, self._shown.rater)
            self._to(State.PAUSED)

    def _go_on(self) -> None:
        if self._shown is not None:
            self._to(State.READING)

    def _later(self) -> None:
        self.view.rest.hide()
        self._time.rested()

    def _show_keys(self) -> None:
        view = self._shown
        if view is not None:
            guessing = view.phase is Phase.GUESS or view.guesses > 0
            told = bool(view.instructions or view.practice)
            self.view.all_keys.show_offer(
                Offer(view.scale, told, self._preferences.second_press > 0, guessing)
            )
        self._cover(self.view.all_keys)

    # Qt.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and the page keys scroll both texts; Enter goes on in the practice."""
        if event.key() not in ALONE:
            self._take_back()
        if self._state is State.TOLD and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._next_practice()
        elif not (self.view.working and self.view.pair.scroll_by_key(event)):
            super().keyPressEvent(event)

    # Who hears what.

    def _connect_port(self) -> None:
        port = self.port
        port.raters_known.connect(self._on_raters)
        port.shown.connect(self._on_shown)
        port.refused.connect(self._on_refused)
        port.draft_saved.connect(self._on_draft_saved)
        self._drafts.due.connect(self._send_draft)

    def _connect_tools(self) -> None:
        view = self.view
        view.tools.chosen.connect(self._click_tool)
        view.tools.linked.connect(view.pair.set_linked)
        view.pair.prompt.fold_asked.connect(self._fold_prompt)
        view.comment.typed.connect(self._typed)
        view.comment.finished.connect(self._back_to_pair)
        view.skip.chosen.connect(self._skip)
        view.skip.cancelled.connect(self._back_to_pair)
        view.failure.first.connect(self._retry)
        view.failure.second.connect(lambda: self.port.go.emit("study.open_backup"))
        view.finder.focus_moved.connect(self._sync_actions)
        view.finder.closed.connect(self._sync_actions)
        view.finder.going.connect(self._unfold_for)
        view.rest.first.connect(self._do_pause)
        view.rest.second.connect(self._later)

    def _connect_faces(self) -> None:
        view, go = self.view, self.port.go
        view.who.chosen.connect(self._begin)
        view.rater.clicked.connect(self._change_rater)
        view.empty.button.clicked.connect(lambda: go.emit("page.generate"))
        view.who.left.connect(self._leave_who)
        view.blocked.button.clicked.connect(lambda: self._way_out())
        view.blocked.leave.clicked.connect(lambda: go.emit("page.setup"))
        view.closed.button.clicked.connect(lambda: go.emit("page.results"))
        view.pause.go_on.connect(self._go_on)
        view.pause.leave.connect(lambda: go.emit("page.setup"))
        view.pause.change_rater.connect(self._change_rater)
        view.done.change_rater.connect(self._change_rater)
        view.done.return_to_skipped.connect(self._return_to_skipped)
        view.skipped.return_to_skipped.connect(self._return_to_skipped)
        view.skipped.go_on.connect(self._leave_skipped)
        view.done.go.connect(go)
        view.done.show_file.connect(self.port.show_file)
        view.all_keys.closed.connect(self._uncover)
