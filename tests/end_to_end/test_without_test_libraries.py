"""What only the tests use is not there at run time: command line, window and results do without."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.report.report_studies import judged_study

ORACLES = ("choix", "evalica", "jsonschema", "krippendorff", "pandas", "statsmodels")
BLOCKED = f"import sys\nsys.modules.update(dict.fromkeys({ORACLES!r}))\n"
"""As on a machine where they are not installed: an import of them raises ImportError."""

EVERY_MODULE = """
import importlib, pkgutil, ftcompare
for module in pkgutil.walk_packages(ftcompare.__path__, "ftcompare."):
    if not module.name.endswith("__main__") and ".backends.local" not in module.name:
        importlib.import_module(module.name)
"""
RESULTS_PAGE = """
import time
from pathlib import Path
from random import Random
from PySide6.QtWidgets import QLabel
from ftcompare.ui.shell.application import make_application, open_window, utc_now
application = make_application()
with open_window(application, clock=utc_now, rng=Random(1)) as window:
    window.show()
    window.acts.open(Path({path!r}), "results")
    end = time.monotonic() + 1500
    while not any("%" in label.text() for label in window.findChildren(QLabel) if label.isVisible()):
        assert time.monotonic() < end
        application.processEvents()
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judged_study(tmp_path_factory.mktemp("without") / "s.ftstudy", prompts=12)


def output(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED + program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    output(EVERY_MODULE)


def test_the_results_are_computed(study: Path) -> None:
    program = f"from ftcompare.cli.main import run\nsys.exit(run(['results', {str(study)!r}, '--json']))"
    found = json.loads(output(program))
    assert found["agreement"]["krippendorff_alpha"]["nominal"] is not None
    assert found["ranking"]["bradley_terry"]


def test_the_report_is_written(study: Path, tmp_path: Path) -> None:
    place = tmp_path / "r.html"
    arguments = ["results", str(study), "--html", str(place)]
    output(f"from ftcompare.cli.main import run\nsys.exit(run({arguments!r}))")
    assert place.stat().st_size > 1000


def test_the_window_shows_the_results(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    output(RESULTS_PAGE.format(path=str(study)))
