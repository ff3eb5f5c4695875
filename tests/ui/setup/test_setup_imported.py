"""Setup of a study of imported answers: what applies to it, and nothing about models."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from pytestqt.qtbot import QtBot

from ftcompare.app.export.importing import import_file
from ftcompare.app.setup.answers_file import KEY, imported_files
from ftcompare.app.setup.new_study import StudyPlan, create_study
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.setup.page import SetupPage
from tests.ui.conftest import START
from tests.ui.page_driver import enter, visible_text
from tests.ui.setup.setup_driver import click


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Two systems from one file, of which the second got another answer from a second file."""
    answers, late = tmp_path / "answers.csv", tmp_path / "late.jsonl"
    answers.write_text("prompt,base,tuned\nWhy?,Because,So\nHow?,Thus,\n", encoding="utf-8")
    late.write_text('{"prompt": "How?", "system": "tuned", "response": "So"}\n', encoding="utf-8")
    made, plan = tmp_path / "review.ftstudy", StudyPlan("Review", answers=answers)
    with create_study(made, plan, rng=Random(1), now=START) as study:
        import_file(study, late, "outputs", now=START)
    return made


def test_systems_are_shown_with_their_files_and_no_model_is_asked_for(
    path: Path, context: PageContext, qtbot: QtBot
) -> None:
    page = enter(SetupPage(context), context, qtbot, path)
    said = visible_text(page.systems).replace("\u200b", "").splitlines()
    assert {"base", "tuned", "imported", "From answers.csv", "From answers.csv, late.jsonl"} <= set(said)
    assert not page.systems.base.isVisible()
    assert not page.systems.loading.isVisible()
    assert "Weights" not in said
    click(qtbot, page, "setup_base_add")
    assert page.systems.base.isVisible()
    assert page.systems.loading.isVisible()


def test_a_new_study_asks_for_a_base_as_before(path: Path, context: PageContext, qtbot: QtBot) -> None:
    page = enter(SetupPage(context), context, qtbot, path)
    page.begin_new()
    assert page.systems.base.isVisible()
    assert page.systems.loading.isVisible()


@pytest.mark.parametrize("kept", ["", "[]", "{", '{"one": ["a.csv"]}', '{"1": 3}'])
def test_what_somebody_else_wrote_in_its_place_tells_no_file(path: Path, kept: str) -> None:
    with StudyFile.open(path, now=START) as study:
        study.state.put(KEY, kept)
        assert imported_files(study) == {}
