"""The tools below the answers stay where they are, and show by word what is switched on."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QPushButton

from ftcompare.ui.theme.theme import Theme
from tests.ui.conftest import idle
from tests.ui.rate.conftest import Bench

CTRL = Qt.KeyboardModifier.ControlModifier


def places(bench: Bench) -> dict[str, QRect]:
    """Where each tool stands on the page, once the layout has come to rest."""
    idle()
    buttons = [b for b in bench.page.view.tools.findChildren(QPushButton) if b.isVisible()]
    return {b.objectName(): QRect(b.mapTo(bench.page, QPoint(0, 0)), b.size()) for b in buttons}


@pytest.mark.parametrize("size", [(1280, 684), (1024, 660), (960, 504)])
def test_the_tools_stay_in_their_places(bench: Bench, theme: Theme, size: tuple[int, int]) -> None:
    bench.page.resize(*size)
    before = places(bench)
    start = bench.position
    bench.judge(Qt.Key.Key_Right)
    assert places(bench) == before
    for key in (Qt.Key.Key_F, Qt.Key.Key_F, Qt.Key.Key_M, Qt.Key.Key_M, Qt.Key.Key_T, Qt.Key.Key_T):
        bench.key(key)
        assert places(bench) == before
    bench.key(Qt.Key.Key_Z, CTRL)
    bench.at(start)
    assert places(bench) == before
    for zoom in (1.25, 1.0):
        theme.set_zoom(zoom)
        bench.page.setStyleSheet(theme.style_sheet())  # as the window does, after its pages
    assert places(bench) == before


@pytest.mark.parametrize("width", [960, 1280])
def test_scroll_together_has_a_key_and_says_in_words_that_it_is_on(bench: Bench, width: int) -> None:
    bench.page.resize(width, 684)
    idle()
    link, pair = bench.page.view.tools.link, bench.page.view.pair
    assert link.accessibleName() == "Scroll together: on (T)"
    assert link.words in ("Scroll ✓", "Scroll together ✓")
    bench.key(Qt.Key.Key_T)
    assert (pair.linked, link.isChecked(), "✓" in link.words) == (False, False, False)
    bench.click("rate.scroll_together")
    assert (pair.linked, link.isChecked(), "✓" in link.words) == (True, True, True)


def test_undo_says_in_its_tip_what_it_takes_back(bench: Bench) -> None:
    bench.judge(Qt.Key.Key_Right)
    undo = bench.page.view.tools.undo
    assert undo.words == "Undo"
    assert "Undo “Right is better”" in undo.toolTip()
    assert undo.accessibleName() == "Undo “Right is better” (Ctrl Z)"
