"""Raters' judgments of the answers to one prompt, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from ftcompare.ui.pages.review.judgment_texts import TEXT_LENGTH, beside_line
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.text.short_names import short_name
from ftcompare.ui.theme.theme import XL, XS, S
from ftcompare.ui.widgets.controls import Card, SectionLabel, label, named
from ftcompare.ui.widgets.layouts import Slot, filled, in_column, put

if TYPE_CHECKING:
    from ftcompare.app.review.answers import AnsweredPrompt, AnswerVerdict

SHOWN = 40
"""Judgments that are listed; of more the first."""
COMMENT_LENGTH = 600
NAME_LENGTH = 28


class VerdictList(Card):
    """The judgments of the pairs with an answer; hidden if there are none."""

    def __init__(self) -> None:
        super().__init__()
        self.body.setSpacing(XS)
        self.body.setContentsMargins(XL - 4, S, XL - 4, S)
        self._lines = Slot()
        put(self.body, SectionLabel("What raters said"), self._lines)
        self.hide()

    def show_of(self, prompt: AnsweredPrompt, shown: frozenset[int]) -> None:
        """List the judgments of the pairs with one of these answers."""
        verdicts = [one for one in prompt.verdicts if shown & set(one.responses)]
        several = len(prompt.answers) > 2
        lines = [line for one in verdicts[:SHOWN] for line in _lines(one, several=several)]
        if len(verdicts) > SHOWN:
            lines.append(label(f"{len(verdicts) - SHOWN:,} more are not listed here.", "small", wrap=True))
        self._lines.set_content(named(filled(in_column(*lines, gap=XS)), "verdict_lines"))
        self.setVisible(bool(lines))


def _lines(verdict: AnswerVerdict, *, several: bool) -> tuple[QWidget, ...]:
    """The verdict with its comment and, in smaller type, further data of the judgment."""
    beside = beside_line(verdict.beside)
    said = label(_said(verdict, several=several), wrap=True)
    return (said, label(beside, "small", wrap=True)) if beside else (said,)


def _said(verdict: AnswerVerdict, *, several: bool) -> str:
    """``Ada: Answer A preferred. “Clearer.” · Flagged``."""
    names = [short_name(name, NAME_LENGTH) for name in verdict.answers]
    told = f"{one_line(verdict.rater, TEXT_LENGTH)}{' (program)' if verdict.automatic else ''}"
    told += f", {names[0]} against {names[1]}" if several else ""
    words = f"{short_name(verdict.preferred, NAME_LENGTH)} preferred" if verdict.preferred else verdict.words
    strength = f", {verdict.beside.strength}" if verdict.beside.strength else ""
    comment = one_line(verdict.comment, COMMENT_LENGTH)
    parts = (f"{told}: {words}{strength}.", f"“{comment}”" if comment else "")
    return " ".join(filter(None, parts)) + (" · Flagged" if verdict.flagged else "")
