"""Marks the words of each answer that the other does not have, while the option is on."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QTimer
from PySide6.QtGui import QTextCharFormat
from PySide6.QtWidgets import QTextEdit

from ftcompare.ui.text.response_text import TextView
from ftcompare.ui.text.safe_document import extra_selection
from ftcompare.ui.theme.theme import Theme

if TYPE_CHECKING:
    from ftcompare.app.rate.word_differences import Places

MOST_MARKED = 400
"""Largest number of marks at a time: Qt is slow with more, and more are not in view."""


class WordDifferences(QObject):
    """Marks the visible words of two texts that only one has; ``on`` is whether it does."""

    def __init__(self, theme: Theme, left: TextView, right: TextView) -> None:
        super().__init__(left)
        self._theme = theme
        self._views = (left, right)
        self._places: tuple[Places, Places] = ((), ())
        self.on = False
        # Deferred, because both texts of a pair change one after the other.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._find)
        self._mark_soon = QTimer(self, singleShot=True, interval=0)
        self._mark_soon.timeout.connect(self._mark)
        for view in self._views:
            view.textChanged.connect(self._on_other_text)
            view.verticalScrollBar().valueChanged.connect(lambda _: self._on_moved())
            view.verticalScrollBar().rangeChanged.connect(lambda *_: self._on_moved())

    @property
    def count(self) -> int:
        """Number of runs of words that only one text has, over both texts; 0 while the option is off."""
        return sum(map(len, self._places))

    def set_on(self, on: bool) -> None:
        """Show or remove the marks."""
        if on != self.on:
            self.on = on
            self._find()

    def _find(self) -> None:
        from ftcompare.app.rate.word_differences import (
            differing_words,
        )  # This loads a library, only when the option is used.

        left, right = (view.toPlainText() for view in self._views)
        self._places = differing_words(left, right) if self.on else ((), ())
        self._mark()

    def _mark(self) -> None:
        for view, places in zip(self._views, self._places, strict=True):
            marks = [self._marked(view, start, end) for start, end in _in_view(view, places)]
            if marks or view.extraSelections():
                view.setExtraSelections(marks)

    def _marked(self, view: TextView, start: int, end: int) -> QTextEdit.ExtraSelection:
        """A mark by tint and underline, so that it does not depend on colour alone."""
        form = QTextCharFormat()
        form.setBackground(self._theme.color("accent_tint"))
        form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
        form.setUnderlineColor(self._theme.color("accent"))
        return extra_selection(view.document(), start, end, form)

    def _on_other_text(self) -> None:
        """Remove the marks, which hold references to the text shown before."""
        if self.on:
            for view in self._views:
                view.setExtraSelections([])
            self._places = ((), ())
            self._soon.start()

    def _on_moved(self) -> None:
        if self.count:
            self._mark_soon.start()


def _in_view(view: TextView, places: Places) -> Places:
    if not places:
        return ()
    size = view.viewport().size()
    first = view.cursorForPosition(QPoint(0, 0)).position()
    last = view.cursorForPosition(QPoint(size.width(), size.height())).position()
    begin = bisect_left(places, first, key=lambda place: place[1])
    end = bisect_left(places, last + 1, key=lambda place: place[0])
    return places[begin:end][:MOST_MARKED]
