"""The user's settings while the window is open: read once, written after every change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from ftcompare.app import user_settings as files
from ftcompare.app.user_settings import UserSettings
from ftcompare.ui.study_thread.study_tasks import StudyTasks


class SettingsKeeper(QObject):
    """Holds the settings; ``now`` is their current value. The thread of ``tasks`` writes them."""

    def __init__(self, path: Path, tasks: StudyTasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._tasks = tasks
        self.now = files.load(path)

    def change(self, **values: Any) -> None:
        self.put(replace(self.now, **values))

    def put(self, settings: UserSettings) -> None:
        if settings != self.now:
            self.now = settings
            self._tasks.call(lambda: files.save(self._path, settings), lambda _: None)
