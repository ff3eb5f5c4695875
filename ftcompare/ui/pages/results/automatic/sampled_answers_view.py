"""The answers of two systems to one prompt, each distinct answer with its count."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.results.consistency import SampledAnswer, SampledAnswers
from ftcompare.ui import safe_text
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.pair_view import PROMPT_HEIGHT, turns
from ftcompare.ui.text.response_text import TurnText
from ftcompare.ui.text.short_names import short_name
from ftcompare.ui.theme.theme import L, M, S
from ftcompare.ui.widgets.controls import Card, PlainButton, SectionLabel, label, named
from ftcompare.ui.widgets.layouts import STRETCH, Slot, filled, in_column, in_row, put

ANSWER_HEIGHT = 240
"""Largest height of an answer in pixels; a longer one scrolls."""
NAME_LENGTH = 40


class SampledAnswersView(QWidget):
    """The prompt, and a column of answers for each system.

    Signals:
        left: the reader goes back to the list.
    """

    left = Signal()

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self.back = named(PlainButton("Back to the list"), "sampled_back")
        self.prompt = TurnText(context.theme, "Prompt", PROMPT_HEIGHT)
        self._columns = Slot()
        card = Card("Prompt")
        card.body.addWidget(self.prompt)
        in_column(in_row(self.back, STRETCH), card, self._columns, STRETCH, gap=L, of=self)
        self.back.clicked.connect(self.left)
        context.theme.changed.connect(self.prompt.refresh)

    def show_answers(self, found: SampledAnswers, systems: tuple[str, ...]) -> None:
        """Show the answers of these systems, from left to right."""
        markdown = self._context.remembered.now.review_markdown
        prompt = safe_text.beginning(turns(found.messages), markdown=markdown)
        self.prompt.set_text(prompt, markdown=markdown)
        columns = ((self._column(system, found.given.get(system, ())), 1) for system in systems)
        self._columns.set_content(filled(in_row(*columns, gap=L)))
        self.back.setFocus()

    def _column(self, system: str, given: tuple[SampledAnswer, ...]) -> QWidget:
        card, samples = Card(), sum(one.times for one in given)
        put(card.body, SectionLabel(short_name(system, NAME_LENGTH)))
        for one in given:
            times = label(f"Given {one.times:,} of {samples:,} times", "small")
            put(card.body, in_column(times, self._text(system, one), gap=S))
        put(card.body, STRETCH)
        card.body.setSpacing(M)
        return card

    def _text(self, system: str, given: SampledAnswer) -> TurnText:
        shown = TurnText(self._context.theme, f"Answer of {system}", ANSWER_HEIGHT)
        markdown = self._context.remembered.now.review_markdown
        shown.set_text(safe_text.beginning(given.text, markdown=markdown), markdown=markdown)
        self._context.theme.changed.connect(shown.refresh)
        return shown
