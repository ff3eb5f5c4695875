"""Spacing of a pair and its question, chosen so that the texts keep their share of the height."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QLayoutItem, QWidget

from ftcompare.ui.theme.theme import XL, XS, XXL, L, M, S
from ftcompare.ui.widgets.layouts import FlowLayout

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
