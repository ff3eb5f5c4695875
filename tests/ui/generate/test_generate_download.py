"""Generate: a model that a stranger's study names is downloaded only where this user says so, by its name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ftcompare.app.generate.engine_run import GenerationProgress
from ftcompare.app.setup import consent
from ftcompare.engine.protocol import Fault
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.generate.page import GeneratePage
from tests.ui.generate.generate_driver import button, click, open_with, says
from tests.ui.shown_text import shown_text

REFUSED = GenerationProgress(
    finished=True,
    fault=Fault(
        code="hub-off",
        what="It is not on this machine.",
        where="someone/model",
        how="Agree.",
        fatal=False,
        kind="user",
    ),
)


@pytest.fixture
def page(page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot) -> GeneratePage:
    """With a study of which nothing is written."""
    open_with(page, context, tmp_path / "a.ftstudy", qtbot)
    return page


def test_the_download_is_agreed_to_by_name_and_then_pairs_are_written(
    page: GeneratePage, qtbot: QtBot
) -> None:
    assert not button(page, "generate_download").isVisible()
    page.runner.finished.emit(REFUSED)
    allow = button(page, "generate_download")
    assert allow.isVisible()
    assert allow.text() == "Allow the download of someone/model and go on"
    assert "Beside the system, Setup has the button that allows it." in shown_text(page)
    assert not consent.model_is_agreed("someone/model")
    click(page, "generate_download")
    says(qtbot, page, "All 8 pairs are written")
    assert consent.model_is_agreed("someone/model")
    assert not allow.isVisible()


def test_another_fault_asks_nothing(page: GeneratePage, qtbot: QtBot) -> None:
    page.runner.finished.emit(REFUSED)
    assert REFUSED.fault is not None
    page.runner.finished.emit(replace(REFUSED, fault=replace(REFUSED.fault, code="model-broken")))
    qtbot.waitUntil(lambda: not button(page, "generate_download").isVisible())
