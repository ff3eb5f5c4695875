"""Rates in the real application from inside its process, has it crash twice, and keeps all that it tells.

rater.py STUDY TOLD SECRET      judges six pairs; two errors with SECRET in them; writes TOLD as JSON
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ftcompare.ui.pages.rate.state import RateState
from ftcompare.ui.shell import application
from ftcompare.ui.shell.window import MainWindow
from ftcompare.ui.shell.wiring import CrashDialog
from tests.ui.text.hostile_text_samples import said

KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Down)
JUDGED = 6


class Session:
    """One sitting, step by step as the window's events come."""

    def __init__(self, target: Path, secret: str) -> None:
        self._target = target
        self._secret = secret
        self._told: dict[str, list[str]] = {}

    @property
    def window(self) -> MainWindow:
        return next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow))

    def begin(self) -> None:
        """The event loop runs. The name of the last rater is proposed, and taken."""
        self._until(self._asked, self._start)

    def _asked(self) -> bool:
        return self.window.rate.view.who.isVisible()

    def _start(self) -> None:
        QTest.keyClick(self.window.rate.view.who.name, Qt.Key.Key_Return)
        self._until(self._ready, lambda: self._rate(JUDGED))

    def _until(self, holds: Callable[[], bool], then: Callable[[], object]) -> None:
        if holds():
            then()
        else:
            QTimer.singleShot(5, lambda: self._until(holds, then))

    def _ready(self) -> bool:
        return self.window.rate.state is RateState.READY

    def _keep(self, stage: str) -> None:
        title = self.window.windowTitle()
        self._told[stage] = [title, *(f"{where}: {text}" for where, text in said(self.window))]

    def _rate(self, left: int) -> None:
        self._keep(f"rating, {left} left")
        if not left:
            self.window.context.tasks.call(self._fail, lambda _: None)
            self._until(self._crashed, self._fail_in_the_window)
            return
        view = self.window.rate.shown
        QTest.keyClick(self.window.rate, KEYS[left % len(KEYS)])
        self._until(
            lambda: self._ready() and self.window.rate.shown is not view, lambda: self._rate(left - 1)
        )

    def _fail(self) -> None:
        raise ValueError(f"about {self._secret}")

    def _crashed(self) -> bool:
        return self.window.findChild(CrashDialog) is not None

    def _fail_in_the_window(self) -> None:
        self._read_report("on the study's thread")
        QTimer.singleShot(0, self._fail)
        self._until(self._crashed, self._close)

    def _read_report(self, where: str) -> None:
        dialog = self.window.findChildren(CrashDialog)[0]
        self._keep(f"crash {where}")
        dialog.findChildren(QPushButton, "crash_copy")[0].click()
        self._told[f"report {where}"] = [dialog.report, QGuiApplication.clipboard().text()]
        dialog.setParent(None)
        dialog.close()

    def _close(self) -> None:
        self._read_report("in the window")
        self.window.acts.close(self._end)

    def _end(self) -> None:
        self._keep("closed")
        self._target.write_text(json.dumps(self._told), encoding="utf-8")
        self.window.close()
        QApplication.quit()


def main() -> int:
    application.make_application()
    session = Session(Path(sys.argv[2]), sys.argv[3])
    QTimer.singleShot(0, session.begin)
    return application.run(Path(sys.argv[1]), "rate")


if __name__ == "__main__":
    sys.exit(main())
