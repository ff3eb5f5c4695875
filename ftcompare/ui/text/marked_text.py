"""A text with its glossary terms and its own words marked: by line, tag and weight, not by colour alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QFont,
    QHelpEvent,
    QKeyEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QToolTip

from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.ui import safe_text
from ftcompare.ui.text.document_line import DocumentLine, bare_document, plain_format
from ftcompare.ui.text.likelihood_shading import Shades, TextShading, part_words
from ftcompare.ui.text.offset_map import TextMap
from ftcompare.ui.text.response_text import SafeDocument, TextView, selection
from ftcompare.ui.theme.theme import Theme

if TYPE_CHECKING:
    from ftcompare.app.generate.scoring import ScoredPart
    from ftcompare.app.review.terminology import ReviewedText
    from ftcompare.terms.matching import Match
    from ftcompare.terms.word_diff import Span

TAGS = {
    TermStatus.PREFERRED: "pref",
    TermStatus.ADMITTED: "adm",
    TermStatus.DEPRECATED: "depr",
    TermStatus.SUPERSEDED: "sup",
}
_STYLE = QTextCharFormat.UnderlineStyle
UNDERLINES = {
    TermStatus.PREFERRED: _STYLE.SingleUnderline,
    TermStatus.ADMITTED: _STYLE.DotLine,
    TermStatus.DEPRECATED: _STYLE.WaveUnderline,
    TermStatus.SUPERSEDED: _STYLE.DashUnderline,
}
LEAST_HEIGHT, MOST_HEIGHT = 148, 420
"""Pixels before zoom that a text asks for at least, and for its own sake at most."""
TAG_RAISED = 18.0
"""How far a tag is raised, in per cent of its height."""

_JOINED = "\u202f"
"""A narrow space at which no line ends, so that a tag stays with its term."""


def term_words(term: GlossaryTerm) -> str:
    """A term, its status, its concept and its note in one sentence."""
    said = f"“{term.term}”: {term.status} term"
    if term.concept:
        said += f" of the concept “{term.concept}”"
    return safe_text.one_line(f"{said}. {term.note}".strip(), 400)


def status_format(theme: Theme, status: TermStatus) -> QTextCharFormat:
    """How a term of a status is underlined."""
    form = QTextCharFormat()
    form.setUnderlineStyle(UNDERLINES[status])
    form.setUnderlineColor(theme.color(status.value))
    return form


def tag_format(theme: Theme) -> QTextCharFormat:
    """How the tag behind a term is set."""
    form = QTextCharFormat()
    form.setFont(theme.font(18, QFont.Weight.DemiBold))  # raised text is set at two thirds of its size
    form.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignSuperScript)
    form.setSuperScriptBaseline(TAG_RAISED)
    form.setForeground(theme.color("muted"))
    return form


def difference_format(theme: Theme, *, tinted: bool = True) -> QTextCharFormat:
    """How words that stand on one side only are set: without the tint where text is shaded."""
    form = QTextCharFormat()
    if tinted:
        form.setBackground(theme.color("accent_tint"))
    form.setFontWeight(QFont.Weight.Bold.value)
    return form


@dataclass(frozen=True, slots=True)
class Mark:
    """One highlight: offsets into the text as stored, and what it means in words."""

    start: int
    end: int
    words: str


def _marks(text: str, matches: Iterable[Match], only_here: Iterable[Span]) -> tuple[Mark, ...]:
    """Every term and every run of words that the other side lacks, in the order of the text."""
    marks = [Mark(m.start, m.end, term_words(m.term)) for m in matches]
    for run in only_here:
        words = safe_text.one_line(text[run.start : run.end])
        marks.append(Mark(run.start, run.end, f"Only on this side: “{words}”."))
    return tuple(sorted(marks, key=lambda mark: (mark.start, -mark.end)))


class MarkedText(TextView):
    """Shows one side of a judged pair. F3 and Shift+F3 go from mark to mark, F4 from shade to shade.

    Signals:
        moved: what the mark or the part now in hand means, in words.
    """

    moved = Signal(str)

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__(theme, name)
        self._side: ReviewedText | None = None
        self._whole = False
        self._differences = True
        self._map = TextMap("")
        self.marks: tuple[Mark, ...] = ()
        """The highlights in the part of the text that is shown."""
        self._current = -1
        self._shading: TextShading | None = None
        self.shades = Shades(theme, None, self._map, 0)
        """The shades of the part of the text that is shown."""
        self._going = False
        by = Qt.TextInteractionFlag
        self.setTextInteractionFlags(by.TextSelectableByMouse | by.TextSelectableByKeyboard)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.changed.connect(self.refresh)
        self.verticalScrollBar().valueChanged.connect(self._lay_shades)
        self.cursorPositionChanged.connect(self._tell_part)

    @property
    def shaded(self) -> bool:
        """Whether the text is shaded."""
        return self._shading is not None

    @property
    def left_out(self) -> int:
        """Characters at the end that are not shown: not yet, or because the text is too long."""
        shown = safe_text.longest_whole if self._whole else safe_text.beginning
        return len(self._side.text) - len(shown(self._side.text)) if self._side else 0

    def set_side(self, side: ReviewedText) -> None:
        """Show a text from its top. What it is shaded by is to be set next; until then nothing is."""
        self._side, self._whole = side, False
        if self._shading is not None:
            self._shading = replace(self._shading, parts=())
        self._show()

    def show_all(self) -> None:
        """Show the whole text; of one that cannot be laid out without standing still, as much as can."""
        self._whole = True
        self._show()

    def set_differences(self, shown: bool) -> None:
        """Mark the words that the other side lacks, or not."""
        if shown != self._differences:
            self._differences = shown
            self._show()

    def set_shading(self, shading: TextShading | None) -> None:
        """Shade the text in hand, or not; what is in view stays there."""
        before, self._shading = self.shaded, shading
        if before == self.shaded or self._side is None or not self._side.only_here:
            self._make_shades()
            return
        place = self.verticalScrollBar().value()  # differing words are tinted only where nothing is shaded
        self._show()
        self.verticalScrollBar().setValue(place)

    def sizeHint(self) -> QSize:
        """Room for the whole text, if it is not long: it takes what room there is, and scrolls."""
        least, most = self._theme.px(LEAST_HEIGHT), self._theme.px(MOST_HEIGHT)
        return QSize(240, min(max(self.content_height(), least), most))

    def minimumSizeHint(self) -> QSize:
        """The same: else the page would press a text together before it scrolled itself."""
        return self.sizeHint()

    def set_document(self, document: SafeDocument) -> None:
        """Another text takes other room."""
        super().set_document(document)
        self.updateGeometry()

    def refresh(self) -> None:
        """The theme or the zoom has changed."""
        self._show()
        self._set_column()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other parts are in view; a narrower column is a higher one."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()
        self._lay_shades()

    def go(self, step: int) -> None:
        """Take the next mark in hand (1), or the one before (-1); round the ends."""
        if not self.marks:
            return
        self._current = (self._current + step) % len(self.marks) if self._current >= 0 else min(step, 0)
        self._current %= len(self.marks)
        mark = self.marks[self._current]
        self._select(mark.start, mark.end)
        self._say(f"Mark {self._current + 1} of {len(self.marks)}. {mark.words}")

    def take(self, start: int, end: int) -> None:
        """Select what stands between two places of the stored text, and bring it into sight."""
        if self._side is not None and end > len(self._side.text) - self.left_out:
            self.show_all()
        if self._side is not None and end <= len(self._side.text) - self.left_out:
            self._select(start, end)

    def go_shaded(self, step: int) -> None:
        """Take the next shaded part in hand (1), or the one before (-1); round the ends."""
        cursor = self.textCursor()
        at_start = not cursor.hasSelection() and cursor.position() == 0
        offset = -1 if at_start and step > 0 else self._map.offset(cursor.selectionStart())
        part = self.shades.next(offset, step)
        if part is not None:
            self._select(part.start, part.end)
            self._say(self._part_words(part))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F3 and F4, and with Shift."""
        step = -1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        if event.key() == Qt.Key.Key_F3:
            self.go(step)
        elif event.key() == Qt.Key.Key_F4 and self._shading is not None:
            self.go_shaded(step)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tell what the mark under the mouse means."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._words_at(event), self)
            return True
        return super().event(event)

    def createMimeDataFromSelection(self) -> QMimeData:
        """What is copied: the characters as stored, without tags."""
        cursor, copied = self.textCursor(), QMimeData()
        copied.setText(self._map.source(cursor.selectionStart(), cursor.selectionEnd()))
        return copied

    def _words_at(self, event: QHelpEvent) -> str:
        place = self.cursorForPosition(self.viewport().mapFromGlobal(event.globalPos())).position()
        spans = ((self._map.span(mark.start, mark.end), mark.words) for mark in self.marks)
        said = [words for (start, end), words in spans if start <= place < end]
        part = self.shades.at(self._map.offset(place))
        if part is not None:
            said.append(self._part_words(part))
        return safe_text.tip("\n".join(said))

    def _part_words(self, part: ScoredPart) -> str:
        return part_words(self._side.text, part, self._shading) if self._side and self._shading else ""

    def _tell_part(self) -> None:
        """Say what is known of the part that the cursor was moved to."""
        part = self.shades.at(self._map.offset(self.textCursor().position()))
        if part is not None and not self._going and self.hasFocus():
            self._say(self._part_words(part))

    def _select(self, start: int, end: int) -> None:
        with self._moving():
            self.setTextCursor(selection(self.document(), *self._map.span(start, end)))
        self.ensureCursorVisible()

    @contextmanager
    def _moving(self) -> Iterator[None]:
        """The cursor is moved by us, and what is there is said already."""
        self._going = True
        try:
            yield
        finally:
            self._going = False

    def _say(self, words: str) -> None:
        self.setAccessibleDescription(words)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))
        self.moved.emit(words)

    def _show(self) -> None:
        if self._side is None:
            return
        length = len(self._side.text) - self.left_out
        matches = [m for m in self._side.matches if m.end <= length]
        runs = [s for s in self._side.only_here if self._differences and s.end <= length]
        self.marks = _marks(self._side.text, matches, runs)
        self._current = -1
        tags = [(m.end, f"{_JOINED}{TAGS[m.term.status]}") for m in matches]
        self._map = TextMap(self._side.text[:length], tags)
        with self._moving():
            self.set_document(self._document_of(matches, runs))
        self.verticalScrollBar().setValue(0)
        self._make_shades()

    def _document_of(self, matches: Iterable[Match], runs: Iterable[Span]) -> SafeDocument:
        """The text with its marks, made before it is laid out: afterwards each mark would lay it out anew."""
        document = SafeDocument()
        document.setDefaultFont(self._theme.font())
        document.show_plain(self._map.shown)
        differs, tag = difference_format(self._theme, tinted=not self.shaded), tag_format(self._theme)
        cursor = QTextCursor(document)
        cursor.beginEditBlock()
        for run in runs:
            selection(document, *self._map.span(run.start, run.end)).mergeCharFormat(differs)
        for match in matches:
            form = status_format(self._theme, match.term.status)
            selection(document, *self._map.span(match.start, match.end)).mergeCharFormat(form)
        for place in self._map.tags:
            selection(document, *place).mergeCharFormat(tag)
        cursor.endEditBlock()
        return document

    def _make_shades(self) -> None:
        length = len(self._side.text) - self.left_out if self._side else 0
        self.shades = Shades(self._theme, self._shading, self._map, length)
        self._lay_shades()

    def _lay_shades(self) -> None:
        """Shade what is in view: Qt is slow with more."""
        if not self.shades.stretches and not self.extraSelections():
            return
        top, bottom = self.cursorForPosition(QPoint(0, 0)), self.cursorForPosition(QPoint(0, self.height()))
        top.movePosition(QTextCursor.MoveOperation.StartOfLine)
        bottom.movePosition(QTextCursor.MoveOperation.EndOfLine)
        seen = self.shades.selections(self.document(), top.position(), bottom.position() + 1)
        self.setExtraSelections(seen)


