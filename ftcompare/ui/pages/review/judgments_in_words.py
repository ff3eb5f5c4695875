"""Raters' judgments in words, for lists and the comparison view, and the list of those of one prompt."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from ftcompare.app.review.answers import AnsweredPrompt, AnswerVerdict
from ftcompare.app.review.terminology import Beside, Given
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.text.short_names import short_name
from ftcompare.ui.theme.theme import XL, XS, S
from ftcompare.ui.widgets.controls import Card, SectionLabel, label, named
from ftcompare.ui.widgets.layouts import Slot, filled, in_column, put

NAME_LENGTH = 16
"""Characters of a system's name in a column."""
TEXT_LENGTH = 60
"""Largest number of characters of a criterion's name or a reason."""
SHOWN = 40
"""Judgments that are listed; of more the first."""
COMMENT_LENGTH = 600
LISTED_NAME_LENGTH = 28


def short_words(found: Given) -> str:
    """Short text of a verdict: the preferred system and its side; only the side while names are withheld."""
    if not found.system:
        return found.words
    name = short_name(found.system, NAME_LENGTH)
    return f"{name} ({found.side})" if found.side else name


def verdict_line(found: Given, strength: str, rater: str) -> str:
    """The verdict above the comment: ``tuned preferred (left), much better · Ada``."""
    told = found.words
    if found.system:
        told = f"{short_name(found.system)} preferred"
        told += f" ({found.side})" if found.side else ""
    told += f", {strength}" if strength else ""
    return f"{told} · {one_line(rater, TEXT_LENGTH)}"


def beside_line(found: Beside) -> str:
    """Criteria and reasons in one line; empty for neither."""
    criteria = [f"{one_line(name, TEXT_LENGTH)}: {short_words(answer)}" for name, answer in found.criteria]
    reasons = ", ".join(one_line(reason, TEXT_LENGTH) for reason in found.reasons)
    told = [f"By criterion: {'; '.join(criteria)}."] if criteria else []
    told += [f"Reasons: {reasons}."] if reasons else []
    return " ".join(told)


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
    names = [short_name(name, LISTED_NAME_LENGTH) for name in verdict.answers]
    told = f"{one_line(verdict.rater, TEXT_LENGTH)}{' (program)' if verdict.automatic else ''}"
    told += f", {names[0]} against {names[1]}" if several else ""
    preferred = short_name(verdict.preferred, LISTED_NAME_LENGTH)
    words = f"{preferred} preferred" if preferred else verdict.words
    strength = f", {verdict.beside.strength}" if verdict.beside.strength else ""
    comment = one_line(verdict.comment, COMMENT_LENGTH)
    parts = (f"{told}: {words}{strength}.", f"“{comment}”" if comment else "")
    return " ".join(filter(None, parts)) + (" · Flagged" if verdict.flagged else "")
