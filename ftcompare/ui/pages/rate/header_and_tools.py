"""The header with the progress, and the row of tools below the answers."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from ftcompare.app.rate.rating_session import RatingView
from ftcompare.core.study import GuessMoment
from ftcompare.ui import safe_text
from ftcompare.ui.rating.commands import undo_text
from ftcompare.ui.rating.controls import KeyButton, SavedMark, height_at, ticked_title, wired
from ftcompare.ui.theme.theme import XS, M, S
from ftcompare.ui.widgets.controls import ElidedLabel, label, named, set_role
from ftcompare.ui.widgets.layouts import STRETCH, FlowLayout, in_column, in_row

TOGETHER, TOGETHER_SHORT = "Scroll together", "Scroll"


class ToolRow(QWidget):
    """The tools besides the answers. Each keeps its place when the text of another changes."""

    chosen = Signal(str)  # command id of the clicked tool

    def __init__(self, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._tools: dict[str, KeyButton] = {}
        self._dense = False
        self._together = TOGETHER
        self._offered = (True, True, False)
        self.comment = self._tool("rate.comment", "Comment")
        self.skip = self._tool("rate.skip", "Skip")
        self.flag = self._tool("rate.flag", "Flag")
        self.markdown = self._tool("rate.markdown", "Plain text")
        self.link = self._tool("rate.scroll_together", "Scroll together")
        self.undo = self._tool("rate.undo", "Undo")
        self.pause = self._tool("rate.pause", "Pause")
        self.instructions = self._tool("rate.instructions", "Instructions")
        self._flow = FlowLayout(S)
        for tool in self._tools.values():
            self._flow.addWidget(tool)
        self.saved = SavedMark()
        top = Qt.AlignmentFlag.AlignTop
        self.keys = self._tool("rate.keys", "All keys")
        in_row((self._flow, 1), (self.saved, top), (self.keys, top), gap=S, of=self)
        self.link.setCheckable(True)
        self.set_linked(True)
        self.set_keys(keys)

    def set_keys(self, keys: Mapping[str, str]) -> None:
        for command, tool in self._tools.items():
            tool.set_key(keys.get(command, ""))

    def offer(self, *, writing: bool, instructions: bool, practising: bool) -> bool:
        """Show the tools for the current pair; return whether they changed. A practice pair has no undo."""
        offered = (writing, instructions, practising)
        if offered == self._offered:
            return False
        self._offered = offered
        for tool in (self.comment, self.skip, self.flag):
            tool.setVisible(writing)
        self.undo.setVisible(not practising)
        self.instructions.setVisible(instructions)
        self.pause.set_title("Leave practice" if practising else "Pause")
        return True

    def fit(self, width: int, *, dense: bool) -> int:
        """Reserve room for all texts of the tools, shortened if need be; return the height in pixels."""
        height = self._height_at(width, dense=dense, together=TOGETHER)
        for together in (TOGETHER, TOGETHER_SHORT):
            if height > 1.5 * self.undo.sizeHint().height():
                height = self._height_at(width, dense=True, together=together)
        self.setMinimumHeight(height)
        return height

    def _height_at(self, width: int, *, dense: bool, together: str) -> int:
        self._set_dense(dense)
        self._together = together
        self.set_linked(self.link.on)
        for tool, title in ((self.comment, "Comment"), (self.flag, "Flag"), (self.link, self._together)):
            tool.keep_room(ticked_title(title))
        self.markdown.keep_room(ticked_title("Plain text"))
        return height_at(self, width)

    def _set_dense(self, dense: bool) -> None:
        if dense != self._dense:
            self._dense = dense
            self._flow.setSpacing(XS if dense else S)
            self.saved.set_short(dense)
            self.keys.set_title("" if dense else "All keys", "All keys")
            self.keys.setToolTip("All keys" if dense else "")

    def set_undo(self, what: str) -> None:
        told = undo_text(what)
        self.undo.set_title("Undo", told)
        self.undo.setToolTip(safe_text.tip(told) if what else "")
        self.undo.setEnabled(bool(what))

    def set_draft(self, *, comment: bool, flagged: bool) -> None:
        self.comment.set_ticked(comment, "Comment", "Comment added")
        self.flag.set_ticked(flagged, "Flag", "Flagged")

    def set_markdown(self, markdown: bool) -> None:
        self.markdown.set_ticked(not markdown, "Plain text", "Plain text: on")

    def set_linked(self, linked: bool) -> None:
        self.link.setChecked(linked)
        self.link.set_ticked(linked, self._together, "Scroll together: on")
        self.link.setToolTip("Both texts scroll together" if linked else "Each text scrolls separately")

    def _tool(self, command: str, title: str) -> KeyButton:
        made = wired(KeyButton(title), command, lambda: self.chosen.emit(command))
        self._tools[command] = made
        return made


MINUTE = 60
HOUR = 3600


class Header(QWidget):
    """One row with a thin progress bar."""

    def __init__(self) -> None:
        super().__init__()
        self._title = named(ElidedLabel("h2"), "rate_title")
        self.rater = named(KeyButton("", icon="user"), "rater_shown")
        self.answers = named(KeyButton("My answers"), "rate.answers")
        keeps = self.answers.sizePolicy()
        keeps.setRetainSizeWhenHidden(True)  # Otherwise the pair below moves when it appears.
        self.answers.setSizePolicy(keeps)
        self.place = named(label("", "muted"), "progress_words")
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName("Progress")
        row = in_row(self._title, self.rater, self.answers, STRETCH, self.place, gap=M)
        in_column(row, self._bar, gap=S, margins=(0, 0, 0, XS), of=self)

    def show_view(self, view: RatingView) -> None:
        self._title.setText(view.title)
        self.rater.set_title(view.rater)
        self.rater.setEnabled(view.pack is None)
        self.rater.setToolTip("Change rater" if view.pack is None else "")
        self.answers.setVisible(view.judged > 0 and not view.guessed and not view.changing)
        self._show(view.judged + view.skipped, view.total, _place(view))
        set_role(self.place, role="muted")

    def show_practice(self, number: int, total: int) -> None:
        self.answers.hide()
        self._show(number - 1, total, f"Practice {number} of {total}  ·  not counted")
        set_role(self.place, role="strong")

    def _show(self, done: int, total: int, message: str) -> None:
        self._bar.setMaximum(max(total, 1))
        self._bar.setValue(done)
        self.place.setText(message)
        self._bar.setAccessibleDescription(message)


def _place(view: RatingView) -> str:
    if view.changing:
        return "An earlier answer"
    if view.moment is GuessMoment.AT_END:
        return f"Last questions: {view.guessed + 1} of {view.guesses}"
    return progress_text(view.position, view.total, view.seconds_left if view.item else None)


def progress_text(position: int, total: int, seconds_left: float | None) -> str:
    """``17 of 120 · about 24 min left``; without the time if ``seconds_left`` is None."""
    place = f"{position:,} of {total:,}"
    return place if seconds_left is None else f"{place}  ·  {time_left(seconds_left)}"


def time_left(seconds: float) -> str:
    if seconds < MINUTE:
        return "less than a minute left"
    if seconds < 1.5 * HOUR:
        return f"about {round(seconds / MINUTE)} min left"
    hours, minutes = divmod(round(seconds / (10 * MINUTE)) * 10, 60)
    return f"about {hours} h {minutes} min left" if minutes else f"about {hours} h left"
