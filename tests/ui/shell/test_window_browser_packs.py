"""Pages for browsers, and their results, in the window: made for raters, merged when they come back."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from ftcompare.app.raters.browser_packs import make_browser_pack
from ftcompare.store.pack.pack_file import PackFile
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.raters.pack_dialogs import IN_BROWSER, IN_WINDOW
from ftcompare.ui.shell.window import MainWindow
from tests.app.raters.page_results import page_lines
from tests.ui.conftest import START
from tests.ui.page_driver import press, visible_text
from tests.ui.shell.conftest import dialog, opened


def test_a_page_is_made_for_a_rater(window: MainWindow, study_path: Path, qtbot: QtBot) -> None:
    opened(window, study_path, qtbot)
    window.trigger("study.make_pack")
    qtbot.waitUntil(lambda: dialog(window, "make_pack") is not None)
    asked = dialog(window, "make_pack")
    kind, marks = asked.findChild(QComboBox, "pack_kind"), asked.findChild(QCheckBox, "pack_marks")
    rater, path = asked.findChild(QComboBox, "pack_rater"), asked.findChild(QLineEdit, "pack_path_edit")
    assert kind is not None and marks is not None and rater is not None and path is not None  # noqa: PT018
    rater.setEditText("Grace")
    kind.setCurrentText(IN_BROWSER)
    assert path.text().endswith(".html")
    assert marks.isVisibleTo(asked)
    kind.setCurrentText(IN_WINDOW)
    assert path.text().endswith(".ftpack")
    assert marks.isVisibleTo(asked)
    kind.setCurrentText(IN_BROWSER)
    made = Path(path.text())
    press(asked, "pack_make", qtbot)
    qtbot.waitUntil(made.is_file)
    text = made.read_text("utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert '"scheme":{"types":' in text


@pytest.fixture
def result(study_path: Path, tmp_path: Path) -> Path:
    """What Grace's page saved when nothing was judged yet."""
    page, pack_path = tmp_path / "grace.html", tmp_path / "grace.ftpack"
    with StudyFile.open(study_path, now=START) as study:
        name = make_browser_pack(study, page, "Grace", rng=Random(3), now=START).made.name
        study.packs.hand_out("Grace", pack_path, rng=Random(3), now=START)
    with PackFile.open(pack_path) as pack:
        items = [item.digest() for item, _ in pack.items()]
    digest = page_lines(page)[0]
    head = {"ftcompare_result": 1, "pack": name, "rater": "Grace", "page": digest, "items": items}
    path = tmp_path / "grace.ftresult"
    path.write_text(f"{json.dumps(head, separators=(',', ':'))}\n{json.dumps({'events': 0})}\n", "utf-8")
    return path


def test_a_result_is_merged_like_a_pack(
    window: MainWindow, study_path: Path, result: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(window, study_path, qtbot)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(result)], ""))
    window.trigger("study.merge_packs")
    qtbot.waitUntil(lambda: "Grace: nothing new" in visible_text(dialog(window, "merged")))
