"""A searchable list of a rater's own answers; each can be opened again and changed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from ftcompare.app.rate.rating_session import answer_words
from ftcompare.core.blinding import GivenAnswer
from ftcompare.core.plurals import counted
from ftcompare.core.rating_rules import CHOICES
from ftcompare.core.scale import Scale
from ftcompare.core.study import Verdict
from ftcompare.ui.rating.centered_screen import button_row, wired
from ftcompare.ui.theme.theme import L, M, S, Theme
from ftcompare.ui.widgets.controls import Heading, KeyCap, Muted, PlainButton, PrimaryButton, named
from ftcompare.ui.widgets.layouts import in_column
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row

SEARCHED = 20_000  # number of characters of each text that the search covers


class AnswersScreen(QWidget):
    """The list of a rater's own answers."""

    opened = Signal(object)  # the ``AllocationId`` of the pair to open again
    closed = Signal()  # go back to the screen before

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setAccessibleName("My answers")
        self._told = named(Muted(), "answers_told")
        columns = (
            DataColumn("Prompt", stretch=1),
            DataColumn("Your answer"),
            DataColumn("Reasons", stretch=1),
            DataColumn("Comment", stretch=1),
            DataColumn("Flag"),
            DataColumn("Cut", tip="Which answer was cut at the length limit"),
        )
        searched = "Words of the prompt, of both texts, of your answer and your comment"
        self.table = DataTable(theme, "My answers", columns, "Search my answers", searched)
        self.table.field.setObjectName("answers_search")
        self._open = wired(PrimaryButton("Look at this pair again"), "answers_open", self._open_current)
        back = wired(PlainButton("Back"), "answers_back", self.closed.emit)
        buttons = button_row(self._open, KeyCap("Enter"), L, back, KeyCap("Esc"))
        heading = Heading("My answers", level=2)
        in_column(heading, self._told, (self.table, 1), buttons, gap=M, margins=(0, S, 0, 0), of=self)
        self.table.opened.connect(self.opened)
        self.table.current_changed.connect(lambda key: self._open.setEnabled(key is not None))
        self.table.field.returnPressed.connect(self._open_first)

    def set_answers(self, answers: Sequence[GivenAnswer], scale: Scale) -> None:
        self.table.field.clear()
        self.table.set_rows([_row(answer, scale) for answer in answers])
        told = counted(len(answers), "answer")
        self._told.setText(f"{told}, the newest first. Look at a pair again to change your answer.")
        self._open.setEnabled(False)
        if answers:
            self.table.select(0)
        if self.isVisible():
            self.table.view.setFocus()

    def clear(self) -> None:
        self.table.field.clear()
        self.table.set_rows(())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _open_current(self) -> None:
        index = self.table.view.currentIndex()
        if index.isValid():
            self.opened.emit(self.table.model.shown[index.row()].key)

    def _open_first(self) -> None:
        if self.table.model.shown:
            self.table.select(0)
            self.table.view.setFocus()


def _reasons(verdict: Verdict) -> str:
    """``Too long (Left), Wrong term``."""
    sides = dict(verdict.reason_sides)
    told = (f"{name} ({CHOICES[sides[name]]})" if name in sides else name for name in verdict.reasons)
    return ", ".join(told)


def _cut(answer: GivenAnswer) -> str:
    return "Both" if len(answer.cut) > 1 else "".join(CHOICES[place] for place in answer.cut)


def _row(answer: GivenAnswer, scale: Scale) -> Row:
    item, verdict = answer.item, answer.verdict
    asked = next((each.content for each in reversed(item.messages) if each.role == "user"), "")
    said = answer_words(verdict.choice, verdict.strength, scale)
    hidden = " ".join(text[:SEARCHED] for text in (item.left, item.right))
    cells = (
        asked,
        said,
        _reasons(verdict),
        verdict.comment,
        "Flagged" if verdict.flagged else "",
        _cut(answer),
    )
    return Row(item.allocation, cells, hidden=hidden)
