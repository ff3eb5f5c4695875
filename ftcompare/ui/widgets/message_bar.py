"""The bar under the menus: one message at a time, that says what, where and what to do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout

from ftcompare.core.errors import FTCompareError
from ftcompare.ui.safe_text import visible
from ftcompare.ui.theme.icons import IconLabel
from ftcompare.ui.theme.theme import XXL, M, S
from ftcompare.ui.widgets.controls import PlainButton, QuietButton, label, set_role

GOOD_NEWS = 6000
"""Milliseconds that good news stays."""

_ICONS = {"bad": ("circle-x", "bad"), "good": ("circle-check", "good"), "note": ("info", "accent")}


class MessageBar(QFrame):
    """Shows errors until they are closed, good news for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("message_bar")
        self.setProperty("role", "messagebar")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._act: Callable[[], None] = lambda: None
        row = QHBoxLayout(self)
        row.setContentsMargins(XXL - 4, S, XXL - M, S)
        row.setSpacing(M)
        self._icon = IconLabel("info")
        self._what = label("", wrap=True)
        self._what.setObjectName("message_what")
        self._how = label("", "muted", wrap=True)
        self._how.setObjectName("message_how")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._what)
        words.addWidget(self._how)
        self._button = PlainButton("")
        self._button.setObjectName("message_act")
        self._close = QuietButton("Close", "x")
        self._close.setObjectName("message_close")
        row.addWidget(self._icon)
        row.addLayout(words, 1)
        row.addWidget(self._button)
        row.addWidget(self._close)
        self._button.clicked.connect(self._on_act)
        self._close.clicked.connect(self.clear)
        self._timer = QTimer(self, singleShot=True, interval=GOOD_NEWS)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def show_error(
        self, error: FTCompareError, action: str = "", act: Callable[[], None] | None = None
    ) -> None:
        """Say what, where and what to do, with one optional act, such as trying again."""
        place = f"{error.where}: " if error.where else ""
        self._say("bad", f"{place}{error.what}", error.how, action, act)

    def show_good(self, text: str) -> None:
        """Say that something is done; goes away by itself."""
        self._say("good", text)
        self._timer.start()

    def show_note(self, text: str, action: str = "", act: Callable[[], None] | None = None) -> None:
        """Say something worth knowing, with one optional act."""
        self._say("note", text, action=action, act=act)

    def clear_note(self) -> None:
        """Show nothing, if what is shown is a note: it belongs to what was done just then."""
        if self.property("kind") == "note":
            self.clear()

    def clear(self) -> None:
        """Show nothing."""
        self._timer.stop()
        self.hide()

    def _say(
        self, kind: str, text: str, more: str = "", action: str = "", act: Callable[[], None] | None = None
    ) -> None:
        self._timer.stop()
        self._act = act or (lambda: None)
        self._icon.set_icon(*_ICONS[kind])
        self._what.setText(text)
        self._how.setText(more)
        self._how.setVisible(bool(more))
        self._button.set_text(action)
        self._button.setVisible(bool(action))
        set_role(self, kind=kind)
        self.setAccessibleName(visible(f"{text} {more}".strip()))
        self.show()

    def _on_act(self) -> None:
        self.clear()
        self._act()
