"""Figures below each other: name, value, interval, and a link to the comparisons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from ftcompare.app.results.presentation.blocks import Figure
from ftcompare.app.results.presentation.number_format import detail_words, value_words
from ftcompare.app.review.result_slice import Part
from ftcompare.ui.safe_text import tip
from ftcompare.ui.text.short_names import short_name
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import LinkButton, label

SHORT_DETAIL = 14
"""A longer detail (in characters) is placed below its value."""

LINK_INSET = 2
"""Inset in pixels of a link's text, reserved for the focus frame; other names are aligned with it."""

LINK_LENGTH = 42
"""Characters of a link, which cannot wrap; the whole name is its tip."""

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

Pick: TypeAlias = "Callable[[Part], None]"


def figure_rows(
    figures: Sequence[Figure],
    pick: Pick | None = None,
    *,
    below: bool = False,
    link_length: int = LINK_LENGTH,
) -> QWidget:
    """Rows of figures with their intervals.

    Args:
        pick: called with the comparisons of a figure that has some; its name is then a link.
        below: whether every detail is placed below its value, not only a long one.
        link_length: largest number of characters of a name that is a link.
    """
    holder = QWidget()
    grid = QGridLayout(holder)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(S)
    grid.setVerticalSpacing(S)
    links = pick is not None and any(figure.judged is not None for figure in figures)
    for place, figure in enumerate(figures):
        _add_row(grid, 2 * place, figure, below=below)
        if figure.judged is None or pick is None:
            name = label(figure.label, "muted", wrap=True)
            name.setContentsMargins(LINK_INSET if links else 0, 0, 0, 0)
            grid.addWidget(name, 2 * place, 0)
        else:  # The alignment keeps the column from being as narrow as the link.
            link = _link(figure.label, partial(pick, figure.judged), link_length)
            grid.addWidget(link, 2 * place, 0, Qt.AlignmentFlag.AlignLeft)
    grid.setColumnStretch(0, 1)
    return holder


def _add_row(grid: QGridLayout, row: int, figure: Figure, *, below: bool) -> None:
    """Add the value, with its detail beside or below it."""
    shown, told = value_words(figure), detail_words(figure)
    value = label(shown)
    value.setAccessibleName(f"{figure.label}: {shown} {told}".strip())
    wide = bool(told) and (below or len(told) > SHORT_DETAIL)
    grid.addWidget(value, row, 1, 1, 2 if wide or not told else 1, RIGHT)
    if told:
        detail = label(told, "small", wrap=wide)
        detail.setAlignment(RIGHT)
        grid.addWidget(detail, row + wide, 0 if wide else 2, 1, 3 if wide else 1)


def _link(name: str, act: Callable[[], None], length: int) -> LinkButton:
    link = LinkButton(short_name(name, length))
    link.setToolTip(tip(f"{name}: show these comparisons" if len(name) > length else LISTS))
    link.setAccessibleName(name)
    link.setAccessibleDescription(LISTS)
    link.clicked.connect(lambda: act())
    return link


LISTS = "Show these comparisons"
"""The action of the link of a figure."""
