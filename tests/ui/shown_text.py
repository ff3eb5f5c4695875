"""What a person sees or hears of a window: contrast of drawn words, the way of the Tab key, names."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QLabel,
    QLineEdit,
    QRadioButton,
    QStyle,
    QStyleOptionButton,
    QWidget,
)

BORDER = 3
MOST_STOPS = 120


def luminance(color: str) -> float:
    """Relative luminance of ``#RRGGBB`` as in WCAG 2.2."""
    shares = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Contrast ratio as in WCAG 2.2."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def shown_text(page: QWidget) -> str:
    """All words that stand on a page, those of labels that were just made included."""
    QApplication.sendPostedEvents()  # by which a layout brings up what was added to it
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisibleTo(page))


def words_of(widget: QWidget) -> str:
    """The words that a widget draws by itself."""
    if isinstance(widget, QLineEdit):
        return widget.text() or widget.placeholderText()
    words = widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""
    return words if any(map(str.isalnum, words)) else ""  # a lone dash is all edge


def low_contrast(window: QWidget, least: float = 4.5) -> list[str]:
    """Every visible label, button and field whose words are drawn with less than this contrast.

    What is disabled is exempt: https://www.w3.org/TR/WCAG22/#contrast-minimum
    """
    picture = window.grab().toImage()
    found = []
    for widget in window.findChildren(QWidget):
        area = _words_area(widget, window) if widget.isEnabled() else None
        if words_of(widget) and area is not None and not area.intersected(window.rect()).isEmpty():
            drawn = drawn_contrast(picture.copy(area.intersected(window.rect())))
            if drawn is not None and drawn < least:
                found.append(
                    f"{widget.objectName() or type(widget).__name__} “{words_of(widget)}”: {drawn:.2f}"
                )
    return found


def drawn_contrast(picture: QImage) -> float | None:
    """Of the ground (the commonest colour) and what differs from it most; None where nothing is drawn."""
    plain = picture.convertToFormat(QImage.Format.Format_RGB32)
    colors, counts = np.unique(np.frombuffer(plain.constBits(), dtype=np.uint32), return_counts=True)
    if len(colors) < 2:
        return None
    ground = QColor(int(colors[counts.argmax()])).name()
    return max(contrast(QColor(int(color)).name(), ground) for color in colors)


def _words_area(widget: QWidget, window: QWidget) -> QRect | None:
    """Where a widget draws its words, in the window, without its edges."""
    if not widget.isVisible() or widget.visibleRegion().isEmpty():
        return None
    area = widget.rect().adjusted(BORDER, BORDER, -BORDER, -BORDER)
    if isinstance(widget, QCheckBox | QRadioButton):
        option = QStyleOptionButton()
        widget.initStyleOption(option)
        element = QStyle.SubElement.SE_CheckBoxContents
        if isinstance(widget, QRadioButton):
            element = QStyle.SubElement.SE_RadioButtonContents
        area = widget.style().subElementRect(element, option, widget)
    seen = area.intersected(widget.visibleRegion().boundingRect())
    return QRect(widget.mapTo(window, QPoint(0, 0)) + seen.topLeft(), seen.size())


def said(widget: QWidget) -> str:
    """What a screen reader calls a widget."""
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


def tab_walk(start: QWidget) -> list[QWidget]:
    """Every widget that the Tab key comes to, from one on, until it comes round."""
    start.setFocus(Qt.FocusReason.TabFocusReason)
    stops: list[QWidget] = []
    while (focus := QApplication.focusWidget()) is not None and focus not in stops:
        stops.append(focus)
        assert len(stops) < MOST_STOPS
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    return stops


def steps_back(page: QWidget, stops: list[QWidget]) -> list[str]:
    """Steps of the Tab key that go neither on in the line nor to the right nor down."""
    found = []
    for before, after in pairwise(stops):
        here, there = _place(before, page), _place(after, page)
        down, right = there.top() >= here.bottom() - BORDER, there.left() >= here.right() - BORDER
        inside = here.contains(there)
        if not (down or right or inside):
            found.append(f"{_called(before)} → {_called(after)}")
    return found


def _place(widget: QWidget, window: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def _called(widget: QWidget) -> str:
    return widget.objectName() or said(widget) or type(widget).__name__
