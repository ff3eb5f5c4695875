"""Marks the matches of a search in a pair, and visits one after another."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from ftcompare.core.language import decimal, tr, trn
from ftcompare.ui.text.mark_styles import MOST_FOUND, hit_selections, hits_in
from ftcompare.ui.text.marked_text import HITS, MarkedText
from ftcompare.ui.text.response_text import TextView
from ftcompare.ui.text.safe_document import selection
from ftcompare.ui.theme.theme import S, Theme
from ftcompare.ui.widgets.controls import KeyCap, PlainButton, announce, bring_into_view, label, named
from ftcompare.ui.widgets.layouts import STRETCH, in_row


class MatchNavigation(QWidget):
    """A line with the number of matches, and buttons to visit them; hidden without a search."""

    def __init__(self, theme: Theme, views: Sequence[TextView]) -> None:
        super().__init__()
        self._theme = theme
        self._views = tuple(views)
        self._pattern: re.Pattern[str] | None = None
        self._hits: list[tuple[int, tuple[int, int]]] = []
        self._current = -1
        self._further = False
        self.told = named(label("", "muted"), "hits_told")
        self._before = PlainButton(tr("Previous place"), name="hit_before", act=lambda: self.step(-1))
        self._next = PlainButton(tr("Next place"), name="hit_next", act=lambda: self.step(1))
        parts = (self._before, KeyCap("Shift N"), self._next, KeyCap("N"), self.told, STRETCH)
        in_row(*parts, gap=S, of=self)
        self.hide()

    def look_for(self, pattern: re.Pattern[str] | None) -> None:
        self._pattern = pattern
        self.look()

    def look(self) -> None:
        self._current = -1
        self._hits = [
            (number, hit)
            for number, view in enumerate(self._views)
            if not view.isHidden()
            for hit in hits_in(view.toPlainText(), self._pattern)
        ]
        unseen = (view.unseen for view in self._views if isinstance(view, MarkedText))
        self._further = self._pattern is not None and any(map(self._pattern.search, unseen))
        self.setVisible(self._pattern is not None)
        self._tell()
        self._mark()

    def step(self, by: int) -> None:
        """Go to the next match (1) or the previous one (-1), wrapping around."""
        if not self._hits:
            return
        self._current = (self._current + by) % len(self._hits) if self._current >= 0 else min(by, 0)
        self._current %= len(self._hits)
        number, hit = self._hits[self._current]
        view = self._views[number]
        view.setTextCursor(selection(view.document(), hit[0], hit[0]))
        view.ensureCursorVisible()
        bring_into_view(view)
        if not self._next.hasFocus() and not self._before.hasFocus():
            view.setFocus()
        self._tell()
        self._mark()
        announce(self.told, self.told.text())

    def take_key(self, event: QKeyEvent) -> bool:
        """Handle N (next match) and Shift+N (previous match); return whether it was one of these."""
        if self._pattern is None or event.key() != Qt.Key.Key_N:
            return False
        if event.modifiers() not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
            return False
        self.step(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        return True

    def _tell(self) -> None:
        for button in (self._before, self._next):
            button.setEnabled(bool(self._hits))
        more = "+" if len(self._hits) >= MOST_FOUND else ""
        if self._current < 0:
            places = trn("{number}{more} (place|places) in what is shown", len(self._hits), more)
            further = tr("{places}, and more in what is not shown yet", places)
            self.told.setText(further if self._further else places)
            return
        name = self._views[self._hits[self._current][0]].accessibleName()
        total = f"{decimal(len(self._hits))}{more}"
        self.told.setText(f"{tr('{number} of {total}', self._current + 1, total)} · {name}")

    def _mark(self) -> None:
        in_hand = self._hits[self._current] if self._current >= 0 else (-1, (0, 0))
        for number, view in enumerate(self._views):
            hits = [hit for at, hit in self._hits if at == number]
            current = in_hand[1] if in_hand[0] == number else None
            marks = hit_selections(view, self._theme, hits, current)
            if isinstance(view, MarkedText):
                view.lay_marks(HITS, marks)
            else:
                view.setExtraSelections(marks)
