"""The questions about a pair: what a right answer does, the criteria, the reasons, the answers."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from ftcompare.core.scale import Scale
from ftcompare.core.study import Draft
from ftcompare.ui.rating.answer_row import AnswerRow, Turn
from ftcompare.ui.rating.criteria_and_reasons import CriteriaPanel, ReasonRow
from ftcompare.ui.rating.vertical_fit import Room, height_at, stacked
from ftcompare.ui.theme.theme import M, Theme
from ftcompare.ui.widgets.controls import label, named
from ftcompare.ui.widgets.layouts import filled, in_column, in_row


class QuestionPanel(QWidget):
    """Criteria, reasons and answers, in the order in which the rater gives them."""

    def __init__(self, theme: Theme, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._keys = keys
        self._reasons_mode = False
        self._asked: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        self.criteria = CriteriaPanel()
        self.answers = AnswerRow(theme, keys)
        self.reasons = ReasonRow()
        self._expected_words = named(label("", wrap=True), "expected_words")
        self._expected_words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.expected = filled(in_row((self._expected_words, 1)))
        self.expected.hide()
        self._parts = (self.expected, self.criteria, self.reasons, self.answers)
        self._column = in_column(*self._parts, gap=M, of=self)

    def set_scale(self, scale: Scale) -> bool:
        """Show the questions of a scale; returns whether it differs from the one before."""
        changed = self.answers.set_scale(scale)
        if (scale.criteria, scale.reasons) != self._asked:
            self._asked = (scale.criteria, scale.reasons)
            self.criteria.set_criteria(scale.criteria)
            self.reasons.set_reasons(scale.reasons)
            self._show_keys()
        return changed

    def tell_expected(self, words: str) -> bool:
        """Show what a right answer does; empty for nothing. Returns whether the panel's height may change."""
        before = self.expected.isHidden()
        self._expected_words.setText(words)
        self.expected.setVisible(bool(words))
        return before != self.expected.isHidden()

    def show_draft(self, draft: Draft, criterion: str, *, reasons_mode: bool) -> None:
        """Show the answers and ticked reasons, and what the next key does.

        Args:
            draft: the criteria's answers and the ticked reasons.
            criterion: the criterion that the arrow keys answer; empty for the overall question.
            reasons_mode: whether the number keys tick reasons.
        """
        self.criteria.show_answers(dict(draft.criteria), criterion)
        criteria, _ = self._asked
        self.answers.set_turn(Turn.LATER if criterion else Turn.NOW if criteria else Turn.ALONE)
        self.reasons.show_ticked(draft.reasons, dict(draft.reason_sides))
        if reasons_mode != self._reasons_mode:
            self._reasons_mode = reasons_mode
            self._show_keys()

    def set_keys(self, keys: Mapping[str, str]) -> None:
        """Show these keys."""
        self._keys = keys
        self.answers.set_keys(keys)
        self._show_keys()

    def set_room(self, room: Room, width: int) -> None:
        """Set the spacing for a width."""
        self._column.setSpacing(room.gap)
        self.criteria.set_compact(room.dense)
        self.answers.set_dense(room.dense)
        self.answers.fit(width)

    def height_at(self, width: int) -> int:
        """Height in pixels that the panel needs at a width."""
        return stacked([height_at(part, width) for part in self._parts], self._column.spacing())

    @property
    def stops(self) -> list[QWidget]:
        """The widgets that the Tab key visits, in order."""
        return [*self.criteria.stops, *self.reasons.stops, *self.answers.buttons]

    def _show_keys(self) -> None:
        criteria, _ = self._asked
        ticking = self._reasons_mode or not criteria
        self.criteria.set_keys(self._keys, numbers=not self._reasons_mode)
        self.reasons.set_keys(self._keys, ticking=ticking, always=not criteria)
