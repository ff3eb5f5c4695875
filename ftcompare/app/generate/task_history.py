"""The settings by task of the study's last generation run."""

from __future__ import annotations

from ftcompare.core.run_record import read_runs
from ftcompare.core.task_settings import NO_TASKS, TaskSettings
from ftcompare.store.study.study_file import StudyFile


def last_by_task(study: StudyFile) -> TaskSettings:
    """The settings that differed by task in the last run; empty before the first run."""
    last = [run for run in read_runs(study.runs.all()) if not run.live]
    return last[-1].by_task if last else NO_TASKS
