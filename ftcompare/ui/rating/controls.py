"""Small parts of the rating pages: key buttons, messages, screens instead of the pair, and spacing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLayoutItem, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ftcompare.ui.theme.theme import XL, XS, XXL, IconLabel, L, M, S
from ftcompare.ui.widgets.controls import KeyCap, PlainButton, key_text, label, set_role
from ftcompare.ui.widgets.layouts import STRETCH, FlowLayout, Part, in_row, put

TEXTS = 1 / 3  # smallest share of the page's height for the two texts, if possible

WIDEST = 1480  # largest width of a pair in pixels, before zoom


@dataclass(frozen=True, slots=True)
class Room:
    """One set of spacings for the page, in pixels."""

    margins: tuple[int, int, int, int]  # around the page: left, top, right, bottom
    gap: int  # between its parts
    padding: int  # above and below the words within a panel
    prompt: int  # smallest height, before zoom, of the prompt's words
    # whether answers are smaller and without keys, and only the current criterion shows its answers
    dense: bool


ROOMS = (
    Room((XXL, XL, XXL, L), M, L, 60, dense=False),
    Room((XL, M, XL, S), S, S, 44, dense=False),
    Room((L, S, L, XS), XS, XS, 34, dense=True),
)
"""From wide to narrow. The first one in which the texts have their share is used, otherwise the last."""


def fit_closely(height: int, set_room: Callable[[Room], int]) -> bool:
    """Use the widest spacing that leaves the texts their share of the height; return whether there is one.

    ``set_room`` applies a spacing and returns the height in pixels that is left for the texts.
    """
    return any(set_room(room) >= height * TEXTS for room in ROOMS)


def height_at(widget: QWidget, width: int) -> int:
    """Height in pixels that a widget needs at a width; 0 while it is hidden."""
    layout = widget.layout()
    if widget.isHidden() or layout is None:
        return 0
    layout.activate()
    by_width = layout.hasHeightForWidth()
    return layout.totalHeightForWidth(width) if by_width else layout.totalSizeHint().height()


def stacked(heights: list[int], gap: int) -> int:
    shown = [height for height in heights if height]
    return sum(shown) + gap * max(len(shown) - 1, 0)


class CenteredFlow(FlowLayout):
    """A flow layout with centered lines that have as equal a number of widgets as their widths allow."""

    def _place(self, rect: QRect, *, move: bool) -> int:
        y = rect.y()
        for line in self._lines(rect.width()):
            widths = [item.sizeHint().width() for item in line]
            height = max(item.sizeHint().height() for item in line)
            x = rect.x() + max((rect.width() - self._across(widths)) // 2, 0)
            for item, width in zip(line, widths, strict=True):
                if move:
                    above = (height - item.sizeHint().height()) // 2
                    item.setGeometry(QRect(QPoint(x, y + above), item.sizeHint()))
                x += width + self.spacing()
            y += height + self.spacing()
        return max(y - self.spacing() - rect.y(), 0)

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        items = self._shown()
        greedy = self._filled(items, width)
        each = -(-len(items) // max(len(greedy), 1))
        equal = [items[start : start + each] for start in range(0, len(items), max(each, 1))]
        fits = all(self._across([i.sizeHint().width() for i in line]) <= width for line in equal)
        return equal if fits else greedy

    def _filled(self, items: list[QLayoutItem], width: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = []
        for item in items:
            line = [*lines[-1], item] if lines else [item]
            if lines and self._across([i.sizeHint().width() for i in line]) <= width:
                lines[-1] = line
            else:
                lines.append([item])
        return lines

    def _across(self, widths: list[int]) -> int:
        return sum(widths) + self.spacing() * (len(widths) - 1)


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

    def set_title(self, title: str, spoken: str = "") -> None:
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._said = spoken or title
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

    def set_ticked(self, ticked: bool, title: str, spoken: str) -> None:
        """Show by look and text whether the option is on; ``said`` is the accessible name if it is."""
        self.setProperty("on", "true" if ticked else "false")
        set_role(self._title, role="" if ticked else "muted")
        self.set_title(ticked_title(title) if ticked else title, spoken if ticked else title)

    @property
    def widest(self) -> int:
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
