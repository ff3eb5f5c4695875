"""The Generate page with the fake engine behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fake_backend import FAKE
from pytestqt.qtbot import QtBot

from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.generate.page import GeneratePage
from tests.ui.page_driver import on_screen


@pytest.fixture
def page(context: PageContext, qtbot: QtBot) -> Iterator[GeneratePage]:
    made = on_screen(GeneratePage(context, backend=FAKE), qtbot, 1280, 650)
    yield made
    made.shut_down()
