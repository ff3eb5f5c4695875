"""A sentence of the results with the button that explains it and the link to what it speaks of."""

from __future__ import annotations

from PySide6.QtCore import Qt

from ftcompare.app.results.presentation.blocks import Paragraph
from ftcompare.ui.figures.cards import SnugLabel
from ftcompare.ui.figures.explanation import Explain, how_button
from ftcompare.ui.figures.rows import Pick
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import LinkButton
from ftcompare.ui.widgets.focus_group import FocusGroup
from ftcompare.ui.widgets.layouts import in_row


class ParagraphLine(FocusGroup):
    """A text as wide as its words, and what follows it; hidden while there is nothing to say.

    Args:
        about: what it is about, for who cannot see what stands before the button.
        explain: called with its explanation.
        pick: called with the judged comparisons that it speaks of.
    """

    def __init__(self, about: str, explain: Explain, pick: Pick) -> None:
        super().__init__()
        self._explain, self._pick = explain, pick
        self._shown = Paragraph("")
        self._words = SnugLabel()
        self.link = LinkButton("")
        self._how = how_button(about, self._ask)
        self.link.clicked.connect(self._follow)
        after = ((widget, Qt.AlignmentFlag.AlignBottom) for widget in (self._how, self.link))
        in_row((self._words, 1), *after, None, gap=S, of=self)

    def text(self) -> str:
        """What it says."""
        return self._shown.text

    def show_paragraph(self, paragraph: Paragraph) -> None:
        """Say something else; an empty text hides it."""
        self._shown = paragraph
        self._words.set_text(paragraph.text)
        self.setVisible(bool(paragraph.text))
        self._how.setVisible(paragraph.explanation is not None)
        self.link.set_text(paragraph.link)
        self.link.setVisible(paragraph.judged is not None)

    def _ask(self) -> None:
        if self._shown.explanation is not None:
            self._explain((self._shown.explanation,))

    def _follow(self) -> None:
        if self._shown.judged is not None:
            self._pick(self._shown.judged)
