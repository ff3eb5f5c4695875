"""A text with its glossary terms and its own words marked: by line, tag and weight, not by colour alone."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QBrush,
    QFont,
    QHelpEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.ui import safe_text
from ftcompare.ui.text_map import TextMap
from ftcompare.ui.theme import Theme
from ftcompare.ui.widgets.response_text import SafeDocument, TextView

if TYPE_CHECKING:
    from ftcompare.app.terminology import ReviewedText
    from ftcompare.terms.diff import Span
    from ftcompare.terms.matching import Match

TAGS = {
    TermStatus.PREFERRED: "pref",
    TermStatus.ADMITTED: "adm",
    TermStatus.DEPRECATED: "depr",
    TermStatus.SUPERSEDED: "sup",
}
UNDERLINES = {
    TermStatus.PREFERRED: QTextCharFormat.UnderlineStyle.SingleUnderline,
    TermStatus.ADMITTED: QTextCharFormat.UnderlineStyle.DotLine,
    TermStatus.DEPRECATED: QTextCharFormat.UnderlineStyle.WaveUnderline,
    TermStatus.SUPERSEDED: QTextCharFormat.UnderlineStyle.DashUnderline,
}
LEAST_HEIGHT = 120
TAG_RAISED = 18.0
"""How far a tag is raised, in per cent of its height."""

_JOINED = "\u202f"
"""A narrow space at which no line ends, so that a tag stays with its term."""


def status_words(status: TermStatus) -> str:
    """A term's status in words."""
    return {
        TermStatus.PREFERRED: QCoreApplication.translate("Terms", "preferred"),
        TermStatus.ADMITTED: QCoreApplication.translate("Terms", "admitted"),
        TermStatus.DEPRECATED: QCoreApplication.translate("Terms", "deprecated"),
        TermStatus.SUPERSEDED: QCoreApplication.translate("Terms", "superseded"),
    }[status]


def term_words(term: GlossaryTerm) -> str:
    """A term, its status, its concept and its note in one sentence."""
    said = QCoreApplication.translate("Terms", "“{term}”: {status} term").format(
        term=term.term, status=status_words(term.status)
    )
    if term.concept:
        said += QCoreApplication.translate("Terms", " of the concept “{}”").format(term.concept)
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
    form.setForeground(QBrush(theme.color("muted")))
    return form


def difference_format(theme: Theme) -> QTextCharFormat:
    """How words that stand on one side only are set."""
    form = QTextCharFormat()
    form.setBackground(QBrush(theme.color("accent_tint")))
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
    only = QCoreApplication.translate("Terms", "Only on this side: “{}”.")
    terms = [Mark(m.start, m.end, term_words(m.term)) for m in matches]
    runs = [Mark(s.start, s.end, only.format(safe_text.one_line(text[s.start : s.end]))) for s in only_here]
    return tuple(sorted(terms + runs, key=lambda mark: (mark.start, -mark.end)))


