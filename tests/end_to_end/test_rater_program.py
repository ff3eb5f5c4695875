"""The program for raters as a process of its own, without the libraries that its build leaves out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

import ftcompare
from ftcompare import rater_program
from ftcompare.app.raters.packs import make_pack
from ftcompare.store.study.study_file import StudyFile
from tests.builders import text_file
from tests.ui.conftest import START, make_study

LEFT_OUT = Path(__file__).parents[2] / "packaging" / "rater" / "excluded_modules.txt"
WITHOUT = f"""
import sys
left_out = [line for line in open({str(LEFT_OUT)!r}).read().splitlines() if line and line[0] != "#"]
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if any((name + ".").startswith(left + ".") for left in left_out):
            raise ImportError(f"{{name}} is left out")
sys.meta_path.insert(0, Refuse())
"""
SELF_TEST = "from ftcompare.rater_program import main\nsys.exit(main(['--self-test']))"
NO_FONTS = '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>'
WINDOW = """
import time
from pathlib import Path
from random import Random
from PySide6.QtCore import QUrl
from PySide6.QtGui import QFileOpenEvent
from ftcompare.ui.pages.rate.state import RateState
from ftcompare.ui.shell.rater_application import open_rater_window
from ftcompare.ui.shell.wiring import make_application, utc_now
application = make_application()
def wait(holds):
    end = time.monotonic() + 1500
    while not holds():
        assert time.monotonic() < end, (window.rate.state, window.page)
        application.processEvents()
with open_rater_window(application, clock=utc_now, rng=Random(1)) as window:
    window.show()
"""
OPENED_BY_THE_SYSTEM = """
    application.sendEvent(application, QFileOpenEvent(QUrl.fromLocalFile({path!r})))
    wait(lambda: window.rate.state is RateState.READY)
    assert window.study.path == Path({path!r})
"""
MARKED = """
    window.acts.open(Path({path!r}))
    for judged in range({pairs}):
        wait(lambda: window.rate.state is RateState.READY and window.rate.shown.judged == judged)
        window.trigger("rate.left")
    wait(lambda: window.rate.state is RateState.DONE)
    window.rate.view.done.mark_errors.emit()
    screen = window.rate.view.marking
    wait(lambda: screen.isVisible() and screen.pair is not None)
    import ftcompare.app.rate.word_differences, ftcompare.terms.word_diff
"""


def child(program: str, home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "FTCOMPARE_HOME": str(home), **more}
    command = [sys.executable, "-c", WITHOUT + program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def packed(folder: Path, *, pairs: int = 2) -> Path:
    with StudyFile.open(make_study(folder / "s.ftstudy", judged=0, pairs=pairs), now=START) as study:
        return make_pack(study, folder / "grace.ftpack", "Grace", rng=Random(3), now=START).made.path


def test_its_self_test_passes_without_what_is_left_out(tmp_path: Path) -> None:
    done = child(SELF_TEST, tmp_path / "home")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Self-test passed: 2 pairs judged")
    assert not (tmp_path / "home").exists(), "the settings of the user are left alone"


def test_formulas_stop_nobody_on_a_machine_without_fonts(tmp_path: Path) -> None:
    none = text_file(tmp_path / "fonts.conf", NO_FONTS)
    done = child(SELF_TEST, tmp_path / "home", FONTCONFIG_FILE=str(none))
    assert done.returncode == 0, done.stderr


def test_what_fails_in_the_window_fails_the_self_test(tmp_path: Path) -> None:
    broken = "from ftcompare.app.rate.rating_session import RatingSession\nRatingSession.judge = None\n"
    done = child(broken + SELF_TEST, tmp_path / "home")
    assert done.returncode == rater_program.EXIT_FAILED
    assert "The program failed before" in done.stderr


def test_a_pack_is_judged_to_its_end_and_marked_without_what_is_left_out(tmp_path: Path) -> None:
    path = packed(tmp_path)
    done = child(WINDOW + MARKED.format(path=str(path), pairs=2), tmp_path / "home")
    assert done.returncode == 0, done.stderr


def test_a_file_that_the_system_wants_opened_comes_into_the_window(tmp_path: Path) -> None:
    done = child(WINDOW + OPENED_BY_THE_SYSTEM.format(path=str(packed(tmp_path))), tmp_path / "home")
    assert done.returncode == 0, done.stderr


def test_version_and_a_missing_display_are_told_in_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit) as ended:
        rater_program.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"FTCompare {ftcompare.__version__}\n"
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert rater_program.main(["some.ftpack"]) == rater_program.EXIT_FAILED
    told = capsys.readouterr().err
    assert "There is no display" in told
    assert "command line" not in told, "this program has no commands"
    monkeypatch.setattr(sys, "stderr", None)
    assert rater_program.main([]) == rater_program.EXIT_FAILED
