"""Icons: Lucide's line drawings, painted in the colour that the theme gives the widget."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QWidget

from ftcompare.app import application_paths

DEFAULT_SIZE = 18
BODY_PIXELS = 15  # the size of running text that icons are drawn for


@cache
def _drawing(name: str) -> str:
    return (application_paths.resources() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


def draw(painter: QPainter, name: str, color: QColor, box: QRectF) -> None:
    tinted = _drawing(name).replace("currentColor", color.name())
    QSvgRenderer(QByteArray(tinted.encode())).render(painter, box)


def pixmap(name: str, color: QColor, size: int = DEFAULT_SIZE, ratio: float = 1.0) -> QPixmap:
    """An icon as a picture of ``size`` logical pixels at a screen's ratio, drawn once for all buttons."""
    side, picture = round(size * ratio), QPixmap()
    drawn_before = f"ftcompare {name} {color.name()} {size} {ratio}"
    if QPixmapCache.find(drawn_before, picture):
        return picture
    picture = QPixmap(side, side)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        draw(painter, name, color, QRectF(0, 0, side, side))
    picture.setDevicePixelRatio(ratio)
    QPixmapCache.insert(drawn_before, picture)
    return picture


def icon(name: str, color: QColor) -> QIcon:
    """An icon for an action or a button, in normal and double resolution."""
    made = QIcon(pixmap(name, color))
    made.addPixmap(pixmap(name, color, ratio=2.0))
    return made


class IconLabel(QWidget):
    """An icon coloured by the style sheet; ``kind`` is a status such as ``good``, or empty for the text's."""

    def __init__(self, name: str, kind: str = "", size: int = DEFAULT_SIZE) -> None:
        super().__init__()
        self._name = name
        self.setProperty("icon", kind)
        self._size = size
        self._take_size()

    def set_icon(self, name: str, kind: str = "") -> None:
        self._name = name
        if self.property("icon") != kind:
            self.setProperty("icon", kind)
            self.style().unpolish(self)  # see `ftcompare.ui.widgets.controls.set_role`
            self.style().polish(self)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._take_size()

    def _take_size(self) -> None:
        pixels = self.font().pixelSize()
        side = round(self._size * pixels / BODY_PIXELS) if pixels > 0 else self._size
        self.setFixedSize(QSize(side, side))

    def paintEvent(self, _: QPaintEvent) -> None:
        with QPainter(self) as painter:
            draw(painter, self._name, self.palette().color(self.foregroundRole()), QRectF(self.rect()))
