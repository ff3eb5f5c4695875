"""The message bar: one message at a time in the room that pages leave for it, so that it covers nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QFrame, QWidget

from ftcompare.core.errors import FTCompareError
from ftcompare.core.language import tr
from ftcompare.ui.safe_text import visible
from ftcompare.ui.theme.theme import XS, IconLabel, M
from ftcompare.ui.widgets.controls import BODY_WIDTH, LinkButton, label, set_role
from ftcompare.ui.widgets.file_dialogs import open_file, show_in_folder
from ftcompare.ui.widgets.layouts import in_column, in_row

STAYS = 6000
"""Milliseconds after which a message goes, an error with the next act, unless it has buttons or is busy."""
ACTS = (QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress)
SIDE = 56  # pixels that stay free at each side
ROOM = 32  # pixels of height that pages leave for a message; it is in their middle

Offer: TypeAlias = "tuple[str, Callable[[], object]]"  # A button's text, and the function it calls

_ICONS = {"bad": ("circle-x", "bad"), "good": ("circle-check", "good"), "note": ("info", "accent")}


class MessageBar(QFrame):
    """Shows messages for a while, errors also until the next act, at the height ``top`` in ``below``."""

    def __init__(self, below: QWidget | None = None) -> None:
        super().__init__(below)
        self.setObjectName("message_bar")
        self.setProperty("role", "messagebar")
        self.top: Callable[[], int] = lambda: 0
        self._goes = True  # whether the message disappears after a while
        self._acts: tuple[Callable[[], object], ...] = ()
        self._icon = IconLabel("info")
        self._what = label("", wrap=True)
        self._what.setObjectName("message_what")
        self._how = label("", "muted", wrap=True)
        self._how.setObjectName("message_how")
        words = in_column(self._what, self._how, gap=0)
        self._buttons = [
            LinkButton("", name=name, act=partial(self._on_act, number))
            for number, name in enumerate(("message_act", "message_act_2", "message_act_3"))
        ]
        close = LinkButton(tr("Close"), name="message_close", act=self.clear)
        in_row(self._icon, (words, 1), *self._buttons, close, gap=M, of=self)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._on_time)
        self.hide()
        if below is not None:
            below.installEventFilter(self)

    def show_error(
        self, error: FTCompareError, action: str = "", act: Callable[[], None] | None = None
    ) -> None:
        place = f"{error.where}: " if error.where else ""
        self._say("bad", f"{place}{error.what}", error.how, offers=_offer(action, act))

    def show_good(self, text: str) -> None:
        self._say("good", text)

    def show_saved(
        self, text: str, path: Path, open_it: Callable[[], object] | None = None, more: Offer | None = None
    ) -> None:
        """Show that a file was written, with buttons to open it and to show its folder, and ``more``."""
        opens = open_it or partial(open_file, path)
        offers = ((tr("Open"), opens), (tr("Show in folder"), partial(show_in_folder, path)))
        self._say("good", text, offers=(*offers, more) if more else offers)

    def show_note(self, text: str, action: str = "", act: Callable[[], None] | None = None) -> None:
        self._say("note", text, offers=_offer(action, act))

    def show_busy(self, text: str) -> None:
        """Show what is being done, until another message replaces this one or `clear` is called."""
        self._say("note", text, goes=False)

    def clear_note(self, *, passing: bool = False) -> None:
        """Hide the message if it belongs to an earlier action: a note, one about a saved file.

        With ``passing``, hide every message that would go after a while, because it would cover a pair.
        """
        kind = self.property("kind")
        passes = passing and self._goes and kind != "bad"
        if kind == "note" or (kind == "good" and self._acts) or passes:
            self.clear()

    def clear(self) -> None:
        self._timer.stop()
        self._watch(acts=False)
        self.hide()

    def _on_time(self) -> None:
        if self.property("kind") == "bad":
            self._watch(acts=True)
        else:
            self.clear()

    def _watch(self, *, acts: bool) -> None:
        if (application := QCoreApplication.instance()) is not None:
            (application.installEventFilter if acts else application.removeEventFilter)(self)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Let the message stay while the pointer is over it."""
        super().enterEvent(event)
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if self._goes:
            self._timer.start(STAYS)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self._place()
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and watched is self.parentWidget():
            self._place()
        elif event.type() in ACTS and isinstance(watched, QWidget) and not self.isAncestorOf(watched):
            self.clear()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        below, layout = self.parentWidget(), self.layout()
        if below is None or layout is None:
            return
        width = min(below.width() - 2 * SIDE, BODY_WIDTH)
        layout.setContentsMargins(M, 0, M, 0)
        height = max(layout.totalHeightForWidth(width), self.minimumSizeHint().height())
        top = self.top() + (ROOM - height) // 2
        if height > ROOM:  # several lines do not touch the border, and cover no more of the page
            layout.setContentsMargins(M, XS, M, XS)
            height, top = height + 2 * XS, max(0, self.top() - 2 * XS)
        self.setGeometry((below.width() - width) // 2, top, width, height)

    def _say(
        self, kind: str, text: str, more: str = "", offers: tuple[Offer, ...] = (), *, goes: bool = True
    ) -> None:
        self._watch(acts=False)
        self._goes = goes and not offers  # buttons take time to be reached by keyboard
        self._timer.start(STAYS) if self._goes else self._timer.stop()
        self._acts = tuple(act for _, act in offers)
        self._icon.set_icon(*_ICONS[kind])
        self._what.setText(text)
        self._how.setText(more)
        self._how.setVisible(bool(more))
        for number, button in enumerate(self._buttons):
            button.set_text(offers[number][0] if number < len(offers) else "")
            button.setVisible(number < len(offers))
        set_role(self, kind=kind)
        self.setAccessibleName(visible(f"{text} {more}".strip()))
        self.show()
        self.raise_()
        self._place()

    def _on_act(self, number: int) -> None:
        act = self._acts[number]
        self.clear()
        act()


def _offer(action: str, act: Callable[[], object] | None) -> tuple[Offer, ...]:
    return ((action, act),) if act is not None else ()
