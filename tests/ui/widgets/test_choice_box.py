"""The list of a choice shows its entries whole."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from ftcompare.ui.theme.theme import Theme
from ftcompare.ui.widgets.inputs import choice_box, fill_choice
from tests.ui.page_driver import owned


@pytest.mark.parametrize("entries", [2, 3, 9])
def test_no_entry_is_cut_off(theme: Theme, qtbot: QtBot, entries: int) -> None:
    box = owned(choice_box(), qtbot)
    box.setStyleSheet(theme.style_sheet())
    fill_choice(box, [(f"Entry {number}", number) for number in range(entries)], 0)
    box.show()
    box.showPopup()
    view = box.view()
    qtbot.waitUntil(view.isVisible)
    last = view.visualRect(view.model().index(entries - 1, 0))
    assert view.viewport().rect().contains(last)
