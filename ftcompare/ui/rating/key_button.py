"""A flat button of the rating page that shows its key."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from ftcompare.ui.theme.icons import IconLabel
from ftcompare.ui.widgets.controls import KeyCap, key_text, label, set_role
from ftcompare.ui.widgets.layouts import in_row


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
        """The size of its parts, and at least the width set by `keep_room`."""
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
