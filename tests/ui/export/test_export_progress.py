"""Long exports and imports in the window: how far they are, and Cancel, which leaves all as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.export.import_dialog import ImportDialog
from ftcompare.ui.pages.export.page import ExportPage
from ftcompare.ui.widgets.study_work import StudyWork
from tests.ui.conftest import Recorder, RecordingBar, make_study
from tests.ui.export.test_export import count, new_page, push, said
from tests.ui.export.test_import_dialog import choose, make_outputs
from tests.ui.held_work import HeldWork
from tests.ui.shown_text import shown_text


@pytest.fixture
def page(context: PageContext, tmp_path: Path, qtbot: QtBot) -> ExportPage:
    """The page on a study of 12 pairs, 9 of them judged."""
    made = new_page(context, make_study(tmp_path / "review.ftstudy", judged=9), qtbot)
    qtbot.waitUntil(lambda: "row" in count(made))
    return made


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of an earlier export, which the dialog chooses."""
    folder = tmp_path / "exports"
    folder.mkdir()
    path = folder / "rows.jsonl"
    path.write_text("earlier", "utf-8")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    return path


def cancel(work: StudyWork) -> None:
    QTest.mouseClick(work.cancel, Qt.MouseButton.LeftButton)


def test_a_long_export_tells_its_rows_and_is_cancelled(
    page: ExportPage, target: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = HeldWork(monkeypatch, "Writing the rows: 2 of")
    push(page, "export_save")
    qtbot.waitUntil(lambda: "Writing the rows: 2 of" in said(page))
    assert not page.save.isEnabled()
    page.enter()  # as after another page: what is counted anew waits, and does not allow a second export
    cancel(page.work)
    qtbot.waitUntil(lambda: "Stopping…" in said(page))
    assert not page.work.cancel.isEnabled()
    held.go_on()
    qtbot.waitUntil(lambda: "Stopped: nothing was written." in said(page))
    assert not page.work.isVisible()
    assert target.read_text("utf-8") == "earlier"
    assert [path.name for path in target.parent.iterdir()] == ["rows.jsonl"]
    qtbot.waitUntil(page.save.isEnabled)
    push(page, "export_save")
    qtbot.waitUntil(lambda: "rows.jsonl.card.md beside it" in said(page))
    assert target.read_text("utf-8").startswith("{")


def test_an_export_that_was_written_before_it_could_stop_says_so(
    page: ExportPage, target: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = HeldWork(monkeypatch, "Making the data card", every=100)
    push(page, "export_save")
    qtbot.waitUntil(lambda: "Making the data card" in said(page))
    cancel(page.work)
    held.go_on()
    qtbot.waitUntil(lambda: "rows.jsonl.card.md beside it" in said(page))
    assert "Stopped" not in said(page)


def test_a_long_import_tells_its_rows_and_is_cancelled(
    study_context: PageContext,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    bar: RecordingBar,
    recorder: Recorder,
) -> None:
    held = HeldWork(monkeypatch, "Reading the file: 4 rows")
    dialog = ImportDialog(study_context)
    qtbot.addWidget(dialog)
    dialog.open()
    choose(dialog, str(make_outputs(tmp_path / "answers.jsonl")), "import_accept")
    qtbot.waitUntil(lambda: "Reading the file: 4 rows" in shown_text(dialog))
    push(dialog, "import_cancel")
    qtbot.waitUntil(lambda: "Stopping…" in shown_text(dialog))
    held.go_on()
    qtbot.waitUntil(lambda: dialog.message.text == "Stopped: nothing was imported.")
    prompts: list[int] = []
    study_context.tasks.run(lambda study: study.counts().prompts, prompts.append)
    qtbot.waitUntil(lambda: prompts == [12])
    assert (bar.good, bar.errors, recorder.changes) == ([], [], 0)
    push(dialog, "import_accept")
    qtbot.waitUntil(lambda: bar.good == ["Read 6 records. Added 3 prompts, 6 responses, 3 comparisons."])
    assert not dialog.isVisible()
