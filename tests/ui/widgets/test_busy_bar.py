"""While the share of work is unknown, one piece of the bar moves to and fro and never leaves it."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from ftcompare.ui.theme.theme import Theme
from ftcompare.ui.widgets.controls import BUSY_PIECE, BUSY_SECONDS, CalmBar, busy_place


@pytest.mark.parametrize(
    ("turn", "place"), [(0.0, 0.0), (0.25, 0.35), (0.5, 0.7), (0.75, 0.35), (1.0, 0.0), (7.5, 0.7)]
)
def test_the_piece_moves_to_the_end_and_back(turn: float, place: float) -> None:
    assert busy_place(turn * BUSY_SECONDS) == pytest.approx(place)


def test_one_piece_is_filled(theme: Theme, qtbot: QtBot) -> None:
    bar = CalmBar()
    qtbot.addWidget(bar)
    bar.setMaximum(0)
    bar.resize(200, 4)
    bar.show()
    image = bar.grab().toImage()
    accent = theme.color("accent").rgb()
    filled = [x for x in range(image.width()) if image.pixel(x, image.height() // 2) == accent]
    assert len(filled) == pytest.approx(BUSY_PIECE * image.width(), abs=4)
    assert filled == list(range(filled[0], filled[-1] + 1))
