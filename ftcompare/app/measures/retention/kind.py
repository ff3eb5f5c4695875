"""Matrix rows for benchmark tasks, and the run in which systems do them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from ftcompare.app import application_paths
from ftcompare.app.generate.retention import (
    RetentionRun,
    RetentionSettings,
    read_tasks,
    require_harness,
    retention_groups,
)
from ftcompare.app.measures.kind import MeasuredValue, MeasureGroup, MeasureKind, MeasureRow
from ftcompare.app.measures.retention.task_blocks import BEGIN, explanation, retention_sections, run_title
from ftcompare.app.measures.retention.task_results import RetentionMeasure, StudyRetention, retention
from ftcompare.app.measures.retention.task_runs import choose_run, task_runs
from ftcompare.app.measures.runs import AskedChoice, AskedFile, MeasureRun, RunAnswers, RunLeft
from ftcompare.app.results.presentation.blocks import Section, Unit
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import FTCompareError
from ftcompare.core.plurals import counted
from ftcompare.stats.paired_difference import mean_of_any_size, prompt_mean
from ftcompare.store.study.study_file import StudyFile

KEPT_WHOLE = "A task is kept when a system has done all of it: one that is cancelled begins anew."
FILE_KEY, ASKED_KEY, BEFORE_KEY, RUN_KEY = "task", "asked", "before", "run"
PLAIN, CHAT = "plain", "chat"
SKIP, AGAIN, DEFAULT = "skip", "again", "default"


def _ways(_study: StudyFile) -> tuple[tuple[str, str], ...]:
    return (PLAIN, "As plain text"), (CHAT, "Through the chat template")


def _before(_study: StudyFile) -> tuple[tuple[str, str], ...]:
    return (SKIP, "Skip"), (AGAIN, "Run again")


def _rows(study: StudyFile, told: ProgressCallback) -> tuple[MeasureRow, ...]:
    found = retention(study, told, replies=False)
    return tuple(_row(found, measure) for measure in found.measures)


def _row(found: StudyRetention, measure: RetentionMeasure) -> MeasureRow:
    pairs = found.pairs() or tuple(zip(found.systems, found.systems[1:], strict=False))
    differences = ((pair, measure.difference(*pair)) for pair in pairs)
    return MeasureRow(
        MeasureGroup.RETENTION,
        measure.key,
        f"{measure.label} (asked differently)" if measure.asked_differently else measure.label,
        Unit.SHARE if measure.share else Unit.SCORE,
        not measure.falling,
        {system: _measured(measure, system) for system in found.systems if measure.values.get(system)},
        {pair: one for pair, one in differences if one is not None},
        explanation(),
    )


def _measured(measure: RetentionMeasure, system: str) -> MeasuredValue:
    values = tuple(measure.values[system].values())
    if not measure.share:
        return MeasuredValue(mean_of_any_size(values), None, None, len(values))
    own = prompt_mean(values)
    return MeasuredValue(own.value, own.low, own.high, own.prompts)


def _details(study: StudyFile, told: ProgressCallback) -> Sequence[Section]:
    return retention_sections(retention(study, told))


def _done(study: StudyFile) -> bool:
    items, _ = study.benchmarks.count()
    return items > 0


# --- the run ---------------------------------------------------------------------------------------


def _left(study: StudyFile) -> RunLeft:
    try:
        require_harness()
        systems = sum(len(group.systems) for group in retention_groups(study))
    except FTCompareError as error:
        return RunLeft(0, f"{error.what} {error.how}".strip())
    return RunLeft(systems, f"{counted(systems, 'system')} to do a task. {KEPT_WHOLE}")


def _doing(study: StudyFile, answers: RunAnswers, backend: str) -> RetentionRun:
    """Run one task file with its data beside it. Downloads nothing and executes none of its functions."""
    file = answers[FILE_KEY]
    tasks = read_tasks([str(file[0] if isinstance(file, tuple) else file)])
    clock = partial(datetime.now, UTC)
    settings = RetentionSettings(chat=answers.get(ASKED_KEY) == (CHAT,))
    again = answers.get(BEFORE_KEY) == (AGAIN,)
    return RetentionRun(study, tasks, settings, clock=clock, backend=backend, again=again)


def example_tasks() -> Path:
    """The folder of the example tasks that ship with FTCompare."""
    return application_paths.resources() / "demo" / "tasks"


RUN = MeasureRun(
    key="retention",
    title="Do a task…",
    does="Each model on this machine does a task of lm-evaluation-harness: before and after fine-tuning.",
    left=_left,
    engine=_doing,
    asks=(
        AskedFile(FILE_KEY, "Task file", "Tasks of lm-evaluation-harness", ("*.yaml", "*.yml")),
        AskedChoice(ASKED_KEY, "How items are asked", _ways),
        AskedChoice(BEFORE_KEY, "Systems that did this task before", _before),
    ),
    when_stopped=KEPT_WHOLE,
)


# --- which run counts --------------------------------------------------------------------------------


def _other_runs(study: StudyFile) -> tuple[tuple[str, str], ...]:
    """The runs that do not count, and the default if a run is chosen; empty while the study is blinded."""
    if not study.settings.read().disclosure.tells(Subject.AUTOMATIC_MEASURES):
        return ()
    runs = task_runs(study)
    default = [(DEFAULT, "Default: undo all choices")] * any(run.reason is not None for run in runs)
    return (*((str(run.number), run_title(run)) for run in runs if not run.counts), *default)


def _to_choose(study: StudyFile) -> RunLeft:
    others = sum(key != DEFAULT for key, _ in _other_runs(study))
    return RunLeft(others, f"{counted(others, 'run does', 'runs do')} not count now." if others else "")


def _choose(study: StudyFile, answers: RunAnswers, _told: ProgressCallback) -> str:
    chosen = answers[RUN_KEY]
    number = None if chosen == (DEFAULT,) else int(chosen[0]) if isinstance(chosen, tuple) else 0
    runs = choose_run(study, number, "", now=datetime.now(UTC))
    counting = (f"Run {run.number} counts for {run.task} and {run.system}." for run in runs)
    return " ".join((*counting, "The audit log records the choice."))


CHOICE = MeasureRun(
    key="retention-run",
    title="Choose a run…",
    does="Use another run of a benchmark task than the newest verified one.",
    left=_to_choose,
    work=_choose,
    asks=(AskedChoice(RUN_KEY, "Run that counts", _other_runs),),
)

KIND = MeasureKind(MeasureGroup.RETENTION, BEGIN, _rows, details=_details, done=_done, runs=(RUN, CHOICE))
