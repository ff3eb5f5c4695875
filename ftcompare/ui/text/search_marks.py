"""Marks the matches of a search in a shown text without changing the document."""

from __future__ import annotations

import re
from itertools import islice

from PySide6.QtGui import QFont, QTextCharFormat
from PySide6.QtWidgets import QTextEdit

from ftcompare.ui.text.safe_document import extra_selection
from ftcompare.ui.text.word_map import utf16_places
from ftcompare.ui.theme.theme import Theme

MOST_FOUND = 500
"""Largest number of matches in one text that are marked and can be visited."""


def hit_format(theme: Theme, *, current: bool = False) -> QTextCharFormat:
    """The format of a match: a tint with underline; the current match has the accent colour."""
    form = QTextCharFormat()
    form.setBackground(theme.color("accent" if current else "accent_tint"))
    form.setForeground(theme.color("on_accent" if current else "text"))
    form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
    form.setFontWeight(QFont.Weight.Bold.value)
    return form


def hits_in(view: QTextEdit, pattern: re.Pattern[str] | None) -> list[tuple[int, int]]:
    """Start and end in UTF-16 code units of the first `MOST_FOUND` matches in the text of a view."""
    if pattern is None:
        return []
    shown = view.toPlainText()
    places = utf16_places(shown)
    found = [match.span() for match in islice(pattern.finditer(shown), MOST_FOUND)]
    return [(places[start], places[end]) for start, end in found] if places else found


def hit_selections(
    view: QTextEdit, theme: Theme, hits: list[tuple[int, int]], current: tuple[int, int] | None
) -> list[QTextEdit.ExtraSelection]:
    return [extra_selection(view.document(), *hit, hit_format(theme, current=hit == current)) for hit in hits]
