"""A study of which the file asks for more than fields hold: the page opens all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from ftcompare.core.hashing import Json
from ftcompare.engine.protocol import GenerationSettings
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.generate.page import GeneratePage
from ftcompare.ui.pages.generate.settings_form import SettingsCard
from tests.ui.conftest import START, open_in
from tests.ui.generate.generate_driver import button, make_written

HUGE = {"max_new_tokens": 10**23, "seed": 10**30, "top_k": 2**40, "batch_prompts": 2**40, "samples": 2**40}


@pytest.mark.parametrize("name", sorted(HUGE))
def test_fields_take_the_bound_next_to_a_number_too_large(qtbot: QtBot, name: str) -> None:
    card = SettingsCard()
    qtbot.addWidget(card)
    changed: dict[str, Any] = {name: HUGE[name]}
    card.set(GenerationSettings(**changed))
    assert 0 < getattr(card.settings, name) < HUGE[name]


def test_a_study_with_settings_that_cannot_be_opens(
    context: PageContext, qtbot: QtBot, tmp_path: Path
) -> None:
    path = make_written(tmp_path / "strange.ftstudy", "{}", prompts=2)
    strange: dict[str, Json] = {"max_new_tokens": 10**23, "temperature": None, "stop": 5, "seed": "x"}
    with StudyFile.open(path, now=START) as study:
        study.runs.start({"settings": strange, "proof": [], "engine": None}, now=START)
    page = GeneratePage(context, backend="fake")
    qtbot.addWidget(page)
    page.show()
    open_in(context.tasks, path, qtbot)
    page.enter()
    qtbot.waitUntil(lambda: button(page, "generate_start").isVisible())
    assert page.settings.settings.max_new_tokens == GenerationSettings().max_new_tokens
    page.shut_down()
