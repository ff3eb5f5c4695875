"""The queue of pairs that wait for a senior rater, one selected at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QStackedWidget, QWidget

from ftcompare.app.study.opening import StudyFile
from ftcompare.core.errors import FTCompareError
from ftcompare.core.plurals import counted
from ftcompare.core.scale import Scale
from ftcompare.core.study import ComparisonId
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.adjudication.pair_screen import PairToDecideView, reason_words
from ftcompare.ui.rating.answers import Answer
from ftcompare.ui.rating.messages import MessageStrip
from ftcompare.ui.rating.preferences import rate_preferences
from ftcompare.ui.study_thread.owned_tasks import OwnedTasks
from ftcompare.ui.theme.theme import M, S, Theme
from ftcompare.ui.widgets.controls import ElidedLabel, EmptyState, KeyCap, PlainButton, label, named, waiting
from ftcompare.ui.widgets.layouts import filled, in_column, in_row
from ftcompare.ui.widgets.scroll_column import ScrollPanel

if TYPE_CHECKING:
    from ftcompare.app.review.adjudication import ContestedPair, PairToDecide, RaterSaid
    from ftcompare.app.review.experts import StillToRate

WAITING, NONE, PAIR = range(3)
LEAST_HEIGHT = 420
"""Pixels before zoom; where the window is lower, it scrolls."""
NAME_WIDTH = 220
NONE_WAITS = (
    "No pair waits for a decision",
    "Pairs come here when their raters disagree, when strong votes oppose each other, or when somebody "
    "flags one.",
)
NAME_FIRST = "Write your name first: a verdict is kept under it."


class AdjudicationTab(QWidget):
    """Pairs are decided blind, in any order; raters' answers are shown only for decided pairs."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._tasks = OwnedTasks(self, context.tasks)
        self._pairs: tuple[ContestedPair, ...] = ()
        self._place = 0
        self._scale = Scale()
        self._shown: PairToDecide | None = None
        self.place = named(label("", "strong"), "adjudication_place")
        self.why = named(ElidedLabel("muted"), "adjudication_why")
        self.expert = named(QLineEdit(), "adjudication_expert", "Decided by")
        self.before = named(PlainButton("Previous"), "adjudication_previous")
        self.next = named(PlainButton("Next"), "adjudication_next")
        self.strip = MessageStrip("adjudication_to_rate", "eye", "caution")
        self.view = PairToDecideView(context.theme, rate_preferences(context.remembered.now))
        self._none = EmptyState(*NONE_WAITS)
        self._stack = QStackedWidget()
        self._arrange()
        self._connect()

    def load(self) -> None:
        """List the pairs again, and show the first that this expert has not decided."""
        self.expert.setText(self._context.remembered.now.expert)
        self._tasks.run(partial(_queue, name=self._name), lambda found: self._show_queue(*found))

    def search(self) -> None:
        """Focus the pair, because there is nothing to search."""
        self.view.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """J next, K previous pair."""
        steps = {Qt.Key.Key_J: 1, Qt.Key.Key_K: -1}
        by = steps.get(Qt.Key(event.key()))
        if by is not None and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self._step(by)
        else:
            super().keyPressEvent(event)

    def _step(self, by: int) -> None:
        """On to the next pair (1), or to the one before (-1); the keys of the answers count there."""
        if 0 <= self._place + by < len(self._pairs):
            self.view.setFocus()
            self._go(self._place + by)

    @property
    def _name(self) -> str:
        return self.expert.text().strip()

    def _show_queue(self, pairs: tuple[ContestedPair, ...], scale: Scale, rating: StillToRate | None) -> None:
        self._pairs, self._scale = pairs, scale
        if rating is not None:
            self.strip.say(rating.words)
        self.strip.setVisible(rating is not None)
        if not pairs:
            self._stack.setCurrentIndex(NONE)
            return
        waiting_first = (place for place, pair in enumerate(pairs) if not pair.decided)
        self._go(next(waiting_first, 0))

    def _go(self, place: int) -> None:
        self._place = min(max(place, 0), len(self._pairs) - 1)
        self._tasks.run(partial(_pair, name=self._name, pair=self._pairs[self._place]), self._show_pair)

    def _show_pair(self, found: PairToDecide) -> None:
        self._shown = found
        self._stack.setCurrentIndex(PAIR)
        self.view.show_pair(found, self._scale)
        left = sum(not pair.decided for pair in self._pairs)
        self.place.setText(f"{self._place + 1:,} of {counted(len(self._pairs), 'pair')}, {left:,} to decide")
        self.why.setText(reason_words(found))
        self.before.setEnabled(self._place > 0)
        self.next.setEnabled(self._place + 1 < len(self._pairs))

    def _decide(self, answer: Answer, reason: str) -> None:
        if self._shown is None:
            return
        if not self._name:
            self._context.bar.show_note(NAME_FIRST)
            self.expert.setFocus()
            return
        self._context.remembered.change(expert=self._name)
        act = partial(
            _decided,
            name=self._name,
            comparison=self._shown.pair.comparison,
            answer=answer,
            reason=reason,
            now=datetime.now(UTC),
        )
        self._tasks.run(act, self._stay, self._failed)

    def _take_back(self) -> None:
        if self._shown is not None:
            comparison = self._shown.pair.comparison
            act = partial(_taken_back, name=self._name, comparison=comparison, now=datetime.now(UTC))
            self._tasks.run(act, self._stay, self._failed)

    def _stay(self, pairs: tuple[ContestedPair, ...]) -> None:
        """Show the same pair again in its current state."""
        shown = self._shown.pair.comparison if self._shown is not None else None
        self._pairs = pairs
        self._go(next((n for n, pair in enumerate(pairs) if pair.comparison == shown), 0))

    def _show_said(self, comparison: ComparisonId, said: tuple[RaterSaid, ...]) -> None:
        if self._shown is not None and self._shown.pair.comparison == comparison:
            self.view.show_said(said)

    def _ask_said(self) -> None:
        if self._shown is not None:
            comparison = self._shown.pair.comparison
            ask = partial(_said, name=self._name, comparison=comparison, now=datetime.now(UTC))
            self._tasks.run(ask, partial(self._show_said, comparison), self._failed)

    def _failed(self, error: FTCompareError) -> None:
        self._context.bar.show_error(error)

    def _renamed(self) -> None:
        if self._name and self._name != self._context.remembered.now.expert:
            self._context.remembered.change(expert=self._name)
            self.load()

    def _arrange(self) -> None:
        by = label("Decided by", "muted")
        by.setBuddy(self.expert)
        self.expert.setMaximumWidth(self._context.theme.px(NAME_WIDTH))
        steps = in_row(self.before, KeyCap("K"), self.next, KeyCap("J"), gap=S)
        head = in_row(self.place, (self.why, 1), by, self.expert, steps, gap=S)
        shown = named(ScrollPanel(), "adjudication_scroll", "The pair in hand")
        shown.setWidget(_Room(filled(in_column(head, (self.view, 1), gap=S)), self._context.theme))
        for part in (waiting("Looking for pairs…"), self._none, shown):
            self._stack.addWidget(part)
        in_column(self.strip, (self._stack, 1), gap=M, of=self)
        self.strip.hide()

    def _connect(self) -> None:
        self.view.decided.connect(self._decide)
        self.view.undo.connect(self._take_back)
        self.view.said_wanted.connect(self._ask_said)
        self.before.clicked.connect(lambda: self._step(-1))
        self.next.clicked.connect(lambda: self._step(1))
        self.expert.returnPressed.connect(self.view.setFocus)
        self.expert.editingFinished.connect(self._renamed)