class Legend(DocumentLine):
    """Shows each kind of mark beside its name."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._tinted = self._terms = self._differences = True
        self._name()

    def set_tinted(self, tinted: bool) -> None:
        """Say whether words only on one side are tinted, or bold alone."""
        self._tinted = tinted
        self._name()

    def set_kinds(self, *, terms: bool, differences: bool) -> None:
        """Show those kinds that there can be: glossary terms, words only on one side; hide without any."""
        self._terms, self._differences = terms, differences
        self.setVisible(terms or differences)
        self.updateGeometry()
        self._name()

    def _name(self) -> None:
        words = ", ".join(f"{TAGS[status]}: {status}" for status in TermStatus)
        bold = "bold on a tint" if self._tinted else "bold"
        kinds = [words] if self._terms else []
        kinds += [f"{bold}: words only on this side"] if self._differences else []
        self.setAccessibleName(f"Marks: {'; '.join(kinds)}")
        self.update()

    def _document(self) -> QTextDocument:
        document = bare_document(self._theme.font(13))
        cursor, plain = QTextCursor(document), plain_format(self._theme)
        for status in TermStatus if self._terms else ():
            _insert_status(cursor, self._theme, status)
            cursor.insertText("      ", plain)
        differs = difference_format(self._theme, tinted=self._tinted)
        differs.setForeground(plain.foreground())
        if self._differences:
            cursor.insertText("only on this side", differs)
        return document


def status_document(theme: Theme, status: TermStatus) -> QTextDocument:
    """A status in words, underlined as a term of that status is."""
    document, form = bare_document(theme.font()), status_format(theme, status)
    form.setForeground(plain_format(theme).foreground())
    QTextCursor(document).insertText(status.value, form)
    return document


def _insert_status(cursor: QTextCursor, theme: Theme, status: TermStatus) -> None:
    plain, marked, tag = plain_format(theme), status_format(theme, status), tag_format(theme)
    marked.setForeground(plain.foreground())
    cursor.insertText(status.value, marked)
    cursor.insertText(f"{_JOINED}{TAGS[status]}", tag)
