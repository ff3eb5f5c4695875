"""What raters said of the answers to one prompt, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftcompare.ui.pages.review.judgment_texts import TEXT_LENGTH, beside_line
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import XL, XS, S
from ftcompare.ui.widgets.controls import Card, SectionLabel, label, named
from ftcompare.ui.widgets.layouts import Slot, filled, in_column, put

if TYPE_CHECKING:
    from ftcompare.app.review.answers import AnsweredPrompt, AnswerVerdict

SHOWN = 40
"""Judgments that are listed; of more the first."""
COMMENT_LENGTH = 600


class VerdictList(Card):
    """The judgments of the pairs that an answer stands in; hidden where there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.body.setSpacing(XS)
        self.body.setContentsMargins(XL - 4, S, XL - 4, S)
        self._lines = Slot()
        put(self.body, SectionLabel("What raters said"), self._lines)
        self.hide()

    def show_of(self, prompt: AnsweredPrompt, shown: frozenset[int]) -> None:
        """List the judgments of the pairs in which one of these answers stands."""
        verdicts = [one for one in prompt.verdicts if shown & set(one.responses)]
        several = len(prompt.answers) > 2
        lines = [_line(one, several=several) for one in verdicts[:SHOWN]]
        if len(verdicts) > SHOWN:
            lines.append(f"{len(verdicts) - SHOWN:,} more are not listed here.")
        column = in_column(*(label(line, wrap=True) for line in lines), gap=XS)
        self._lines.set_content(named(filled(column), "verdict_lines"))
        self.setVisible(bool(lines))


def _line(verdict: AnswerVerdict, *, several: bool) -> str:
    """``Ada: Answer A preferred. “Clearer.” · flagged``."""
    told = f"{one_line(verdict.rater, TEXT_LENGTH)}{' (program)' if verdict.automatic else ''}"
    told += f", {verdict.answers[0]} against {verdict.answers[1]}" if several else ""
    said = verdict.words + (f", {verdict.beside.strength}" if verdict.beside.strength else "")
    comment = one_line(verdict.comment, COMMENT_LENGTH)
    parts = (f"{told}: {said}.", f"“{comment}”" if comment else "", beside_line(verdict.beside))
    return " ".join(filter(None, parts)) + (" · Flagged" if verdict.flagged else "")
