"""A study is left while its pages are still being filled: nothing comes of it, and nothing breaks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from ftcompare.ui.page_context import Page, PageContext
from ftcompare.ui.shell.page_registry import PAGES
from tests.ui.conftest import make_study, open_in


@pytest.mark.parametrize("make", [page.make for page in PAGES if page.make])
def test_a_page_that_is_gone_is_not_filled(
    make: Callable[[PageContext], Page], context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_in(context.tasks, make_study(tmp_path / "review.ftstudy", judged=9), qtbot)
    gone: list[BaseException] = []
    context.tasks.crashed.connect(gone.append)
    page = make(context)
    page.show()
    page.enter()
    shut_down = getattr(page, "shut_down", None)
    if shut_down is not None:
        shut_down()
    page.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    with qtbot.waitCallback() as done:
        context.tasks.run(lambda study: study.counts(), done)
    assert not gone
