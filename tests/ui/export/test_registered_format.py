"""A format that is added in one place is offered everywhere; the whole study as a folder."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.exporting import export, preview
from ftcompare.app.export.study_folder import create_from_folder
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.export.page import ExportPage
from tests.ui.conftest import START, make_study, open_in
from tests.ui.export.registered_format import PACKED, registered
from tests.ui.export.test_export import choose_format, count, new_page, push, rows, said, text_of, unblind
from tests.ui.page_driver import child, on_screen

COMMAND = """
import sys
from tests.ui.export.registered_format import registered
with registered():
    from ftcompare.cli.main import run
    sys.exit(run(sys.argv[1:]))
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return make_study(tmp_path / "review.ftstudy", judged=9)


@pytest.fixture
def offered() -> Iterator[None]:
    with registered():
        yield


def rows_of(path: Path) -> Any:
    rows = json.loads(gzip.decompress(path.read_bytes()))
    assert path.with_name(f"{path.name}.count").read_text() == f"{len(rows)}"
    assert path.with_name(f"{path.name}.card.md").is_file()
    return rows


def ftcompare(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", COMMAND, *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_the_operation_writes_it(study: Path, tmp_path: Path) -> None:
    with StudyFile.open(study, now=START) as opened:
        shown = preview(opened, ExportRequest(PACKED))
        done = export(opened, tmp_path / "rows.gz", ExportRequest(PACKED), now=START)
        assert opened.audit.entries()[-1].kind == "exported"
    rows = rows_of(done.path)
    assert len(rows) == done.kept == shown.kept > 0
    assert [json.loads(row) for row in shown.sample] == rows[:3]
    assert "packed-preference" in done.card.read_text("utf-8")


def test_the_command_line_offers_and_writes_it(study: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.gz"
    done = ftcompare("export", str(study), str(path), "--format", "packed-preference")
    assert done.returncode == 0, done.stderr
    assert rows_of(path)
    helped = subprocess.run(
        [sys.executable, "-c", COMMAND, "export", "--help"], check=True, capture_output=True
    )
    assert b"packed-preference" in helped.stdout


@pytest.mark.usefixtures("offered")
def test_the_page_offers_and_writes_it(
    context: PageContext, study: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, ...]] = []
    path = tmp_path / "rows.json.gz"

    def answer(*given: object) -> tuple[str, str]:
        asked.append(given)
        return str(path), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    open_in(context.tasks, study, qtbot)
    page = on_screen(ExportPage(context), qtbot)
    page.enter()
    box = child(page, QComboBox, "export_format")
    assert PACKED.title in [box.itemText(place) for place in range(box.count())]
    choose_format(page, PACKED.id)
    qtbot.waitUntil(page.save.isEnabled)
    assert page.filters.isVisible()
    plain = child(page, QCheckBox, "export_conversational")
    assert not plain.isVisible()
    page.save.click()
    qtbot.waitUntil(path.is_file)
    qtbot.waitUntil(page.save.isEnabled)
    assert rows_of(path)
    assert any("packed.json.gz" in str(part) for part in asked[0])


def test_while_blinded_the_page_names_the_copy_that_can_be_saved(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    page = new_page(context, make_study(tmp_path / "review.ftstudy", judged=9), qtbot)
    qtbot.waitUntil(lambda: "row" in count(page))
    choose_format(page, "folder")
    qtbot.waitUntil(lambda: count(page) == "Only after unblinding")
    assert not page.save.isEnabled()
    assert rows(page) == ""
    assert "Save a copy" in text_of(page, "export_why")


def test_the_folder_is_written_and_gives_the_study_again(
    context: PageContext, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = new_page(context, make_study(tmp_path / "review.ftstudy", judged=9), qtbot)
    unblind(context, qtbot)
    choose_format(page, "folder")
    page.enter()
    qtbot.waitUntil(lambda: '"key"' in rows(page))
    asked: list[str] = []

    def answer(_parent: QWidget, _title: str, proposed: str, _kinds: str) -> tuple[str, str]:
        asked.append(Path(proposed).name)
        return str(tmp_path / "folder"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    push(page, "export_save")
    qtbot.waitUntil(lambda: "data card in it" in said(page))
    assert asked[0].endswith("exported")
    create_from_folder(tmp_path / "back.ftstudy", tmp_path / "folder")
    with StudyFile.open(tmp_path / "back.ftstudy", now=START) as back:
        assert back.counts().judgments == 9
    push(page, "export_save")  # once more, to the same place
    qtbot.waitUntil(lambda: "The folder is not empty" in said(page))
