"""The live page's pair with its question, and earlier pairs: texts and sides, but no system names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.live.live_view import LivePast
from ftcompare.core.blinding import BlindItem
from ftcompare.core.language import tr
from ftcompare.core.rating_rules import Answer
from ftcompare.core.scale import Scale
from ftcompare.core.study import AllocationId
from ftcompare.ui.dialogs.frames import NamedDialog
from ftcompare.ui.pages.live.prompt_screen import UndoTool
from ftcompare.ui.rating.commands import RatePreferences
from ftcompare.ui.rating.controls import (
    WIDEST,
    KeyButton,
    MessageStrip,
    SavedMark,
    wired,
)
from ftcompare.ui.rating.judging import DraftKeeper, Judging, fitting
from ftcompare.ui.rating.pair import PairView
from ftcompare.ui.rating.question_panel import QuestionPanel
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.text.response_view import ResponseView
from ftcompare.ui.theme.theme import XL, XS, L, M, S, Theme
from ftcompare.ui.widgets import controls
from ftcompare.ui.widgets.controls import set_tab_order
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.layouts import filled, in_column, in_row
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row

SIZE = (900, 620)
PROMPT_SHOWN = 300


class EarlierDialog(NamedDialog):
    """A list of the pairs, and the selected one with both texts on their sides. Nothing can be changed."""

    add_asked = Signal(object)  # add the prompt of the pair with this `AllocationId` to the study

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__("live_earlier_dialog", tr("Earlier pairs"), parent, modal=True, kept=True)
        self._past: dict[AllocationId, LivePast] = {}
        self._shown: AllocationId | None = None
        columns = (
            DataColumn(tr("No."), numeric=True),
            DataColumn(tr("Prompt"), stretch=1),
            DataColumn(tr("Your vote")),
            DataColumn(tr("In the study")),
        )
        self.table = DataTable(theme, tr("Earlier pairs"), columns, tr("Search the prompts"))
        self.left, self.right = ResponseView(theme, tr("Left")), ResponseView(theme, tr("Right"))
        for view in (self.left, self.right):
            theme.changed.connect(view.refresh)
        self._prompt = controls.named(controls.label("", wrap=True), "live_earlier_prompt")
        self._message = FieldMessage()
        told = tr("It is then answered and judged with the planned prompts. Your vote stays separate.")
        self.add = controls.PlainButton(
            tr("Add prompt to the study"), name="live_add_prompt", act=self._on_add
        )
        self.add.setAccessibleDescription(told)
        close = controls.PrimaryButton(tr("Close"), name="live_earlier_close", act=self.accept)
        sides = (
            (in_column(controls.SectionLabel(name), (view, 1), gap=XS), 1)
            for name, view in ((tr("Left"), self.left), (tr("Right"), self.right))
        )
        texts = in_row(*sides, gap=L)
        buttons = in_row(
            (filled(in_row(self._message, (controls.Muted(told, small=True), 1), gap=S)), 1), self.add, close
        )
        heading = controls.Heading(tr("Earlier pairs of this session"), level=2)
        column = in_column(heading, (self.table, 2), self._prompt, (texts, 3), buttons, gap=M, of=self)
        column.setContentsMargins(XL, L, XL, L)
        self.table.current_changed.connect(self._show)
        self.resize(*SIZE)

    def show_past(self, past: tuple[LivePast, ...]) -> None:
        wanted = self._shown if self.isVisible() else None
        self._past = {each.allocation: each for each in past}
        self._message.clear()
        numbered = reversed(list(enumerate(past, start=1)))
        self.table.set_rows([_row(number, each) for number, each in numbered])
        self.table.select_key(wanted, or_first=True)

    def show_failure(self, message: str) -> None:
        self._message.show_problem(message)
        self.add.setEnabled(True)

    def _show(self, key: object) -> None:
        past = next((each for each in self._past.values() if each.allocation == key), None)
        self.add.setEnabled(past is not None and not past.in_study)
        if past is None:
            return
        if self._shown != past.allocation:
            self._message.clear()
        self._shown = past.allocation
        self._prompt.setText(one_line(_asked(past), PROMPT_SHOWN))
        self.left.set_text(past.left, markdown=True)
        self.right.set_text(past.right, markdown=True)

    def _on_add(self) -> None:
        if self._shown is not None:
            self.add.setEnabled(False)
            self.add_asked.emit(self._shown)


def _asked(past: LivePast) -> str:
    return past.messages[-1].content


def _row(number: int, past: LivePast) -> Row:
    return Row(
        past.allocation,
        (number, _asked(past), past.answer or tr("no vote"), tr("yes") if past.in_study else ""),
    )


class PairScreen(QWidget):
    """The pair with its answers. Both texts look the same and appear at the same time."""

    voted = Signal(object, object)  # an `Answer` and the ``Draft`` with its criteria and reasons
    undo = Signal()  # take back the last vote
    no_vote = Signal()  # go on without a vote

    def __init__(self, theme: Theme, preferences: RatePreferences) -> None:
        super().__init__()
        keys = preferences.keys
        self._theme = theme
        self.pair = PairView(theme, keys.get("rate.prompt", ""), markdown=preferences.markdown)
        self.pair.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.failure = MessageStrip("live_failure", "circle-x", "bad")
        self.missing = MessageStrip("live_missing", "triangle-alert", "caution")
        self.ask = QuestionPanel(theme, keys, (self.failure, self.missing))
        self.skip = wired(KeyButton(tr("No vote")), "live_no_vote", self.no_vote.emit)
        self.markdown = wired(KeyButton("", ticks=True), "live_markdown", self._turn_markdown)
        self.link = wired(KeyButton("", ticks=True), "live_scroll_together", self._turn_link)
        self.link.setCheckable(True)
        self.back = UndoTool(keys, self.undo.emit)
        self.saved = SavedMark()
        self._drafts = DraftKeeper(self)
        self.judging = Judging(self.ask, self.missing, self._drafts, preferences, self)
        self.judging.decided.connect(self._vote)
        self.ask.answers.answered.connect(self.judging.click)
        self._commands: dict[str, Callable[[], object]] = {
            "rate.undo": self.undo.emit,
            "rate.markdown": self._turn_markdown,
            "rate.prompt": self.pair.prompt.fold,
            "rate.scroll_prompt": self.pair.prompt.scroll_on,
            "rate.scroll_together": self._turn_link,
            "rate.pause": self._step_back,
        }
        self._lay_out()
        self._name_markdown()
        self._name_link()
        self.set_keys(keys)

    def show_pair(self, scale: Scale, notice: str, item: BlindItem) -> None:
        """Show a pair from its top; an answer counts after the reading time."""
        self.failure.hide()
        self.missing.hide()
        study, scale = scale, item.asked(scale)
        if self.ask.set_scale(scale, study):
            set_tab_order(self.pair.right.text.last, *self.ask.stops, self.skip)
        self.pair.prompt.set_notice(notice)
        self.pair.set_item(item)
        self._drafts.load(fitting(item.draft, scale))
        self.judging.begin(scale, item.characters)
        self.judging.read()

    def show_failure(self, message: str) -> None:
        self.failure.say(message, tr("Retry"))
        self.judging.reopen()

    def shut(self) -> None:
        self.judging.close()
        self.saved.say("")
        for part in (self.failure, self.missing):
            part.hide()

    def press(self, command: str) -> None:
        if not self.judging.press(command) and command in self._commands:
            self._commands[command]()

    def set_keys(self, keys: Mapping[str, str]) -> None:
        self.ask.set_keys(keys)
        self.pair.prompt.set_key(keys.get("rate.prompt", ""))
        self.back.set_key(keys.get("rate.undo", ""))
        self.skip.set_key(keys.get("rate.pause", ""))
        self.markdown.set_key(keys.get("rate.markdown", ""))
        self.link.set_key(keys.get("rate.scroll_together", ""))

    def restyle(self) -> None:
        self.pair.refresh()
        self._middle.setMaximumWidth(self._theme.px(WIDEST))

    def _step_back(self) -> None:
        if not self.judging.step_back():
            self.no_vote.emit()

    def _vote(self, answer: Answer) -> None:
        self.voted.emit(answer, self._drafts.hand_over())

    def _turn_markdown(self) -> None:
        self.pair.set_markdown(not self.pair.markdown)
        self._name_markdown()

    def _name_markdown(self) -> None:
        self.markdown.set_ticked(not self.pair.markdown, tr("Plain text"), tr("Plain text: on"))

    def _turn_link(self) -> None:
        self.pair.set_linked(not self.pair.linked)
        self._name_link()

    def _name_link(self) -> None:
        self.link.setChecked(self.pair.linked)
        self.link.set_ticked(self.pair.linked, tr("Scroll together"), tr("Scroll together: on"))

    def _lay_out(self) -> None:
        tools = in_row(self.skip, self.markdown, self.link, (self.saved, 1), self.back, gap=S)
        self._middle = filled(in_column((self.pair, 1), self.ask, tools, gap=S))
        self._middle.setMaximumWidth(self._theme.px(WIDEST))
        in_row(self._middle, of=self)
