"""The import dialog: it takes all of a file or nothing, and says which files it takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
)
from pytestqt.qtbot import QtBot

from ftcompare.formats.registry import import_format
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.export.import_dialog import ImportDialog, import_into_study
from tests.ui.conftest import Recorder, RecordingBar
from tests.ui.export.test_export import choose_format, push

Saver = Callable[[Path], None]


def make_outputs(path: Path, *, broken: bool = False) -> Path:
    lines = [
        json.dumps({"prompt": f"New {n}?", "system": system, "response": f"{system} says {n}"})
        for n in range(3)
        for system in ("base", "cardiology")
    ]
    path.write_text("\n".join([*lines, "{broken"] if broken else lines), "utf-8")
    return path


def test_answers_are_imported_through_the_dialog(
    study_context: PageContext, tmp_path: Path, qtbot: QtBot, bar: RecordingBar, recorder: Recorder
) -> None:
    path = make_outputs(tmp_path / "answers.jsonl")
    in_dialog(lambda dialog: choose(dialog, str(path), "import_accept"))
    chosen = ImportDialog.ask(None)
    assert chosen == (path, "outputs")
    import_into_study(study_context, *chosen)
    qtbot.waitUntil(lambda: bool(bar.good))
    assert bar.good == ["Added 3 prompts, 6 responses, 3 comparisons."]
    assert recorder.changes == 1


def test_a_broken_file_imports_nothing_and_names_its_line(
    study_context: PageContext, tmp_path: Path, qtbot: QtBot, bar: RecordingBar
) -> None:
    import_into_study(study_context, make_outputs(tmp_path / "answers.jsonl", broken=True), "outputs")
    qtbot.waitUntil(lambda: bool(bar.errors))
    assert bar.errors[0].where == "answers.jsonl, line 7"
    counted: list[int] = []
    study_context.tasks.run(lambda study: study.counts().prompts, counted.append)
    qtbot.waitUntil(lambda: bool(counted))
    assert counted == [12]


def test_the_dialog_can_be_left_and_refuses_what_is_not_there(qapp: QApplication, tmp_path: Path) -> None:
    heard: list[str] = []

    def try_and_leave(dialog: ImportDialog) -> None:
        choose(dialog, str(tmp_path / "missing.jsonl"), "import_accept")
        heard.append(dialog.field.message.text)
        push(dialog, "import_cancel")

    in_dialog(try_and_leave)
    assert ImportDialog.ask(None) is None
    assert heard == ["There is no such file. Choose another."]


def test_judgments_can_be_chosen(qapp: QApplication, tmp_path: Path) -> None:
    path = make_outputs(tmp_path / "votes.jsonl")

    def act(dialog: ImportDialog) -> None:
        choose_format(dialog, "judgments")
        told = import_format("judgments").description
        assert told in [label.text() for label in dialog.findChildren(QLabel)]
        choose(dialog, str(path), "import_accept")

    in_dialog(act)
    assert ImportDialog.ask(None) == (path, "judgments")


def test_the_import_dialog_names_the_files_that_it_takes(qapp: QApplication) -> None:
    hints = []

    def look(dialog: ImportDialog) -> None:
        for form in ("outputs", "judgments", "arena"):
            choose_format(dialog, form)
            hints.append(dialog.field.edit.placeholderText())
        dialog.reject()

    in_dialog(look)
    assert ImportDialog.ask(None) is None
    assert hints == [".jsonl, .csv, .tsv or .xlsx", ".jsonl", ".json or .jsonl"]


def in_dialog(act: Callable[[ImportDialog], None]) -> None:
    """Do something in the dialog that is about to open."""

    def once() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, ImportDialog)
        act(dialog)

    QTimer.singleShot(100, once)


def choose(dialog: ImportDialog, path: str, then: str) -> None:
    dialog.field.edit.setFocus()
    QTest.keyClicks(dialog.field.edit, path)
    push(dialog, then)
