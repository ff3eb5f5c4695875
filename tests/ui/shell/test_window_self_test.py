"""The self-test's step of the window."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.ui.shell import application
from ftcompare.ui.shell.application import self_test_window
from ftcompare.ui.shell.display_check import LIBRARIES
from ftcompare.ui.theme.theme import pixmap
from tests.store.pack.pack_studies import make, new_study

ROOT = Path(__file__).parents[3]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    with new_study(tmp_path / "packed.ftstudy") as study:
        return make(study).path


@pytest.mark.usefixtures("qapp")
def test_the_window_comes_up_without_a_pack() -> None:
    assert self_test_window().endswith("s in memory")


@pytest.mark.usefixtures("qapp")
def test_the_window_shows_a_pack(pack: Path) -> None:
    assert self_test_window(pack).endswith("in memory, and a pack in it")


@pytest.mark.usefixtures("qapp")
def test_a_pack_that_does_not_open_is_a_failure(pack: Path) -> None:
    pack.write_bytes(pack.read_bytes()[:-4096])
    with pytest.raises(UserError) as caught:
        self_test_window(pack)
    assert caught.value.code == "pack-damaged"


@pytest.mark.usefixtures("qapp")
def test_a_pack_that_is_never_shown_is_a_failure(pack: Path) -> None:
    with pytest.raises(EnvironmentFault) as caught:
        self_test_window(pack, longest=-1)
    assert caught.value.code == "window-not-shown"


def test_without_a_display_it_is_tried_in_memory_and_said_so(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", "")
    assert self_test_window().endswith("in memory: there is no display here")


@pytest.mark.usefixtures("qapp")
def test_a_display_on_which_qt_cannot_draw_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = EnvironmentFault("Qt cannot show windows here.", code="qt-libraries")

    def refuse() -> None:
        raise fault

    monkeypatch.setattr(application, "require_display", refuse)
    with pytest.raises(EnvironmentFault) as caught:
        self_test_window()
    assert caught.value is fault


def test_the_libraries_that_are_named_are_those_that_make_installs() -> None:
    script = (ROOT / "packaging" / "system_libraries.sh").read_text(encoding="utf-8")
    (line,) = [line for line in script.splitlines() if line.startswith("runtime=")]
    installed = line.removeprefix("runtime=").strip('"').split()
    assert installed == [*LIBRARIES.split(), "fonts-dejavu-core"]


ODD_NAME = """
import sys
sys.argv[0] = "ein \\udcc3\\udc96rdner/ftcompare"
from ftcompare.ui.shell.wiring import make_application
print(make_application().applicationName())
"""


def test_qt_starts_from_a_folder_whose_name_the_locale_cannot_say() -> None:
    command = [sys.executable, "-c", ODD_NAME]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "FTCompare\n"), done.stderr


@pytest.mark.usefixtures("qapp")
def test_an_icon_that_is_missing_is_told_and_does_not_end_the_process() -> None:
    with pytest.raises(FileNotFoundError):
        pixmap("no-such-icon", QColor("red"))
