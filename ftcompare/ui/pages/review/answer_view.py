"""One answer alone, with its terms, for a use that is in no judged pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from ftcompare.ui import safe_text
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.pair_view import PROMPT_HEIGHT, SidePanel, turns
from ftcompare.ui.text.response_text import TurnText
from ftcompare.ui.theme.theme import XL, XS, M, S
from ftcompare.ui.widgets.controls import Card, PlainButton, SectionLabel, named
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row, put

if TYPE_CHECKING:
    from ftcompare.app.review.concordance import AnswerReview


class AnswerView(QWidget):
    """Prompt and answer; ``back`` is the button that leaves them."""

    def __init__(self, context: PageContext, back: str) -> None:
        super().__init__()
        self.back = named(PlainButton(back), "answer_back")
        self.prompt = TurnText(context.theme, "Prompt", PROMPT_HEIGHT)
        self.panel = SidePanel(context, "Answer")
        self._context = context
        card = Card()
        card.body.setSpacing(XS)
        card.body.setContentsMargins(XL - 4, S, XL - 4, S)
        put(card.body, SectionLabel("Prompt"), self.prompt)
        in_column(in_row(self.back, STRETCH), card, (self.panel, 1), gap=M, of=self)
        context.theme.changed.connect(self.prompt.refresh)

    def show_answer(self, found: AnswerReview, start: int, end: int) -> None:
        """Show an answer with the text between two offsets selected and visible."""
        markdown = self._context.remembered.now.review_markdown
        prompt = safe_text.beginning(turns(found.messages), markdown=markdown)
        self.prompt.set_text(prompt, markdown=markdown)
        self.panel.text.set_markdown(markdown)
        self.panel.show_side(found.side, found.system, glossary=found.glossary)
        self.panel.only_here.hide()
        self.panel.text.take(start, end)
