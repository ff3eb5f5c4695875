"""The Generate page with the fake engine behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.generate.page import GeneratePage


@pytest.fixture
def page(context: PageContext, qtbot: QtBot) -> Iterator[GeneratePage]:
    made = GeneratePage(context, backend="fake")
    qtbot.addWidget(made)
    made.resize(QSize(1280, 650))
    made.show()
    yield made
    made.shut_down()
