"""Finds words in a pair: a narrow bar with a field, and buttons for the next and the previous match."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QFrame, QLineEdit, QTextEdit, QWidget

from ftcompare.core.language import tr
from ftcompare.ui import safe_text
from ftcompare.ui.rating.controls import KeyButton
from ftcompare.ui.text.mark_styles import hit_format, hits_in
from ftcompare.ui.text.response_text import TextView
from ftcompare.ui.text.safe_document import extra_selection, selection
from ftcompare.ui.theme.theme import XS, IconLabel, M, S, Theme
from ftcompare.ui.widgets.controls import announce, key_text, label, named
from ftcompare.ui.widgets.layouts import in_row

DELAY = 80  # milliseconds between the last key press and the search

LONGEST = 200  # largest number of characters of a search text

MOST_FOUND = 5_000
"""Largest number of matches in one text: those of one letter in a long text would block the window."""

MOST_MARKED = 300  # largest number of matches marked at a time in the visible part of one text

FIELD_WIDTH = 160

ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)


@dataclass(frozen=True, slots=True)
class Place:
    """A match: start and end are offsets in UTF-16 code units, as Qt counts."""

    view: int
    start: int
    end: int


def pattern(text: str) -> re.Pattern[str] | None:
    """Return a pattern that ignores case, line ends and ways to write accents; None for an empty text."""
    gap = f"{safe_text.SOFT_BREAK}?"
    forms = dict.fromkeys(unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    space = rf"{gap}\s+{gap}"
    spelled = [space.join(gap.join(map(re.escape, word)) for word in form.split()) for form in forms]
    return re.compile("|".join(spelled), re.IGNORECASE) if spelled[0] else None


class FindField(QLineEdit):
    """The search field: Enter and F3 go to the next match, with Shift to the previous one; Esc closes."""

    go = Signal(int)  # 1 for the next match, -1 for the previous one
    given_up = Signal()  # Esc was pressed

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F3):
            self.go.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        elif event.key() not in ARROWS[2:]:
            super().keyPressEvent(event)
            return
        event.accept()


class FindBar(QFrame):
    """A bar below the texts, idle while closed; ``unseen`` returns the names of texts not fully shown."""

    opened = Signal()
    closed = Signal()
    focus_moved = Signal()  # the keyboard focus entered or left it

    def __init__(self, theme: Theme, views: Sequence[TextView], unseen: Callable[[], Sequence[str]]) -> None:
        super().__init__()
        self._theme = theme
        self._views = tuple(views)
        self._unseen = unseen
        self._places: list[Place] = []
        self._current = -1
        self._came_from: QWidget | None = None
        self._search_soon = QTimer(self, singleShot=True, interval=DELAY)
        self._mark_soon = QTimer(self, singleShot=True, interval=0)
        self._lay_out()
        self._connect()
        self.hide()

    @property
    def has_focus(self) -> bool:
        focus = QApplication.focusWidget()
        return self.isVisible() and focus is not None and self.isAncestorOf(focus)

    @property
    def stops(self) -> list[QWidget]:
        return [self.field, self._back, self._next, self._close]

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(self._places)

    @property
    def current(self) -> Place | None:
        return self._places[self._current] if self._places else None

    def look_in(self, views: Sequence[TextView]) -> None:
        """Search these texts from now on."""
        new = [view for view in views if view not in self._views]
        self.close_bar(back=False)
        self._views = tuple(views)
        self._follow(new)

    def open(self) -> None:
        if self.isHidden():
            self._came_from = QApplication.focusWidget()
            self.show()
            self.opened.emit()
        self.field.setFocus()
        self.field.selectAll()
        self._search()

    def close_bar(self, *, back: bool = True) -> None:
        """Hide the bar and its marks; with ``back`` the keyboard focus returns to where it was."""
        if self.isHidden():
            return
        held, came_from, self._came_from = self.has_focus, self._came_from, None
        self._search_soon.stop()
        self._mark_soon.stop()
        self._places, self._current = [], -1
        for view in self._views:
            view.setExtraSelections([])
        if back and held and came_from is not None and came_from.isVisible():
            came_from.setFocus()
        self.hide()
        self.closed.emit()

    def forget(self) -> None:
        self.close_bar(back=False)
        self.field.clear()
        self._search_soon.stop()

    def step(self, by: int) -> None:
        if self._search_soon.isActive():
            self._search()
        elif self._places:
            self._current = (self._current + by) % len(self._places)
            self._show_current()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note focus changes; keep arrow keys on a button from moving the focus out of the bar."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.focus_moved.emit()
        elif isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            return watched is not self.field and event.key() in ARROWS
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Consume keys that a button does not handle, so that they do not reach the page."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        elif event.key() == Qt.Key.Key_F3:
            self.step(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        event.accept()

    def _search(self) -> None:
        self._search_soon.stop()
        before = self.current
        found = pattern(self.field.text())
        self._places = self._all_places(found)
        self._current = 0
        if before is not None and self._places:
            key = (before.view, before.start)
            self._current = bisect_left([(p.view, p.start) for p in self._places], key) % len(self._places)
        further = found is not None and any(found.search(rest) for rest in self._unseen())
        self._show_current(more=further)

    def _all_places(self, regex: re.Pattern[str] | None) -> list[Place]:
        return [
            Place(number, start, end)
            for number, view in enumerate(self._views)
            for start, end in hits_in(view.toPlainText(), regex, MOST_FOUND)
            if start >= view.own_start
        ]

    def _show_current(self, *, more: bool | None = None) -> None:
        if more is not None:
            self._more.setVisible(more)
        place = self.current
        if place is None:
            self._say(tr("No matches") if self.field.text().strip() else "")
        else:
            self._bring_up(place)
            where = self._views[place.view].accessibleName()
            more_than = MOST_FOUND in Counter(found.view for found in self._places).values()
            count = f"{len(self._places):,}{'+' if more_than else ''}"
            self._say(f"{self._current + 1:,} of {count}  ·  {where}")
        for button in (self._back, self._next):
            button.setEnabled(bool(self._places))
        self._mark()

    def _bring_up(self, place: Place) -> None:
        view = self._views[place.view]
        found = selection(view.document(), place.start, place.start)
        seen, at = view.viewport().height(), view.cursorRect(found)
        if at.top() < 0 or at.bottom() > seen:
            bar = view.verticalScrollBar()
            bar.setValue(bar.value() + at.top() - seen // 3)
        view.horizontal.reveal(found)

    def _say(self, message: str) -> None:
        if message != self._count.text():
            self._count.setText(message)
            if message:
                announce(self._count, message)

    def _mark(self) -> None:
        for number, view in enumerate(self._views):
            marks = [self._marked(view, place) for place in self._in_sight(number, view)]
            if marks or view.extraSelections():
                view.setExtraSelections(marks)

    def _in_sight(self, number: int, view: TextView) -> list[Place]:
        if not self._places:
            return []
        size = view.viewport().size()
        first = view.cursorForPosition(QPoint(0, 0)).position()
        last = view.cursorForPosition(QPoint(size.width(), size.height())).position()
        starts = [(place.view, place.start) for place in self._places]
        begin = bisect_left(starts, (number, first - LONGEST))
        end = bisect_left(starts, (number, last + 1))
        begin = max(begin, min(self._current - MOST_MARKED // 2, end - MOST_MARKED))
        return self._places[begin:end][:MOST_MARKED]

    def _marked(self, view: TextView, place: Place) -> QTextEdit.ExtraSelection:
        form = hit_format(self._theme, current=place == self.current)
        return extra_selection(view.document(), place.start, place.end, form)

    def _lay_out(self) -> None:
        self.setProperty("role", "raised")
        named(self, "find", tr("Search this pair"))
        self.field = FindField(maxLength=LONGEST, placeholderText=tr("Search this pair"))
        named(self.field, "find_field", tr("Search this pair"))
        self.field.setMinimumWidth(FIELD_WIDTH)
        self._count = named(label("", "muted"), "find_count")
        self._more = named(label(tr("more in the text that is not shown yet"), "muted"), "find_more")
        self._back = _button("find_back", "chevron-up", tr("Previous match"), "Shift+Return")
        self._next = _button("find_next", "chevron-down", tr("Next match"), "Return")
        self._close = _button("find_close", "x", tr("Close"), "Esc")
        field = (IconLabel("search", "neutral", 16), (self.field, 1), self._count, self._more)
        in_row(*field, self._back, self._next, self._close, gap=S, margins=(M, XS, S, XS), of=self)

    def _connect(self) -> None:
        self.field.textChanged.connect(lambda _: self._search_soon.start() if self.isVisible() else None)
        self.field.go.connect(self.step)
        self.field.given_up.connect(self.close_bar)
        self._back.clicked.connect(lambda: self.step(-1))
        self._next.clicked.connect(lambda: self.step(1))
        self._close.clicked.connect(lambda: self.close_bar())
        self._search_soon.timeout.connect(self._search)
        self._mark_soon.timeout.connect(self._mark)
        for part in self.stops:
            part.installEventFilter(self)
        self._follow(self._views)

    def _follow(self, views: Iterable[TextView]) -> None:
        for view in views:
            view.textChanged.connect(partial(self._on_other_text, view))
            view.verticalScrollBar().valueChanged.connect(lambda _: self._on_scrolled())

    def _on_other_text(self, view: TextView) -> None:
        """Remove marks and matches of the text shown before; marks hold references to it."""
        if not self.isHidden():
            view.setExtraSelections([])
            self._places, self._current = [], -1
            self._search_soon.start()

    def _on_scrolled(self) -> None:
        if self._places and not self._mark_soon.isActive():
            self._mark_soon.start()


def _button(name: str, icon: str, title: str, key: str) -> KeyButton:
    made = KeyButton("", icon=icon)
    made.set_title("", title)
    made.setObjectName(name)
    made.setToolTip(f"{title} ({key_text(QKeySequence(key).toString())})")
    return made
