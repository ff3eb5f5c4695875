"""The live page's pair, answered with the parts of the rating page. It knows texts and places, no systems."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ftcompare.core.blinding import BlindItem
from ftcompare.core.scale import Choice, Scale
from ftcompare.ui.pages.live.prompt_screen import UndoTool
from ftcompare.ui.pages.rate.comment_and_skip import Strip
from ftcompare.ui.pages.rate.screens import WIDEST
from ftcompare.ui.pages.rate.signals import RatePreferences
from ftcompare.ui.pages.rate.tool_row import SavedMark
from ftcompare.ui.rating.actions import number_of
from ftcompare.ui.rating.answers import Answer
from ftcompare.ui.rating.draft import DraftKeeper
from ftcompare.ui.rating.judging import Judging
from ftcompare.ui.rating.key_button import KeyButton
from ftcompare.ui.rating.pair import PairView
from ftcompare.ui.rating.question_panel import AskPanel
from ftcompare.ui.rating.vertical_fit import ROOMS, TEXTS, Room, stacked
from ftcompare.ui.theme.theme import S, Theme
from ftcompare.ui.widgets.controls import set_tab_order

_TAKE_BACK = ("rate.undo", "rate.pause")
"""Commands that only take back an answer that waits for a second press."""


class PairFace(QWidget):
    """The pair with its answers. Both texts look the same and come at once.

    Signals:
        voted: an `Answer` and the ``Draft`` with criteria and reasons that belong to it.
        undo: take back the last vote.
        no_vote: go on without one.
    """

    voted = Signal(object, object)
    undo = Signal()
    no_vote = Signal()

    def __init__(self, theme: Theme, preferences: RatePreferences) -> None:
        super().__init__()
        keys = preferences.keys
        self._theme = theme
        self._moment = round(preferences.reading_moment * 1000)
        self._open = False
        self.pair = PairView(theme, keys.get("rate.prompt", ""), markdown=preferences.markdown)
        self.pair.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.failure = Strip("live_failure", "circle-x", "bad")
        self.missing = Strip("live_missing", "triangle-alert", "caution")
        self.ask = AskPanel(theme, keys)
        self.skip = _tool("No vote", "live_no_vote", self.no_vote.emit)
        self.markdown = _tool("", "live_markdown", self._turn_markdown)
        self.back = UndoTool(keys)
        self.saved = SavedMark()
        self._tools = QWidget()
        self._drafts = DraftKeeper(self)
        self._judging = Judging(self.ask, self._drafts, preferences.second_press, self)
        self.reading = QTimer(self, singleShot=True)
        self._lay_out()
        self._connect()
        self._name_markdown()
        self.set_keys(keys)

    def _lay_out(self) -> None:
        tools = QHBoxLayout(self._tools)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(S)
        for tool in (self.skip, self.markdown, self.back):
            tools.addWidget(tool)
        tools.addStretch()
        tools.addWidget(self.saved)
        self._middle = QWidget()
        self._column = QVBoxLayout(self._middle)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.pair, 1)
        for part in (self.failure, self.missing, self.ask, self._tools):
            self._column.addWidget(part)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._middle)

    def _connect(self) -> None:
        ask, judging = self.ask, self._judging
        self.reading.timeout.connect(self._on_read)
        self.back.clicked.connect(self.undo)
        self.pair.prompt.fold_asked.connect(self._fold)
        ask.answers.answered.connect(lambda answer: self._do(lambda: judging.click(answer)))
        ask.criteria.answered.connect(self._on_criterion)
        ask.criteria.asked.connect(lambda name: self._do(lambda: judging.aim_at(name)))
        ask.reasons.turned.connect(lambda reason: self._do(lambda: judging.turn_reason(reason)))
        ask.reasons.mode_asked.connect(lambda: self._do(judging.turn_reasons_mode))
        judging.held.connect(lambda answer: ask.answers.set_chosen(answer.command))
        judging.decided.connect(self._on_decided)
        judging.lacking.connect(self._on_lacking)

    # What the board calls.

    def show_pair(self, scale: Scale, notice: str, item: BlindItem) -> None:
        """Show a pair from its top. An answer counts after the reading moment."""
        self.failure.hide()
        self.missing.hide()
        if self.ask.set_scale(scale):
            set_tab_order(self.pair.right.text.last, *self.ask.stops, self.skip)
        self.pair.prompt.set_notice(notice)
        self.pair.set_item(item)
        self._drafts.load(item.draft)
        self._judging.begin(scale)
        self.refit()
        self._open = False
        self.ask.answers.set_chosen("")
        self.ask.answers.set_open(False)
        self.reading.start(self._moment)

    def show_failure(self, told: str) -> None:
        """Say why nothing is stored, and take answers again."""
        self.failure.say(told, "Retry")
        self.ask.answers.set_chosen("")
        self._on_read()

    def shut(self) -> None:
        """Take no answer any more, also none that was given and not sent."""
        self.reading.stop()
        self._judging.take_back()
        self._open = False
        for part in (self.saved, self.failure, self.missing):
            part.hide()

    def press(self, command: str) -> None:
        """Do what a key asks."""
        if self._judging.press_again(command):
            return
        if self._take_back() and command in _TAKE_BACK:
            return
        self.missing.hide()
        answer = self.ask.answers.by_command(command)
        if answer is not None:
            self._do(lambda: self._judging.press(answer))
        elif number_of(command):
            self._judging.press_number(number_of(command), answering=self._open)
        else:
            self._tool_acts().get(command, lambda: None)()

    def set_keys(self, keys: Mapping[str, str]) -> None:
        """Show other keys."""
        self.ask.set_keys(keys)
        self.pair.prompt.set_key(keys.get("rate.prompt", ""))
        self.back.set_key(keys.get("rate.undo", ""))
        self.skip.set_key(keys.get("rate.skip", ""))
        self.markdown.set_key(keys.get("rate.markdown", ""))

    def restyle(self) -> None:
        """Follow the theme."""
        self.pair.refresh()
        self.refit()

    def refit(self) -> None:
        """Set everything as closely as it takes for the texts to have their share, and no closer."""
        self._middle.setMaximumWidth(self._theme.px(WIDEST))
        for room in ROOMS:
            self._column.setSpacing(room.gap)
            self.ask.set_room(room, self._width)
            self.pair.set_room(room, round(self.height() * TEXTS))
            if self._left_for_texts(room) >= self.height() * TEXTS:
                break

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the texts their share."""
        super().resizeEvent(event)
        self.refit()

    @property
    def _width(self) -> int:
        return min(self.width(), self._theme.px(WIDEST))

    def _left_for_texts(self, room: Room) -> int:
        taken = [self.ask.height_at(self._width), self._tools.sizeHint().height()]
        return self.height() - self.pair.least_height(room) - stacked([1, *taken], room.gap)

    # What the person does.

    def _on_read(self) -> None:
        """Both texts have been on the screen for a moment: an answer counts from now on."""
        self._open = True
        self.ask.answers.set_open(True)

    def _take_back(self) -> bool:
        """An answer that waits for a second press is not sent; whether there was one."""
        held = self._judging.take_back()
        if held is not None:
            self.ask.answers.set_chosen("")
        return held is not None

    def _do(self, act: Callable[[], None]) -> None:
        if self._open:
            self._take_back()
            self.missing.hide()
            act()

    def _on_criterion(self, name: str, choice: Choice) -> None:
        self._do(lambda: self._judging.answer_criterion(name, choice))

    def _on_decided(self, answer: Answer) -> None:
        if self._open:
            self._open = False
            self.ask.answers.set_chosen(answer.command)
            self.voted.emit(answer, self._drafts.hand_over())

    def _on_lacking(self, names: tuple[str, ...]) -> None:
        self.missing.say("Not answered yet: {}.".format(", ".join(names)))

    def _tool_acts(self) -> dict[str, Callable[[], object]]:
        return {
            "rate.undo": self.undo.emit,
            "rate.skip": self.no_vote.emit,
            "rate.markdown": self._turn_markdown,
            "rate.prompt": self._fold,
            "rate.reasons": self._judging.turn_reasons_mode,
            "rate.pause": self._judging.step_back,
        }

    def _fold(self) -> None:
        self.pair.prompt.set_folded(not self.pair.prompt.folded)

    def _turn_markdown(self) -> None:
        self.pair.set_markdown(not self.pair.markdown)
        self._name_markdown()

    def _name_markdown(self) -> None:
        self.markdown.set_title("Plain text" if self.pair.markdown else "Markdown")


def _tool(title: str, name: str, act: Callable[[], None]) -> KeyButton:
    made = KeyButton(title)
    made.setObjectName(name)
    made.clicked.connect(lambda: act())
    return made
