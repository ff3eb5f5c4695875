"""A sentence of the results with a button that explains it and a link to its comparisons."""

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
    """A text as wide as its words, followed by button and link; hidden if the text is empty.

    Args:
        about: subject of the text, for the button's accessible name.
        pick: called with the judged comparisons that it is about.
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
        return self._shown.text

    def show_paragraph(self, paragraph: Paragraph) -> None:
        """Show another paragraph; an empty text hides the widget."""
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
