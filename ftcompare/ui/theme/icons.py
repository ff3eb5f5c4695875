"""Icons: Lucide's line drawings, painted in whatever colour the theme gives the widget."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QWidget

from ftcompare.app import application_paths

DEFAULT_SIZE = 18
BODY_PIXELS = 15
"""The size of running text that icons are drawn for."""


@cache
def _drawing(name: str) -> str:
    return (application_paths.resources() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


def draw(painter: QPainter, name: str, color: QColor, box: QRectF) -> None:
    """Paint an icon into a box."""
    tinted = _drawing(name).replace("currentColor", color.name())
    QSvgRenderer(QByteArray(tinted.encode())).render(painter, box)


def pixmap(name: str, color: QColor, size: int = DEFAULT_SIZE, ratio: float = 1.0) -> QPixmap:
    """An icon as a picture of ``size`` logical pixels at a screen's ratio."""
    side = round(size * ratio)
    picture = QPixmap(side, side)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    draw(painter, name, color, QRectF(0, 0, side, side))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


def icon(name: str, color: QColor, size: int = DEFAULT_SIZE) -> QIcon:
    """An icon for an action or a button, sharp at once and twice the resolution."""
    made = QIcon(pixmap(name, color, size))
    made.addPixmap(pixmap(name, color, size, 2.0))
    return made


class IconLabel(QWidget):
    """An icon that takes its colour from the style sheet.

    Args:
        kind: ``good``, ``caution``, ``bad``, ``neutral``, ``accent``, or empty for the text's colour.
    """

    def __init__(
        self, name: str, kind: str = "", size: int = DEFAULT_SIZE, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name = name
        self.setProperty("icon", kind)
        self._size = size
        self._take_size()

    def set_icon(self, name: str, kind: str = "") -> None:
        """Show another icon."""
        self._name = name
        if self.property("icon") != kind:
            self.setProperty("icon", kind)
            self.style().unpolish(self)
            self.style().polish(self)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the type."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._take_size()

    def _take_size(self) -> None:
        pixels = self.font().pixelSize()
        side = round(self._size * pixels / BODY_PIXELS) if pixels > 0 else self._size
        self.setFixedSize(QSize(side, side))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt's name
        """Draw the icon in the foreground colour."""
        painter = QPainter(self)
        draw(painter, self._name, self.palette().color(self.foregroundRole()), QRectF(self.rect()))
        painter.end()


class IconTint:
    """Keeps a button's icon in the colour of its text when the theme changes."""

    def __init__(self, button: QAbstractButton, name: str) -> None:
        self._button = button
        self._name = name
        self._drawn = ("", QColor())
        button.setIconSize(QSize(DEFAULT_SIZE, DEFAULT_SIZE))
        self.refresh()

    def set_name(self, name: str) -> None:
        """Show another icon."""
        self._name = name
        self.refresh()

    def on_event(self, event: QEvent) -> None:
        """To be called from the button's ``changeEvent``."""
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.PaletteChange):
            self.refresh()

    def refresh(self) -> None:
        """Draw it anew where name or colour have changed."""
        color = self._button.palette().color(self._button.foregroundRole())
        if (self._name, color) != self._drawn:
            self._drawn = (self._name, color)
            self._button.setIcon(icon(self._name, color))
