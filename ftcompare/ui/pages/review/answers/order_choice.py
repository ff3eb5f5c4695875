"""A combo box for the order of the answers, so that it can be set by keyboard, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QWidget

from ftcompare.ui.safe_text import tip
from ftcompare.ui.widgets.layouts import in_row
from ftcompare.ui.widgets.named_choice import fill_choice, named_choice
from ftcompare.ui.widgets.wheel_guard import choice_box

if TYPE_CHECKING:
    from ftcompare.app.review.answer_order import AnswerOrder

AS_STUDY = "as in the study"
TOLD = "Pressing the title of a column orders the list, too; once more turns the order round"
TITLES = {
    "prompt": ("prompt, A to Z", "prompt, Z to A"),
    "answer": ("answer, A to Z", "answer, Z to A"),
    "beginning": ("beginning, A to Z", "beginning, Z to A"),
    "characters": ("shortest first", "longest first"),
    "judged": ("least judged first", "most judged first"),
    "noted": ("least noted first", "most noted first"),
}
"""By the values of `AnswerColumn`: rising and falling."""


class AnswerOrderChoice(QWidget):
    """The choice of an order.

    Signals:
        changed: the user chose another order.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.choice = choice_box()
        named_one = named_choice("Order", self.choice, "answers_order", "Order of the list")
        self.choice.setToolTip(
            tip("A column's title orders the list, too, when it is pressed; once more turns it round")
        )
        entries: list[tuple[str, object]] = [(AS_STUDY, "")]
        entries += [(words, f"{by} {way}") for by, both in TITLES.items() for way, words in enumerate(both)]
        fill_choice(self.choice, entries, "")
        in_row(named_one, of=self)
        self.choice.currentIndexChanged.connect(lambda _: self.changed.emit())

    @property
    def chosen(self) -> AnswerOrder | None:
        from ftcompare.app.review.answer_order import AnswerColumn, AnswerOrder

        by, _, way = str(self.choice.currentData()).partition(" ")
        return AnswerOrder(AnswerColumn(by), way == "1") if by else None

    def show_order(self, order: AnswerOrder | None) -> None:
        data = "" if order is None else f"{order.by} {int(order.descending)}"
        with QSignalBlocker(self.choice):
            self.choice.setCurrentIndex(self.choice.findData(data))
