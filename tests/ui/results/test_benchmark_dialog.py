"""What is asked before a benchmark is run from the window, and its trial."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_backend import FAKE
from PySide6.QtWidgets import QCheckBox, QDialog, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.app.generate.retention import RetentionSettings
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.automatic.run_dialogs import BenchmarkDialog
from tests.app.results.measured_study import measured_study
from tests.builders import of_kind, text_file
from tests.ui.conftest import START, open_in
from tests.ui.page_driver import press, settle, visible_text

LOCAL = "dataset_path: json\ndataset_kwargs: {data_files: items.jsonl}\n"


def task(folder: Path, text: str = LOCAL) -> str:
    (folder / "items.jsonl").write_text("{}\n", "utf-8")
    (folder / "mine.py").write_text("ask = str\n", "utf-8")
    path = text_file(folder / "small.yaml", f"task: small\n{text}")
    return str(path)


@pytest.fixture
def window(context: PageContext, qtbot: QtBot, tmp_path: Path) -> QWidget:
    open_in(context.tasks, measured_study(tmp_path / "s.ftstudy", START, script="{}"), qtbot)
    parent = QWidget()
    parent.resize(1280, 720)
    qtbot.addWidget(parent)
    return parent


def opened(window: QWidget, context: PageContext, qtbot: QtBot) -> BenchmarkDialog:
    dialog = BenchmarkDialog(context.tasks, window, FAKE)
    dialog.show()
    settle(context, qtbot)
    return dialog


def test_a_benchmark_is_set_up_tried_and_begun(
    window: QWidget, context: PageContext, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = opened(window, context, qtbot)
    assert not dialog.attempt.isEnabled()
    assert not dialog.confirm.isEnabled()
    assert dialog.missing.text() == "Choose a task."
    dialog.file.set_text(task(tmp_path))
    settle(context, qtbot)
    for box in (dialog.rows["chat"].input, dialog.rows["limit"].asked):
        assert isinstance(box, QCheckBox)
        box.click()
    limit = of_kind(dialog.rows["limit"].input, QSpinBox)
    limit.setValue(7)
    assert dialog.answer is not None
    assert dialog.answer.settings == RetentionSettings(limit=7, chat=True)
    press(dialog, "benchmark_try", qtbot)
    qtbot.waitUntil(lambda: not dialog.trial.running, timeout=60_000)
    shown = visible_text(dialog)
    for words in (
        "Question 0",
        "yes",
        "acc: right for 2 of 2 systems",
        "Only a trial: nothing was stored.",
    ):
        assert words in shown
    stored: list[int] = []
    context.tasks.run(lambda study: len(study.benchmarks.runs()), stored.append, lambda _: None)
    settle(context, qtbot)
    assert stored == [0]
    press(dialog, "benchmark_confirm", qtbot)
    assert dialog.result() == QDialog.DialogCode.Accepted
    again = opened(window, context, qtbot)
    assert again.file.text == task(tmp_path)


def test_a_task_with_functions_or_data_elsewhere_needs_consent(
    window: QWidget, context: PageContext, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = opened(window, context, qtbot)
    for text, shown, runs in (
        (LOCAL, set[str](), True),
        ("dataset_path: owner/data\n", {"allow_network"}, True),
        ("custom_dataset: !function mine.ask\n", {"allow_network", "allow_code"}, False),
    ):
        dialog.file.set_text(task(tmp_path, text))
        settle(context, qtbot)
        consents = {key for key in ("allow_network", "allow_code") if dialog.rows[key].isVisible()}
        assert (consents, dialog.confirm.isEnabled()) == (shown, runs), text
    agree = of_kind(dialog.rows["allow_code"].input, QCheckBox)
    agree.click()
    assert dialog.confirm.isEnabled()
    assert dialog.answer is not None
    assert dialog.answer.settings.allow_code
