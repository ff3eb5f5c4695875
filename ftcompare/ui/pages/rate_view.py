"""How the rating page is put together: header, faces, and the working face with all its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from ftcompare.app.commands import Command
from ftcompare.app.rating import SKIP_REASONS, DeskView
from ftcompare.core.blinding import BlindItem
from ftcompare.core.errors import FTCompareError
from ftcompare.core.scale import Scale
from ftcompare.ui.pages.rate_answers import AnswerRow, KeyButton, ToolRow
from ftcompare.ui.pages.rate_asides import (
    DoneAside,
    KeysAside,
    PauseAside,
    WhoAside,
    placeholder,
)
from ftcompare.ui.pages.rate_pair import PairView
from ftcompare.ui.pages.rate_port import Act
from ftcompare.ui.pages.rate_side import CommentPanel, SkipPanel, Strip
from ftcompare.ui.pages.rate_state import State
from ftcompare.ui.pages.rate_words import progress_words, words
from ftcompare.ui.theme import XL, XXL, L, M, S, Theme
from ftcompare.ui.widgets.basics import ElidedLabel, EmptyState, label, set_tab_order

WIDEST = 1480
"""Pixels, before zoom, that the page takes at most."""


class RateView(QWidget):
    """All widgets of the rating page. It decides nothing."""

    def __init__(
        self, theme: Theme, keys: Mapping[str, str], commands: Sequence[Command], *, markdown: bool
    ) -> None:
        super().__init__()
        self._theme = theme
        self._build_asides(keys, commands)
        self._build_work(theme, keys, markdown=markdown)
        self.faces = QStackedWidget()
        self._asides = (
            self.loading,
            self.who,
            self.pause,
            self.done,
            self.empty,
            self.blocked,
            self.closed,
        )
        for face in (self.work, *self._asides, self.all_keys):
            self.faces.addWidget(face)
        column = QVBoxLayout()
        column.setSpacing(M)
        column.addWidget(self._build_header())
        column.addWidget(self.faces, 1)
        self._column = QWidget()
        self._column.setLayout(column)
        column.setContentsMargins(0, 0, 0, 0)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(XXL, XL, XXL, L)
        outer.addWidget(self._column)
        self.restyle()

    @property
    def working(self) -> bool:
        """Whether the pair is in front, and not one of the other faces."""
        return self.faces.currentWidget() is self.work

    def show_face(self, face: QWidget) -> None:
        """Bring a face to the front; the header stands above a pair and what belongs to it."""
        self.header.setVisible(face in (self.work, self.pause, self.done, self.all_keys))
        self.faces.setCurrentWidget(face)

    def show_state(self, state: State, *, any_pairs: bool) -> None:
        """Bring the face of a state to the front."""
        end = self.done if any_pairs else self.empty
        faces = {State.AWAY: self.loading, State.LOADING: self.loading, State.PAUSED: self.pause}
        self.show_face(end if state is State.DONE else faces.get(state, self.work))

    def show_below(self, part: QWidget) -> None:
        """Show the answers, the comment or the reasons to skip."""
        for other in (self.answers, self.comment, self.skip):
            other.setVisible(other is part)

    def set_progress(self, view: DeskView, rater: str) -> None:
        """Show title, rater and how far the work has come."""
        self._title.setText(view.title)
        self.rater.set_title(rater)
        done = view.judged + view.skipped
        self._bar.setMaximum(max(view.total, 1))
        self._bar.setValue(done)
        told = progress_words(view.position, view.total, view.seconds_left if view.item else None)
        self.place.setText(told)
        self._bar.setAccessibleDescription(told)

    def set_view(self, view: DeskView, rater: str, *, saved: bool) -> None:
        """Show that something is stored, and where the work stands."""
        self.failure.hide()
        self.tools.saved.setVisible(saved)
        self.set_progress(view, rater)
        self.tools.set_undo(view.undo)

    def show_pair(self, scale: Scale, notice: str, item: BlindItem) -> None:
        """Show a pair with what the rater has begun to write about it."""
        self.answers.set_scale(scale)
        set_tab_order(self.pair.right.text.last, *self.answers.buttons)
        self.pair.prompt.set_notice(notice)
        self.pair.set_item(item)
        self.comment.set_comment(item.draft.comment)

    def show_failure(self, error: FTCompareError, act: Act) -> None:
        """Say what is not stored, why, and offer to try again."""
        stays = {
            Act.JUDGE: words("Your judgment is not saved."),
            Act.DRAFT: words("The comment is not saved."),
        }
        self.tools.saved.hide()
        self.failure.say(f"{stays.get(act, words('That did not work.'))} {error}", words("Retry"))

    def offer_rest(self, minutes: int) -> None:
        """Say that a rest would do good, without getting in the way."""
        told = words("You have been at it for {0} minutes. A short rest keeps judgments fresh.")
        self.rest.say(told.format(minutes), words("Pause"), words("Later"))

    def restyle(self) -> None:
        """Follow the theme."""
        self._column.setMaximumWidth(self._theme.px(WIDEST))
        self.comment.refresh()
        self.pair.refresh()

    def _build_asides(self, keys: Mapping[str, str], commands: Sequence[Command]) -> None:
        self.loading = placeholder(words("Fetching your pairs…"))
        self.who = WhoAside()
        self.pause = PauseAside()
        self.done = DoneAside()
        self.empty = EmptyState(
            words("Nothing to rate yet"),
            words("Pairs appear here as soon as two systems have answered the same prompt."),
            words("Go to Generate"),
        )
        self.blocked = EmptyState(words("Rating cannot begin"), "", words("Try again"))
        self.closed = EmptyState(words("Rating is closed"), "", words("See the results"))
        self.all_keys = KeysAside({c.id: c.title for c in commands}, keys)

    def _build_header(self) -> QWidget:
        self._title = ElidedLabel("h2")
        self._title.setObjectName("rate_title")
        self.rater = KeyButton("", icon="user")
        self.rater.setObjectName("rater_shown")
        self.rater.setToolTip(words("Change rater"))
        self.place = label("", "muted")
        self.place.setObjectName("progress_words")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(words("Progress"))
        row = QHBoxLayout()
        row.setSpacing(M)
        row.addWidget(self._title)
        row.addWidget(self.rater)
        row.addStretch()
        row.addWidget(self.place)
        self.header = QWidget()
        column = QVBoxLayout(self.header)
        column.setContentsMargins(0, 0, 0, S - 4)
        column.setSpacing(S)
        column.addLayout(row)
        column.addWidget(self._bar)
        return self.header

    def _build_work(self, theme: Theme, keys: Mapping[str, str], *, markdown: bool) -> None:
        self.pair = PairView(theme, keys.get("rate.prompt", ""), markdown=markdown)
        self.failure = Strip("failure", "circle-x", "bad")
        self.rest = Strip("rest", "clock", "neutral")
        self.answers = AnswerRow(theme, keys)
        self.comment = CommentPanel(theme)
        self.skip = SkipPanel(SKIP_REASONS)
        self.tools = ToolRow(keys)
        self.tools.set_markdown(markdown)
        self.work = QWidget()
        column = QVBoxLayout(self.work)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(M)
        column.addWidget(self.pair, 1)
        for part in (self.failure, self.rest, self.answers, self.comment, self.skip):
            part.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
            column.addWidget(part)
        column.addWidget(self.tools)
        self.pair.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.show_below(self.answers)