class MarkedText(TextView):
    """Shows one side of a judged pair. F3 and Shift+F3 go from mark to mark.

    Signals:
        moved: what the mark now in hand means, in words.
    """

    moved = Signal(str)

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, name, parent)
        self._side: ReviewedText | None = None
        self._whole = False
        self._differences = True
        self._map = TextMap("")
        self._marks: tuple[Mark, ...] = ()
        self._current = -1
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.changed.connect(self.refresh)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The highlights in the part of the text that is shown."""
        return self._marks

    @property
    def left_out(self) -> int:
        """Characters at the end that are not shown yet."""
        if self._side is None or self._whole:
            return 0
        return len(self._side.text) - len(safe_text.beginning(self._side.text))

    def set_side(self, side: ReviewedText) -> None:
        """Show a text from its top."""
        self._side, self._whole = side, False
        self._show()

    def show_all(self) -> None:
        """Show the whole text, however long."""
        self._whole = True
        self._show()

    def set_differences(self, shown: bool) -> None:
        """Mark the words that the other side lacks, or not."""
        self._differences = shown
        self._show()

    def sizeHint(self) -> QSize:
        """Little: it takes what room there is, and scrolls."""
        return QSize(240, self._theme.px(LEAST_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """Some lines of text."""
        return self.sizeHint()

    def refresh(self) -> None:
        """The theme or the zoom has changed."""
        self._show()
        self._set_column()

    def go(self, step: int) -> None:
        """Take the next mark in hand (1), or the one before (-1); round the ends."""
        if not self._marks:
            return
        self._current = (self._current + step) % len(self._marks) if self._current >= 0 else min(step, 0)
        self._current %= len(self._marks)
        mark = self._marks[self._current]
        self._select(mark)
        place = self.tr("Mark {place} of {count}. {words}")
        self._say(place.format(place=self._current + 1, count=len(self._marks), words=mark.words))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F3 and Shift+F3."""
        if event.key() == Qt.Key.Key_F3:
            self.go(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
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
        spans = ((self._map.span(mark.start, mark.end), mark.words) for mark in self._marks)
        return "\n".join(words for (start, end), words in spans if start <= place < end)

    def _select(self, mark: Mark) -> None:
        start, end = self._map.span(mark.start, mark.end)
        cursor = self.textCursor()
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)
        self.ensureCursorVisible()

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
        self._marks = _marks(self._side.text, matches, runs)
        self._current = -1
        tags = [(m.end, f"{_JOINED}{TAGS[m.term.status]}") for m in matches]
        self._map = TextMap(self._side.text[:length], tags)
        document = SafeDocument()
        document.setDefaultFont(self._theme.font())
        document.show_plain(self._map.shown)
        self.set_document(document)
        for run in runs:
            self._form(self._map.span(run.start, run.end), difference_format(self._theme))
        for match in matches:
            form = status_format(self._theme, match.term.status)
            self._form(self._map.span(match.start, match.end), form)
        for tag in self._map.tags:
            self._form(tag, tag_format(self._theme))
        self.verticalScrollBar().setValue(0)

    def _form(self, span: tuple[int, int], form: QTextCharFormat) -> None:
        cursor = QTextCursor(self.document())
        cursor.setPosition(span[0])
        cursor.setPosition(span[1], QTextCursor.MoveMode.KeepAnchor)
        cursor.mergeCharFormat(form)


class Legend(QWidget):
    """Shows each kind of mark beside its name."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        words = ", ".join(f"{TAGS[status]}: {status_words(status)}" for status in TermStatus)
        self.setAccessibleName(self.tr("Marks: {}; bold on a tint: words only on this side").format(words))
        theme.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """One line."""
        document = self._document()
        return QSize(math.ceil(document.idealWidth()) + 2, math.ceil(document.size().height()))

    def hasHeightForWidth(self) -> bool:
        """It wraps."""
        return True

    def heightForWidth(self, width: int) -> int:
        """More lines where it is narrow."""
        document = self._document()
        document.setTextWidth(width)
        return math.ceil(document.size().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt's name
        """Draw it with the very formats of the texts."""
        painter = QPainter(self)
        document = self._document()
        document.setTextWidth(self.width())
        document.drawContents(painter)
        painter.end()

    def _document(self) -> QTextDocument:
        document = SafeDocument()
        document.setDocumentMargin(0)
        document.setDefaultFont(self._theme.font(13))
        cursor, plain = QTextCursor(document), _plain_format(self._theme)
        for status in TermStatus:
            _insert_status(cursor, self._theme, status)
            cursor.insertText("      ", plain)
        differs = difference_format(self._theme)
        differs.setForeground(plain.foreground())
        cursor.insertText(self.tr("only on this side"), differs)
        return document


def status_document(theme: Theme, status: TermStatus) -> QTextDocument:
    """A status in words, marked as a term of that status is, with its tag."""
    document = SafeDocument()
    document.setDocumentMargin(0)
    document.setDefaultFont(theme.font())
    _insert_status(QTextCursor(document), theme, status)
    return document


def _insert_status(cursor: QTextCursor, theme: Theme, status: TermStatus) -> None:
    plain, marked, tag = _plain_format(theme), status_format(theme, status), tag_format(theme)
    marked.setForeground(plain.foreground())
    cursor.insertText(status_words(status), marked)
    cursor.insertText(f"{_JOINED}{TAGS[status]}", tag)


def _plain_format(theme: Theme) -> QTextCharFormat:
    form = QTextCharFormat()
    form.setForeground(QBrush(theme.color("text")))
    return form
