"""The whole study as open files, from the Export page."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.app.export.study_folder import create_from_folder
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from tests.ui.conftest import START, make_study
from tests.ui.export.test_export import choose_format, count, new_page, push, rows, said, text_of, unblind


def note(page: QWidget) -> bool:
    return "A data card is written beside the file" in said(page)


def test_while_blinded_the_page_names_the_copy_that_can_be_saved(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    page = new_page(context, make_study(tmp_path / "review.ftstudy", judged=9), qtbot)
    qtbot.waitUntil(lambda: "row" in count(page))
    choose_format(page, "folder")
    qtbot.waitUntil(lambda: count(page) == "Not while the study is blinded")
    assert not page.save.isEnabled()
    assert rows(page) == ""
    assert "Save a copy" in text_of(page, "export_why")


def test_the_folder_is_written_and_gives_the_study_again(
    context: PageContext, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = new_page(context, make_study(tmp_path / "review.ftstudy", judged=9), qtbot)
    unblind(context, qtbot)
    assert note(page)
    choose_format(page, "folder")
    page.enter()
    qtbot.waitUntil(lambda: '"key"' in rows(page))
    assert not note(page)
    asked: list[str] = []

    def answer(_parent: QWidget, _title: str, proposed: str, _kinds: str) -> tuple[str, str]:
        asked.append(Path(proposed).name)
        return str(tmp_path / "folder"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    push(page, "export_save")
    qtbot.waitUntil(lambda: "README.md in it" in said(page))
    assert asked[0].endswith("as open files")
    create_from_folder(tmp_path / "back.ftstudy", tmp_path / "folder")
    with StudyFile.open(tmp_path / "back.ftstudy", now=START) as back:
        assert back.counts().judgments == 9
    push(page, "export_save")  # once more, to the same place
    qtbot.waitUntil(lambda: "The folder is not empty" in said(page))
