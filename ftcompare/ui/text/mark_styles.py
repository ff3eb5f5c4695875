"""Formats of marks and their legend: terms by line, words of one side by weight and tint, matches."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice

from PySide6.QtGui import QFont, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QTextEdit

from ftcompare.core.language import listed, tr
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.ui.text.offset_map import utf16_places
from ftcompare.ui.text.safe_document import DocumentLine, bare_document, extra_selection, plain_format
from ftcompare.ui.theme.theme import Theme

_STYLE = QTextCharFormat.UnderlineStyle
UNDERLINES = {
    TermStatus.PREFERRED: _STYLE.SingleUnderline,
    TermStatus.ADMITTED: _STYLE.DotLine,
    TermStatus.DEPRECATED: _STYLE.WaveUnderline,
    TermStatus.SUPERSEDED: _STYLE.DashUnderline,
}
TAG_RAISED = 18.0  # how far a tag is raised, in per cent of its height

JOINED = "\u202f"  # A narrow space at which no line ends, so that a tag stays with its words


def status_format(theme: Theme, status: TermStatus) -> QTextCharFormat:
    form = QTextCharFormat()
    form.setUnderlineStyle(UNDERLINES[status])
    form.setUnderlineColor(theme.color(status.value))
    return form


def error_format(theme: Theme, *, corrected: bool = False) -> QTextCharFormat:
    """Return the format of a marked passage: a line above, since terms have the line below."""
    form = QTextCharFormat()
    form.setFontOverline(True)
    form.setFontStrikeOut(corrected)
    form.setFontWeight(QFont.Weight.Medium.value)
    form.setBackground(theme.color("accent_tint"))
    return form


def tag_format(theme: Theme) -> QTextCharFormat:
    form = QTextCharFormat()
    form.setFont(theme.font(18, QFont.Weight.DemiBold))  # raised text is set at two thirds of its size
    form.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignSuperScript)
    form.setSuperScriptBaseline(TAG_RAISED)
    form.setForeground(theme.color("muted"))
    return form


def difference_format(theme: Theme, *, tinted: bool = True) -> QTextCharFormat:
    form = QTextCharFormat()
    if tinted:
        form.setBackground(theme.color("accent_tint"))
    form.setFontWeight(QFont.Weight.Bold.value)
    return form


class Legend(DocumentLine):
    """The legend of all kinds of marks; of the terms of one text with their number."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._tinted = self._terms = self._differences = True
        self._statuses = {status: tr(status.words) for status in TermStatus}
        self._name()

    def count(self, terms: Iterable[GlossaryTerm]) -> None:
        """Show only the statuses of these terms, each with its number of uses."""
        uses, self._differences = Counter(term.status for term in terms), False
        self._statuses = {one: f"{uses[one]} {tr(one.words)}" for one in TermStatus if uses[one]}
        self.updateGeometry()
        self._name()

    def set_tinted(self, tinted: bool) -> None:
        self._tinted = tinted
        self._name()

    def set_kinds(self, *, terms: bool, differences: bool) -> None:
        """Show the kinds of marks that can occur, glossary terms and words on one side; hide without any."""
        self._terms, self._differences = terms, differences
        self.setVisible(terms or differences)
        self.updateGeometry()
        self._name()

    def _name(self) -> None:
        words = tr("terms by their line: {statuses}", listed(self._statuses.values()))
        bold = tr("bold: words only on this side")
        if self._tinted:
            bold = tr("bold on a tint: words only on this side")
        kinds = [*([words] if self._terms else ()), *([bold] if self._differences else ())]
        self.setAccessibleName(tr("Highlights: {kinds}", "; ".join(kinds)))
        self.update()

    def _document(self) -> QTextDocument:
        document = bare_document(self._theme.font(13))
        cursor, plain = QTextCursor(document), plain_format(self._theme)
        for status, words in self._statuses.items() if self._terms else ():
            marked = status_format(self._theme, status)
            marked.setForeground(plain_format(self._theme).foreground())
            cursor.insertText(words, marked)
            cursor.insertText("    ", plain)
        differs = difference_format(self._theme, tinted=self._tinted)
        differs.setForeground(plain.foreground())
        if self._differences:
            cursor.insertText(tr("only on this side"), differs)
        return document


def status_document(theme: Theme, status: TermStatus) -> QTextDocument:
    document, form = bare_document(theme.font()), status_format(theme, status)
    form.setForeground(plain_format(theme).foreground())
    QTextCursor(document).insertText(tr(status.words), form)
    return document


MOST_FOUND = 500  # largest number of matches in one text that are marked and can be visited


def hit_format(theme: Theme, *, current: bool = False) -> QTextCharFormat:
    form = QTextCharFormat()
    form.setBackground(theme.color("accent" if current else "accent_tint"))
    form.setForeground(theme.color("on_accent" if current else "text"))
    form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
    form.setFontWeight(QFont.Weight.Bold.value)
    return form


def hits_in(shown: str, pattern: re.Pattern[str] | None, most: int = MOST_FOUND) -> list[tuple[int, int]]:
    """Start and end in UTF-16 code units of the first matches in the text that a view shows."""
    if pattern is None:
        return []
    places = utf16_places(shown)
    found = [match.span() for match in islice(pattern.finditer(shown), most)]
    return [(places[start], places[end]) for start, end in found] if places else found


def hit_selections(
    view: QTextEdit, theme: Theme, hits: list[tuple[int, int]], current: tuple[int, int] | None
) -> list[QTextEdit.ExtraSelection]:
    return [extra_selection(view.document(), *hit, hit_format(theme, current=hit == current)) for hit in hits]
