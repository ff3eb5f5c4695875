"""Packs for tests of the window: made of a study, judged, and dropped on the window."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from ftcompare.app.raters.packs import make_pack
from ftcompare.core.scale import Choice
from ftcompare.core.study import Verdict
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.rate.state import RateState
from ftcompare.ui.shell.pack_window import PackWindow
from tests.builders import of_kind, present
from tests.ui.conftest import START


def made_pack(study_path: Path, path: Path, rater: str) -> Path:
    with StudyFile.open(study_path, now=START) as study:
        make_pack(study, path, rater, rng=Random(3), now=START)
    return path


def judged(path: Path, count: int) -> Path:
    """Judge in a pack, as its rater would."""
    with PackFile.open(path) as pack:
        for number in range(count):
            item = present(pack.judgments.next_item(PACK_RATER))
            pack.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=START + timedelta(minutes=number))
    return path


def menus(window: PackWindow) -> dict[str, list[str]]:
    """The menus that are shown, with their commands."""
    shown: dict[str, list[str]] = {}
    for action in filter(QAction.isVisible, window.menus.actions()):
        menu = of_kind(action.menu(), QMenu)
        own = filter(QAction.isVisible, menu.actions())
        shown[action.text()] = [each.text() for each in own if not each.isSeparator()]
    return shown


def drop(window: PackWindow, *files: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in files])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(20, 20), Qt.DropAction.CopyAction, data, left, none))


def rating(window: PackWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.rate.state is RateState.READY)
