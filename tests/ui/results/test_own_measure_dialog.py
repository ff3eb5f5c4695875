"""What is asked before a measure of the owner is run from the window, and what it then stores."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QDialog, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.app.generate.own_measure import Better
from ftcompare.app.measures.own import RUN_OWN
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.automatic.run_dialogs import OwnMeasureDialog
from ftcompare.ui.pages.results.automatic.runs_line import RunsLine
from tests.app.results.code_study import code_study
from tests.builders import text_file
from tests.ui.conftest import START, RecordingBar, open_in
from tests.ui.page_driver import on_screen, press, settle, visible_text

LENGTH = """
import json, sys
for row in map(json.loads, sys.stdin):
    print(json.dumps({"id": row["id"], "score": len(row["answer"])}))
"""


@pytest.mark.parametrize(
    ("name", "text", "told", "asks"),
    [
        ("polite.py", "def score(**row): return 1", "polite: The file runs in the sandbox for code", True),
        (f"{sys.executable} length.py", "", "The command runs with your rights", True),
        ("forms.csv", "name,phrase\nplease,please\n", "forms: 1 phrase", False),
    ],
)
def test_only_code_needs_consent_which_is_for_one_file(
    context: PageContext, qtbot: QtBot, tmp_path: Path, name: str, text: str, told: str, asks: bool
) -> None:
    source = str(text_file(tmp_path / name, text)) if text else name
    open_in(context.tasks, code_study(tmp_path / "s.ftstudy", START), qtbot)
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.resize(1280, 720)
    dialog = OwnMeasureDialog(context.tasks, parent)
    dialog.show()
    dialog.file.set_text(source)
    settle(context, qtbot)
    assert told in visible_text(dialog)
    assert (dialog.allow.isVisible(), dialog.confirm.isEnabled()) == (asks, not asks)
    assert ("To run this measure, select" in dialog.missing.text()) is asks
    if asks:
        dialog.allow.setChecked(True)
    assert dialog.confirm.isEnabled()
    dialog.file.set_text(str(text_file(tmp_path / "other.py", "def score(**row): return 2")))
    settle(context, qtbot)
    assert not dialog.confirm.isEnabled()
    dialog.reject()


def test_a_measure_is_run_with_its_direction(
    context: PageContext, qtbot: QtBot, bar: RecordingBar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = text_file(tmp_path / "length.py", LENGTH)
    open_in(context.tasks, code_study(tmp_path / "s.ftstudy", START), qtbot)
    line = on_screen(RunsLine(context, (RUN_OWN,)), qtbot, 900, 300)
    line.refresh({}, named=True)
    settle(context, qtbot)

    def exec_(dialog: OwnMeasureDialog) -> int:
        dialog.file.set_text(f"{sys.executable} {script}")
        settle(context, qtbot)
        choice = dialog.better.findChild(QComboBox)
        assert choice is not None
        choice.setCurrentIndex(choice.findData(str(Better.LOWER)))
        dialog.allow.setChecked(True)
        assert dialog.answer is not None
        assert dialog.answer.better is Better.LOWER
        return int(QDialog.DialogCode.Accepted)

    monkeypatch.setattr(OwnMeasureDialog, "exec", exec_)
    with qtbot.waitSignal(line.computed):
        press(line, "run_own", qtbot)
    assert bar.good == ["“length” measured 22 answers."]
