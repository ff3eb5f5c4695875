"""The window leaves nothing behind in the folder for temporary files."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import QDir
from PySide6.QtWidgets import QApplication

from ftcompare.ui.shell.application import make_application, open_window, utc_now
from ftcompare.ui.theme.theme import PREFIX, IconFolder, remove_left_over

KILLED = """
import os
from ftcompare.ui.theme.theme import IconFolder
folder = IconFolder()
print(folder.path, flush=True)
os._exit(1)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own folder for temporary files, of this process and of those that it starts."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    if Path(QDir.tempPath()) != folder:
        pytest.skip("Qt takes another folder for temporary files here")
    return folder


def test_a_window_that_is_closed_leaves_no_icons_behind(temporary: Path, qapp: QApplication) -> None:
    with open_window(make_application(), clock=utc_now, rng=Random(5)) as window:
        window.show()
        (folder,) = temporary.glob(f"{PREFIX}*")
        assert len(list(folder.glob("*.svg"))) >= 5
    assert list(temporary.iterdir()) == []


def test_what_a_killed_session_left_is_removed_and_that_of_a_running_one_stays(temporary: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, check=False)
    left = Path(ended.stdout.strip())
    assert left.is_dir()
    running = IconFolder()
    strange = temporary / f"{PREFIX}another"
    strange.mkdir()
    (temporary / f"{PREFIX}link").symlink_to(left)
    remove_left_over()
    assert not left.exists()
    assert running.path.is_dir()
    assert strange.is_dir()
    running.remove()
    assert not running.path.exists()


def test_folders_of_another_user_keep_nobody_from_starting(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, check=False)
    left, others = Path(ended.stdout.strip()), temporary / f"{PREFIX}0"
    others.mkdir()
    is_file = Path.is_file

    def closed_to_us(path: Path) -> bool:
        if path.parent == others:
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", closed_to_us)
    remove_left_over()
    assert others.is_dir()
    assert not left.exists()
