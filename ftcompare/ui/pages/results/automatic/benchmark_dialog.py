"""Asks before a benchmark is run: its task, the settings, and the required consents."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtWidgets import QWidget

from ftcompare.app.generate.retention import BenchmarkAnswer, HarnessTask, RetentionSettings, read_tasks
from ftcompare.app.measures.retention.benchmark_trial import try_benchmark
from ftcompare.app.release.checkpoint_sources import keep_file, kept_file
from ftcompare.core.fields import fields_of
from ftcompare.ui.dialogs.toml_form import SettingRow
from ftcompare.ui.dialogs.trial_view import Attempt, RunDialog
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import Muted
from ftcompare.ui.widgets.file_field import FieldCheck, FileField, Found
from ftcompare.ui.widgets.layouts import filled, in_column
from ftcompare.ui.widgets.settings_form import equal_columns

PURPOSE = "Runs a task of lm-evaluation-harness on each model on this machine, before and after fine-tuning."
FIELDS = {**fields_of(RetentionSettings), **fields_of(BenchmarkAnswer)}
SETTINGS = "chat", "again", "limit", "fewshot", "seed"
CONSENTS = NETWORK, CODE = "allow_network", "allow_code"


class BenchmarkDialog(RunDialog):
    """The settings of the run. The task is read on the study's thread, as data."""

    tried = "items"
    columns = ("Item", "Right answer", "Replies", "How they count")
    advice: ClassVar[Mapping[str, str]] = {
        "hub-off": f"Run the benchmark again, and select “{FIELDS[NETWORK].title}”."
    }

    def __init__(self, tasks: StudyTasks, parent: QWidget, backend: str = "local") -> None:
        super().__init__("benchmark", "Run a benchmark", "Run benchmark", tasks, parent, backend)
        kinds = ("Tasks of lm-evaluation-harness", "*.yaml *.yml")
        hint = "A task file, such as facts.yaml, or the name of a task, such as arc_easy"
        self.file = FileField("Task", "benchmark_file", folder=False, hint=hint, kinds=kinds)
        self.check: FieldCheck[HarnessTask] = FieldCheck(
            self.file, tasks, look=lambda path, _: _read(path), describe=_described, settled=self._on_task
        )
        self.rows = {key: SettingRow(field, "benchmark") for key, field in FIELDS.items()}
        settings = filled(equal_columns(2, *(self.rows[key] for key in SETTINGS)))
        consents = filled(in_column(*(self.rows[key] for key in CONSENTS), gap=S))
        self.arrange(Muted(PURPOSE), self.file, settings, consents=consents)
        for row in self.rows.values():
            row.changed.connect(self._on_changed)
        self._show()
        self._tasks.run(lambda study: kept_file(study, "task"), self._on_kept)

    @property
    def answer(self) -> BenchmarkAnswer | None:
        task, values = self.check.value, {key: row.value for key, row in self.rows.items()}
        if task is None or (task.functions and not values[CODE]):
            return None
        given: dict[str, Any] = {key: value for key, value in values.items() if value is not None}
        again = given.pop("again", False)
        return BenchmarkAnswer((task,), RetentionSettings(**given), again)

    def attempt_of(self, answer: BenchmarkAnswer) -> Attempt:
        return partial(try_benchmark, answer=answer, backend=self.backend)

    def _on_kept(self, path: Path | None) -> None:
        if path is not None and not self.file.text:
            self.file.set_text(str(path))

    def _on_task(self) -> None:
        """Reset the consents, because they are for one task."""
        for key in CONSENTS:
            self.rows[key].put(None)
        if self.check.value is not None and self.check.value.folder:
            keep = partial(keep_file, stem="task", path=Path(self.file.text))
            self._tasks.run(keep, lambda _: None, lambda _error: None)
        self._on_changed()

    def _on_changed(self) -> None:
        self.trial.clear()
        self._show()

    def _show(self) -> None:
        task = self.check.value
        self.rows[NETWORK].setVisible(task is not None and task.needs_hub)
        self.rows[CODE].setVisible(task is not None and task.functions)
        refused = task is not None and task.functions and not self.rows[CODE].value
        words = f"To run this task, select “{FIELDS[CODE].title}”."
        self.missing.setText(words if refused else "")
        super()._show()


def _read(text: str) -> HarnessTask:
    return read_tasks([text], allow_code=True)[0]


def _described(task: HarnessTask) -> Found:
    kind = str(task.settings.get("output_type") or "task of lm-evaluation-harness").replace("_", " ")
    return Found(one_line(f"{task.name}: {kind}", 300))
