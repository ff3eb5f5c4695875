"""The Setup page of a study to be made, beside folders and files to make it of."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.setup.page import SetupPage
from tests.ui.setup.setup_driver import make_folders, new_page


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """A base, an adapter, prompts, a glossary, and a folder to keep studies in."""
    return make_folders(tmp_path)


@pytest.fixture
def page(context: PageContext, folders: Path, qtbot: QtBot) -> SetupPage:
    """The page as it is before anything is chosen."""
    return new_page(context, folders, qtbot)