class _Room(QWidget):
    """Gives its content all its room, and requests only a minimum height.

    A layout in its place would request the height of all texts, which would push the answers out of view.
    """

    def __init__(self, held: QWidget, theme: Theme) -> None:
        super().__init__()
        self._held, self._theme = held, theme
        held.setParent(self)
        self._ask()
        theme.changed.connect(self._ask)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """All of it."""
        super().resizeEvent(event)
        self._held.setGeometry(self.rect())

    def _ask(self) -> None:
        self.setMinimumHeight(self._theme.px(LEAST_HEIGHT))


def _queue(study: StudyFile, name: str) -> tuple[tuple[ContestedPair, ...], Scale, StillToRate | None]:
    from ftcompare.app.review.adjudication import contested_pairs
    from ftcompare.app.review.experts import still_to_rate

    return contested_pairs(study, name), study.settings.read().scale, still_to_rate(study, name)


def _pair(study: StudyFile, name: str, pair: ContestedPair) -> PairToDecide:
    from ftcompare.app.review.adjudication import pair_to_decide

    return pair_to_decide(study, name, pair)


def _decided(
    study: StudyFile,
    name: str,
    comparison: ComparisonId,
    answer: Answer,
    reason: str,
    now: datetime,
) -> tuple[ContestedPair, ...]:
    from ftcompare.app.review.adjudication import adjudicate, contested_pairs

    given = partial(adjudicate, study, name, comparison, answer.choice, strength=answer.strength)
    given(reason=reason, now=now)
    return contested_pairs(study, name)


def _taken_back(
    study: StudyFile, name: str, comparison: ComparisonId, now: datetime
) -> tuple[ContestedPair, ...]:
    from ftcompare.app.review.adjudication import contested_pairs, undo_adjudication

    undo_adjudication(study, name, comparison, now=now)
    return contested_pairs(study, name)


def _said(study: StudyFile, name: str, comparison: ComparisonId, now: datetime) -> tuple[RaterSaid, ...]:
    from ftcompare.app.review.adjudication import raters_said

    return raters_said(study, name, comparison, now=now)
