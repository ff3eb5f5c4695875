"""How the rating page is put together: header, faces, and the working face with all its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from ftcompare.app.rate.rating_session import SKIP_REASONS, DeskView, Phase
from ftcompare.app.window_commands import Command
from ftcompare.core.blinding import BlindItem
from ftcompare.core.errors import FTCompareError
from ftcompare.core.scale import Scale
from ftcompare.ui.pages.rate.comment_and_skip import CommentPanel, SkipPanel, Strip
from ftcompare.ui.pages.rate.end_screens import DoneAside, SkippedAside
from ftcompare.ui.pages.rate.find_bar import FindBar
from ftcompare.ui.pages.rate.guess import GuessPanel
from ftcompare.ui.pages.rate.header import Header
from ftcompare.ui.pages.rate.instructions import InstructionsFace, PracticeEnd
from ftcompare.ui.pages.rate.key_list import KeysFace
from ftcompare.ui.pages.rate.overlays import BlockedFace, PauseAside, WhoAside, placeholder
from ftcompare.ui.pages.rate.signals import Act
from ftcompare.ui.pages.rate.state import State
from ftcompare.ui.pages.rate.tool_row import ToolRow
from ftcompare.ui.rating.answers import answers, overwritten_words
from ftcompare.ui.rating.pair import PairView
from ftcompare.ui.rating.question_panel import AskPanel
from ftcompare.ui.rating.vertical_fit import ROOMS, TEXTS, Room, height_at, stacked
from ftcompare.ui.theme.theme import Theme
from ftcompare.ui.widgets.controls import EmptyState, set_tab_order

OVERWRITTEN = "study-overwritten"
"""Code of a fault that another program caused: the file is no longer what was judged in."""

WIDEST = 1480
"""Pixels, before zoom, that the page takes at most."""


class RateView(QWidget):
    """All widgets of the rating page. It decides nothing."""

    def __init__(
        self, theme: Theme, keys: Mapping[str, str], commands: Sequence[Command], *, markdown: bool
    ) -> None:
        super().__init__()
        self._theme = theme
        self._room: Room | None = None
        self._build_faces(theme, keys, commands)
        self._build_work(theme, keys, markdown=markdown)
        self.faces = QStackedWidget()
        asides = (self.pause, self.skipped, self.done, self.instructions, self.practice_end)
        self._with_header = frozenset((self.work, self.all_keys, *asides))
        for face in (
            self.work,
            self.all_keys,
            *asides,
            self.loading,
            self.who,
            self.empty,
            self.blocked,
            self.closed,
        ):
            self.faces.addWidget(face)
        self.header = Header()
        self.rater, self.place = self.header.rater, self.header.place
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.header)
        self._column.addWidget(self.faces, 1)
        self._middle = QWidget()
        self._middle.setLayout(self._column)
        self._outer = QHBoxLayout(self)
        self._outer.addWidget(self._middle)
        self.question: QWidget = self.ask
        self.restyle()

    @property
    def working(self) -> bool:
        """Whether the pair is in front, and not one of the other faces."""
        return self.faces.currentWidget() is self.work

    @property
    def in_field(self) -> bool:
        """Whether the rater writes a comment, says why a pair is skipped, or looks for words."""
        return not (self.comment.isHidden() and self.skip.isHidden()) or self.finder.has_focus

    def show_face(self, face: QWidget) -> None:
        """Bring a face to the front; the header stands above a pair and what belongs to it."""
        self.header.setVisible(face in self._with_header)
        self.faces.setCurrentWidget(face)

    def set_open(self, is_open: bool) -> None:
        """Show whether an answer counts now."""
        (self.guess if self.question is self.guess else self.answers).set_open(is_open)

    def show_state(self, state: State, *, any_pairs: bool) -> None:
        """Bring the face of a state to the front. A briefing has two; who begins it shows one of them."""
        end = self.done if any_pairs else self.empty
        faces = {State.AWAY: self.loading, State.LOADING: self.loading}
        faces |= {State.PAUSED: self.pause, State.SKIPPED: self.skipped}
        if state is not State.BRIEFING:
            self.show_face(end if state is State.DONE else faces.get(state, self.work))

    def show_below(self, part: QWidget | None = None) -> None:
        """Show what is asked, or for a while the comment or the reasons to skip in its place."""
        shown = part or self.question
        for other in (self.ask, self.guess, self.comment, self.skip):
            other.setVisible(other is shown)

    def set_view(self, view: DeskView, *, saved: bool) -> None:
        """Show that something is stored, and where the work stands."""
        self.failure.hide()
        self.tools.saved.say(saved)
        self.header.show_view(view)
        self.tools.set_undo(view.undo)

    def show_pair(self, view: DeskView, item: BlindItem, *, why: bool) -> None:
        """Show a pair with what the rater has begun to write; ``why`` a guess is asked for is said once."""
        self.missing.hide()
        self.finder.close_bar(back=False)
        self.pair.prompt.set_notice(view.notice)
        self.pair.set_item(item)
        self.comment.set_comment(item.draft.comment)
        any_told = bool(view.instructions or view.practice)
        changed = self.tools.offer(writing=view.phase is Phase.JUDGE, instructions=any_told, practising=False)
        if view.phase is Phase.GUESS:
            changed |= self.guess.explain(why)
        self._ask(view.scale, guess=view.phase is Phase.GUESS, changed=changed)

    def show_practice(self, view: DeskView, item: BlindItem, number: int) -> None:
        """Show a practice pair, marked as what it is."""
        self.missing.hide()
        self.finder.close_bar(back=False)
        self.pair.prompt.set_notice(view.notice)
        self.pair.set_item(item)
        changed = self.tools.offer(writing=False, instructions=True, practising=True)
        self._ask(view.scale, guess=False, changed=changed)
        self.tools.saved.say(False)
        self.tools.set_undo("")
        self.header.show_practice(number, len(view.practice))
        self.feedback.hide()

    def show_failure(self, error: FTCompareError, act: Act, since_opening: int) -> None:
        """Say what is not stored, why, and offer to try again; so many judgments were saved since opening."""
        stays = {
            Act.JUDGE: "Your judgment is not saved.",
            Act.GUESS: "Your guess is not saved.",
            Act.DRAFT: "What you have begun is not saved.",
        }
        self.tools.saved.say(False)
        told = stays.get(act, "That did not work.")
        if error.code == OVERWRITTEN:
            lost = overwritten_words(told, error.how, since_opening)
            self.failure.say(lost, "Retry", "Open the newest backup")
        else:
            self.failure.say(f"{told} {error}", "Retry", "")

    def offer_rest(self, minutes: int) -> None:
        """Say that a rest would do good, without getting in the way."""
        told = "You have been at it for {0} minutes. A short rest keeps judgments fresh."
        self.rest.say(told.format(minutes), "Pause", "Later")

    def set_keys(self, keys: Mapping[str, str]) -> None:
        """Show other keys, wherever keys are shown."""
        self.ask.set_keys(keys)
        self.guess.set_keys(keys)
        self.tools.set_keys(keys)
        self.all_keys.set_keys(keys)
        self.instructions.set_keys(keys)
        self.pair.prompt.set_key(keys.get("rate.prompt", ""))
        self.refit()

    def restyle(self) -> None:
        """Follow the theme."""
        self._middle.setMaximumWidth(self._theme.px(WIDEST))
        self.comment.refresh()
        self.guess.refresh()
        self.instructions.refresh()
        self.pair.refresh()
        self.refit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the texts their share."""
        super().resizeEvent(event)
        self.refit()

    def refit(self) -> None:
        """Set everything as closely as it takes for the texts to have their share, and no closer."""
        self.tools.show()
        for room in ROOMS:
            self._set_room(room)
            if self._left_for_texts(room) >= self.height() * TEXTS:
                return
        self.tools.setVisible(self.finder.isHidden())  # its keys still count, once the bar is closed

    def _ask(self, scale: Scale, *, guess: bool, changed: bool) -> None:
        """Put the question that belongs to what is in front."""
        question = self.guess if guess else self.ask
        if self.ask.set_scale(scale):
            self.tools.set_longest(max((answer.title for answer in answers(scale)), key=len))
            changed = True
        if changed or question is not self.question:
            self.question = question
            self.show_below()
            below = (*self.comment.stops, *self.skip.stops, *self.ask.stops, *self.guess.stops)
            set_tab_order(self.pair.right.text.last, *self.finder.stops, *below, self.tools.comment)
            self.refit()

    def _set_room(self, room: Room) -> None:
        if room is not self._room:
            self._room = room
            self._outer.setContentsMargins(*room.margins)
            self._column.setSpacing(room.gap)
            self._work_column.setSpacing(room.gap)
        self.ask.set_room(room, self._width(room))
        self.pair.set_room(room, round(self.height() * TEXTS))

    def _width(self, room: Room) -> int:
        return min(self.width() - room.margins[0] - room.margins[2], self._theme.px(WIDEST))

    def _left_for_texts(self, room: Room) -> int:
        width = self._width(room)
        asked = self.ask.height_at(width) if self.question is self.ask else height_at(self.guess, width)
        taken = [
            self.header.sizeHint().height(),
            self.pair.least_height(room),
            height_at(self.finder, width),
            asked,
            self.tools.fit(width, dense=room.dense),
        ]
        return self.height() - room.margins[1] - room.margins[3] - stacked(taken, room.gap)

    def _build_faces(self, theme: Theme, keys: Mapping[str, str], commands: Sequence[Command]) -> None:
        self.loading = placeholder("Fetching your pairs…")
        self.who = WhoAside()
        self.instructions = InstructionsFace(theme)
        self.instructions.set_keys(keys)
        self.practice_end = PracticeEnd()
        self.pause = PauseAside()
        self.skipped = SkippedAside()
        self.done = DoneAside()
        self.empty = EmptyState(
            "Nothing to rate yet",
            "Pairs appear here as soon as two systems have answered the same prompt.",
            "Go to Generate",
        )
        self.blocked = BlockedFace()
        self.closed = EmptyState("Rating is closed", "", "See the results")
        self.all_keys = KeysFace({c.id: c.title for c in commands}, keys)

    def _build_work(self, theme: Theme, keys: Mapping[str, str], *, markdown: bool) -> None:
        self.pair = PairView(theme, keys.get("rate.prompt", ""), markdown=markdown)
        self.failure = Strip("failure", "circle-x", "bad")
        self.rest = Strip("rest", "clock", "neutral")
        self.feedback = Strip("feedback", "info", "accent")
        self.missing = Strip("missing", "triangle-alert", "caution")
        self.finder = FindBar(theme, self.pair.views, self.pair.unseen)
        self.finder.opened.connect(self.refit)
        self.finder.closed.connect(self.refit)
        self.ask = AskPanel(theme, keys)
        self.answers = self.ask.answers
        self.guess = GuessPanel(theme, keys)
        self.comment = CommentPanel(theme)
        self.skip = SkipPanel(SKIP_REASONS)
        self.tools = ToolRow(keys)
        self.tools.set_markdown(markdown)
        self.work = QWidget()
        self._work_column = QVBoxLayout(self.work)
        self._work_column.setContentsMargins(0, 0, 0, 0)
        self._work_column.addWidget(self.pair, 1)
        strips = (self.finder, self.failure, self.rest, self.feedback, self.missing)
        for part in (*strips, self.comment, self.skip):
            part.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
            self._work_column.addWidget(part)
        for below in (self.ask, self.guess, self.tools):
            self._work_column.addWidget(below)
        self.pair.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.question = self.ask
        self.show_below()
