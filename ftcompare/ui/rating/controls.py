"""Small parts of the rating pages: key buttons, messages, and screens that replace the pair."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ftcompare.ui.theme.theme import XS, IconLabel, M, S
from ftcompare.ui.widgets.controls import KeyCap, PlainButton, key_text, label, set_role
from ftcompare.ui.widgets.layouts import STRETCH, Part, in_row, put

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)

B = TypeVar("B", bound=QPushButton)


class CenteredScreen(QWidget):
    """A full-page screen filled by `fill`. The widget ``first_focus`` gets the keyboard focus."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout()
        self._column.setSpacing(M)
        row = QHBoxLayout(self)
        put(row, (STRETCH, 1), (self._column, 2), (STRETCH, 1))
        self.first_focus: QWidget | None = None

    def fill(self, *parts: Part) -> None:
        """Add widgets, layouts and space in pixels to the column, which is a little above the middle."""
        put(self._column, (STRETCH, 2), *parts, (STRETCH, 3))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.first_focus is not None:
            self.first_focus.setFocus()


class EnterScreen(CenteredScreen):
    """A screen that Enter leaves; keys that answer a pair have no effect here."""

    KEYS: tuple[Qt.Key, ...] = ENTER
    go_on = Signal()  # Enter was pressed, or the main button clicked

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.first_focus = self

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in self.KEYS and not event.isAutoRepeat():
            self.go_on.emit()
        else:
            super().keyPressEvent(event)


def wired(button: B, name: str, act: Callable[[], object]) -> B:
    """Name a button, call ``act`` when it is clicked, and return it."""
    button.setObjectName(name)
    button.clicked.connect(lambda: act())
    return button


def button_row(*parts: Part) -> QHBoxLayout:
    """Buttons in a row, from the left; a number is additional space in pixels."""
    return in_row(*parts, STRETCH, gap=M)


class MessageStrip(QWidget):
    """A message about a failure, missing input, or a suggested break; hidden until `say`."""

    # first, second: its buttons were clicked
    first = Signal()
    second = Signal()

    def __init__(self, name: str, icon: str, kind: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._text = label("", wrap=True)
        self._text.setObjectName(f"{name}_words")
        self._first = wired(PlainButton(""), f"{name}_first", self.first.emit)
        self._second = wired(PlainButton(""), f"{name}_second", self.second.emit)
        self._cap, self._second_cap = KeyCap(), KeyCap()
        told = (IconLabel(icon, kind), (self._text, 3), S)
        buttons = (self._first, self._cap, self._second, self._second_cap)
        in_row(STRETCH, *told, *buttons, STRETCH, gap=S, of=self)
        self.hide()

    def say(
        self, text: str, first: str = "", second: str = "", *, key: str = "", second_key: str = ""
    ) -> None:
        self._text.setText(text)
        self._first.set_text(first)
        self._first.setVisible(bool(first))
        for cap, pressing in ((self._cap, key), (self._second_cap, second_key)):
            cap.setText(pressing)
            cap.setVisible(bool(pressing))
        self._second.set_text(second)
        self._second.setVisible(bool(second))
        self.setAccessibleName(text)
        self.show()


class SavedMark(QLabel):
    """Shows that the last act is stored; blank, not hidden, in between, to avoid a layout of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.said = False
        self._text = "✓ Saved"
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", "muted")
        self.setContentsMargins(0, XS, S, XS)
        self.setObjectName("saved")
        self._take_size()

    def say(self, saved: bool) -> None:
        self.said = saved
        self.setText(self._text if saved else "")
        self.setAccessibleName("Saved" if saved else "")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # Qt 6.11 sends FontChange from the constructor, before the widget has a text to measure.
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange) and hasattr(self, "said"):
            self._take_size()

    def set_short(self, short: bool) -> None:
        self._text = "✓" if short else "✓ Saved"
        self.setToolTip("Saved" if short else "")
        self._take_size()

    def _take_size(self) -> None:
        said = self.said
        self.setText(self._text)
        self.setMinimumSize(0, 0)  # A label's size hint is never below its minimum size.
        self.setFixedSize(self.sizeHint())
        self.say(said)


class KeyButton(QPushButton):
    """A flat button that shows its key first, or an icon if it has no key."""

    def __init__(self, title: str, key: str = "", icon: str = "") -> None:
        super().__init__()
        self.setProperty("role", "tool")
        self.setAutoDefault(False)
        self._icon = IconLabel(icon, "neutral", 16) if icon else None
        self._cap = KeyCap()
        self._room = 0
        self._title = label(title, "muted")
        icons = (self._icon,) if self._icon else ()
        self._row = in_row(*icons, self._cap, self._title, gap=6, margins=(4, 2, 4, 2), of=self)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        for part in self.findChildren(QWidget):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)  # else it takes the click
        self._said, self._key = title, key
        self.set_key(key)
        self.set_title(title)

    def set_key(self, key: str) -> None:
        self._key = key
        self._cap.setText(key_text(key))
        self._cap.setVisible(bool(key))
        self._name()

    def set_title(self, title: str, said: str = "") -> None:
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._said = said or title
        self._name()

    def keep_room(self, *titles: str) -> None:
        """Make the button as wide as the widest of these titles needs, whichever is shown."""
        self._title.ensurePolished()  # Otherwise it returns metrics of the font before the style sheet.
        metrics = self._title.fontMetrics()
        self._room = max(map(metrics.horizontalAdvance, titles)) + 1
        self.updateGeometry()

    @property
    def words(self) -> str:
        return self._title.text()

    @property
    def on(self) -> bool:
        return bool(self.property("on") == "true")

    def set_on(self, on: bool) -> None:
        set_role(self._title, role="strong" if on else "muted")
        self.setProperty("on", "true" if on else "false")
        self.updateGeometry()

    def set_ticked(self, ticked: bool, title: str, said: str) -> None:
        """Show by look and text whether the option is on; ``said`` is the accessible name if it is."""
        self.setProperty("on", "true" if ticked else "false")
        set_role(self._title, role="" if ticked else "muted")
        self.set_title(ticked_title(title) if ticked else title, said if ticked else title)

    @property
    def widest(self) -> int:
        """Width in pixels that the button needs while its option is on."""
        bold = QFont(self._title.font())
        bold.setWeight(QFont.Weight.DemiBold)
        text, now = self._title.text(), self._title.fontMetrics()
        wider = QFontMetrics(bold).horizontalAdvance(text) - now.horizontalAdvance(text)
        return self.sizeHint().width() + wider

    def sizeHint(self) -> QSize:
        # Not as the label's minimum: Qt keeps the earlier size hint when that shrinks.
        spare = 0 if self._title.isHidden() else max(self._room - self._title.sizeHint().width(), 0)
        return self._row.sizeHint() + QSize(4 + spare, 4)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _name(self) -> None:
        self.setAccessibleName(f"{self._said} ({key_text(self._key)})" if self._key else self._said)
        self.updateGeometry()


def ticked_title(title: str) -> str:
    return f"{title} ✓"
