"""The temporary folder of icons that the style sheet refers to.

Each session has one and removes it at its end.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QDir, QLockFile, QTemporaryDir

PREFIX = "FTCompare-icons-"
IN_USE = "in-use.lock"
"""Name of the lock file that a session holds in its folder; a free lock shows that the session has ended."""


class IconFolder:
    """This session's folder with its lock."""

    def __init__(self) -> None:
        self._folder = QTemporaryDir(f"{QDir.tempPath()}/{PREFIX}XXXXXX")
        self._lock = _lock_in(self.path)
        self._lock.tryLock(0)

    @property
    def path(self) -> Path:
        return Path(self._folder.path())

    def remove(self) -> None:
        self._lock.unlock()
        self._folder.remove()


def remove_left_over() -> None:
    """Remove folders of sessions that ended without it: killed, or with the machine."""
    for folder in Path(QDir.tempPath()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # another user's, which this one may not look into
            _remove_if_left(folder)


def _remove_if_left(folder: Path) -> None:
    if folder.is_symlink() or not (folder / IN_USE).is_file():
        return
    lock = _lock_in(folder)
    if lock.tryLock(0):  # The session that held the lock has ended.
        lock.unlock()
        shutil.rmtree(folder, ignore_errors=True)


def _lock_in(folder: Path) -> QLockFile:
    lock = QLockFile(str(folder / IN_USE))
    lock.setStaleLockTime(0)  # a session may run for days
    return lock
