"""Finds texts of a window in the language ``en-XA`` that are neither translated nor the study's."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QLabel,
    QLineEdit,
    QTabBar,
    QTableView,
    QWidget,
)

from ftcompare.ui.widgets.controls import KeyCap
from tests.ui.conftest import TOPICS
from tests.ui.layout.further_states import TURNS
from tests.ui.layout.layout_faults import described
from tests.ui.layout.page_study import RATERS, SCALE

OWN = (
    *(each.content for each in TURNS),
    "Cardiology adapter",
    "Ben",
    *RATERS,
    *SCALE.criteria,
    *SCALE.reasons,
    SCALE.question,
    "FTCompare",
)
"""Texts of the study: its title, raters, and scale."""
WORD = re.compile(r"[^\W\d_]{2,}")


def untranslated(window: QWidget) -> list[str]:
    """Texts that a user sees or hears and that are neither translated nor the study's."""
    found = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or isinstance(widget, KeyCap):
            continue
        if widget.objectName() == "pack_path":
            continue
        found += [f"{text!r} {described(widget)}" for text in _texts(widget) if _left(text)]
    return found


def _texts(widget: QWidget) -> list[str]:
    texts = [widget.toolTip(), widget.accessibleName(), widget.accessibleDescription()]
    texts += [action.text() for action in widget.actions()]
    if isinstance(widget, QLabel | QAbstractButton):
        texts.append(widget.text())
    if isinstance(widget, QLineEdit):
        texts.append(widget.placeholderText())
    if isinstance(widget, QTabBar):
        texts += [widget.tabText(place) for place in range(widget.count())]
    if isinstance(widget, QComboBox):
        texts += [widget.itemText(place) for place in range(widget.count())]
    if isinstance(widget, QTableView):
        model = widget.model()
        across = Qt.Orientation.Horizontal
        texts += [str(model.headerData(place, across) or "") for place in range(model.columnCount())]
    if isinstance(widget, QAbstractItemView):
        model = widget.model()
        cells = ((row, column) for row in range(model.rowCount()) for column in range(model.columnCount()))
        texts += [str(model.index(*cell).data() or "") for cell in cells]
    return texts


def _left(text: str) -> str:
    """The words of a text outside the brackets of translated texts, if any."""
    text = " ".join(re.sub(r"<[^>]*>", "", text).split())
    while (shorter := re.sub(r"\[[^\[\]]*\]", "", text)) != text:
        text = shorter
    for own in (*OWN, *(each for topic in TOPICS for each in topic)):
        text = text.replace(own, "")
    return " ".join(WORD.findall(text))
