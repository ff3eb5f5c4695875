"""File dialogs open in the folder of the study, then where the last was left; those that save, apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QTreeView, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.ui.page_context import PageContext, SettingsKeeper
from ftcompare.ui.widgets.file_dialogs import (
    FolderMemory,
    choose_file,
    choose_folder,
    name_file,
    remember_in,
    start_in,
    start_of,
)
from ftcompare.ui.widgets.file_field import FileField
from tests.builders import of_kind
from tests.ui.conftest import quiet
from tests.ui.page_driver import owned


@pytest.fixture
def settings(context: PageContext, tmp_path: Path) -> Iterator[SettingsKeeper]:
    keeper = SettingsKeeper(tmp_path / "settings.json", context.tasks)
    remember_in(
        FolderMemory(lambda: keeper.now.folder, lambda folder: keeper.change(folder=folder)),
        FolderMemory(lambda: keeper.now.saved_folder, lambda folder: keeper.change(saved_folder=folder)),
    )
    yield keeper
    remember_in(FolderMemory(), FolderMemory())


def test_nothing_is_remembered_before_the_first(settings: SettingsKeeper) -> None:
    assert start_of("/somewhere/x.json") == "/somewhere/x.json"


def test_dialogs_open_in_the_folder_of_the_study_that_was_opened(
    settings: SettingsKeeper, tmp_path: Path
) -> None:
    settings.change(folder="/last", saved_folder="/reports")
    start_in(tmp_path)
    assert start_of("/home/ada/gate.toml") == str(tmp_path / "gate.toml")
    assert start_of("/home/ada/gate.json", saved=True) == str(tmp_path / "gate.json")


def test_the_next_dialog_opens_where_the_last_was_left(
    settings: SettingsKeeper,
    context: PageContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    parent = owned(QWidget(), qtbot)
    folder = tmp_path / "mine"
    folder.mkdir()
    starts: list[str] = []

    def name(_parent: object, _title: str, start: str, _kinds: str) -> tuple[str, str]:
        starts.append(start)
        return str(folder / "rows.jsonl"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", name)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", name)
    name_file(parent, "Save", start_of("/proposed/rows.jsonl", saved=True), "All (*)")
    name_file(parent, "Save", start_of("/proposed/report.html", saved=True), "All (*)")
    choose_file(parent, "Open", start_of(str(tmp_path)), "All (*)")
    field = owned(FileField("File", "file", folder=False), qtbot)
    field.choose()
    field.choose()
    mine = str(folder)
    assert starts == [
        "/proposed/rows.jsonl",
        f"{mine}/report.html",
        str(tmp_path),
        mine,
        f"{mine}/rows.jsonl",
    ]
    quiet(context.tasks, qtbot)
    stored = SettingsKeeper(tmp_path / "settings.json", context.tasks).now
    assert (stored.folder, stored.saved_folder) == (mine, mine)


@pytest.mark.parametrize("ask", [choose_file, choose_folder, name_file])
def test_a_dialog_fits_the_screen(
    ask: Callable[..., object], context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    parent = owned(QWidget(), qtbot)
    parent.setStyleSheet("QTreeView::item { height: 90px }")  # Qt shows 30 of them.
    parent.show()
    seen: list[tuple[bool, bool]] = []

    def look() -> None:
        dialog = of_kind(QApplication.activeModalWidget(), QFileDialog)
        header = of_kind(dialog.findChild(QTreeView), QTreeView).header()
        whole = all(header.sectionSize(part) >= header.sectionSizeHint(part) for part in (1, 2, 3))
        whole = whole and header.sectionSize(0) >= 240
        seen.append((dialog.screen().availableGeometry().contains(dialog.frameGeometry()), whole))
        dialog.reject()

    QTimer.singleShot(500, look)
    kinds = () if ask is choose_folder else ("All (*)",)
    ask(parent, "Open", str(tmp_path), *kinds)
    assert seen == [(True, True)]


def test_a_folder_that_is_gone_is_not_proposed(settings: SettingsKeeper, tmp_path: Path) -> None:
    settings.now = settings.now.__class__(folder=str(tmp_path / "gone"))
    assert start_of("/somewhere/x.json") == "/somewhere/x.json"
