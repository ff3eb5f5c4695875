"""Formulas drawn in the background, and how a document shows them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable

from PySide6.QtCore import QByteArray, QRect, QRectF, QSizeF
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QPainter,
    QPyTextObject,
    QTextCharFormat,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtSvg import QSvgRenderer

from ftcompare.markup.blocks import Formula
from ftcompare.markup.formula import Drawing, draw

OBJECT = QTextFormat.ObjectTypes.UserObject.value + 1  # object type of a formula in a document

KEPT = 1_000  # largest number of drawings kept for later texts with the same formulas

_KEY = QTextFormat.Property.UserProperty.value + 1

Key = tuple[str, bool]  # LaTeX source, and whether it is a display formula


def key_of(formula: Formula) -> Key:
    """The values that determine a drawing, apart from size and color."""
    return formula.tex, formula.display


class FormulaDrawer:
    """Draws in a thread, ended when idle: a formula takes 10 ms, the first one half a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: deque[Key] = deque()
        self._drawn: dict[Key, Drawing | None] = {}
        self._busy = False

    def is_done(self, key: Key) -> bool:
        return key in self._drawn

    def drawing(self, key: Key) -> Drawing | None:
        return self._drawn.get(key)

    def want(self, keys: Iterable[Key]) -> None:
        """Request drawings, which are made in this order before those requested earlier."""
        with self._lock:
            self._wanted.extendleft(reversed([key for key in dict.fromkeys(keys) if key not in self._drawn]))
            start, self._busy = bool(self._wanted) and not self._busy, self._busy or bool(self._wanted)
        if start:
            threading.Thread(target=self._work, name="formulas", daemon=True).start()

    def _work(self) -> None:
        while (key := self._next()) is not None:
            self._keep(key, draw(key[0], display=key[1]))

    def _next(self) -> Key | None:
        with self._lock:
            while self._wanted:
                key = self._wanted.popleft()
                if key not in self._drawn:
                    return key
            self._busy = False
            return None

    def _keep(self, key: Key, drawing: Drawing | None) -> None:
        with self._lock:
            self._drawn[key] = drawing
            while len(self._drawn) > KEPT:
                del self._drawn[next(iter(self._drawn))]


drawer = FormulaDrawer()  # the drawer that all documents share


class FormulaObjects(QPyTextObject):
    """Paints the formulas of one document, in the color of their text."""

    def __init__(self, document: QTextDocument, em: float) -> None:
        super().__init__(document)
        self._em = em
        self._drawings: list[Drawing] = []
        self._pictures: dict[tuple[int, str], QSvgRenderer] = {}
        self._document = document
        self._registered = False

    @property
    def used(self) -> bool:
        return bool(self._drawings)

    def register(self) -> None:
        """Register as handler of the document's formula objects. This makes a layout, which takes time."""
        if not self._registered:
            self._registered = True
            self._document.documentLayout().registerHandler(OBJECT, self)

    def format_of(self, drawing: Drawing, base: QTextCharFormat) -> QTextCharFormat:
        made = QTextCharFormat(base)
        made.setObjectType(OBJECT)
        made.setProperty(_KEY, len(self._drawings))
        made.setFont(_font_with_descent(base.font(), drawing.descent * self._em))
        made.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignBaseline)
        self._drawings.append(drawing)
        return made

    def intrinsicSize(self, _document: QTextDocument, _place: int, form: QTextFormat) -> QSizeF:
        drawing = self._drawings[form.intProperty(_KEY)]
        return QSizeF(drawing.width * self._em, (drawing.ascent + drawing.descent) * self._em)

    def drawObject(
        self,
        painter: QPainter,
        rect: QRectF | QRect,
        _document: QTextDocument,
        _place: int,
        form: QTextFormat,
    ) -> None:
        self._picture(form).render(painter, QRectF(rect))

    def _picture(self, form: QTextFormat) -> QSvgRenderer:
        key = form.intProperty(_KEY), form.foreground().color().name()
        if key not in self._pictures:
            svg = self._drawings[key[0]].svg.replace('"black"', f'"{key[1]}"')
            self._pictures[key] = QSvgRenderer(QByteArray(svg.encode()))
        return self._pictures[key]


def _font_with_descent(font: QFont, descent: float) -> QFont:
    """A font with this descent in pixels; Qt places an object as far below the baseline as its font goes."""
    made = QFont(font)
    made.setPixelSize(100)
    deep = max(1, QFontMetrics(made).descent())  # a machine without fonts has none that reaches anywhere
    made.setPixelSize(max(1, round(100 * descent / deep)))
    return made
