"""A quiet button of the rating page that shows the key which presses it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from ftcompare.ui.theme.icons import IconLabel
from ftcompare.ui.widgets.controls import KeyCap, label, set_role
from ftcompare.ui.widgets.key_text import key_text


class KeyButton(QPushButton):
    """A quiet button that shows its key first, or an icon where it has no key."""

    def __init__(self, title: str, key: str = "", icon: str = "") -> None:
        super().__init__()
        self.setProperty("role", "tool")
        self.setAutoDefault(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 2, 4, 2)
        row.setSpacing(6)
        self._icon = IconLabel(icon, "neutral", 16) if icon else None
        if self._icon is not None:
            row.addWidget(self._icon)
        self._cap = KeyCap()
        row.addWidget(self._cap)
        self._title = label(title, "muted")
        row.addWidget(self._title)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        for part in self.findChildren(QWidget):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._said = ""
        self._key = ""
        self.set_key(key)
        self.set_title(title)

    def set_key(self, key: str) -> None:
        """Show another key, or none."""
        self._key = key
        self._cap.setText(key_text(key))
        self._cap.setVisible(bool(key))
        self._name()

    def set_title(self, title: str, said: str = "") -> None:
        """Change the words, and what a screen reader says where that is more."""
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._said = said or title
        self._name()

    def set_icon(self, name: str) -> None:
        """Change the icon."""
        if self._icon is not None:
            self._icon.set_icon(name, "neutral")

    @property
    def on(self) -> bool:
        """Whether what it switches is on."""
        return bool(self.property("on") == "true")

    def set_on(self, on: bool) -> None:
        """Show whether what it switches is on."""
        set_role(self._title, role="strong" if on else "muted")
        self.setProperty("on", "true" if on else "false")
        self.updateGeometry()

    @property
    def widest(self) -> int:
        """Pixels of width that it takes when it is on, whether it is or not."""
        bold = QFont(self._title.font())
        bold.setWeight(QFont.Weight.DemiBold)
        text, now = self._title.text(), self._title.fontMetrics()
        return (
            self.sizeHint().width() + QFontMetrics(bold).horizontalAdvance(text) - now.horizontalAdvance(text)
        )

    def sizeHint(self) -> QSize:
        """As large as its parts."""
        layout = self.layout()
        return layout.sizeHint() + QSize(4, 4) if layout is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """As large as its parts."""
        return self.sizeHint()

    def _name(self) -> None:
        self.setAccessibleName(f"{self._said} ({key_text(self._key)})" if self._key else self._said)
        self.updateGeometry()
