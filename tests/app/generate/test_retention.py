"""Systems do tasks one by one, each once; what is told waits for unblinding."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fake_backend import FAKE

from ftcompare.app.generate.engine_run import GenerationProgress, drive
from ftcompare.app.generate.retention import (
    DONE_BEFORE,
    RetentionRun,
    RetentionSettings,
    import_logs,
    read_tasks,
)
from ftcompare.app.study.audit_log import audit_view
from ftcompare.core.errors import UserError
from ftcompare.core.recipe import Recipe
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.store.study.engine_runs import BENCHMARKED
from ftcompare.store.study.study_file import StudyFile
from tests.builders import refusal_code, text_file
from tests.core.test_generation_settings import sample
from tests.formats.test_evaluation_logs import NAME, log

ITEMS = 12


def do(
    study: StudyFile, now: datetime, *names: str, stop_at: int = 0, again: bool = False, **settings: Any
) -> GenerationProgress:
    tasks, clock = read_tasks(names, allow_code=True), lambda: now
    run = RetentionRun(study, tasks, RetentionSettings(**settings), clock=clock, backend=FAKE, again=again)
    seen: list[GenerationProgress] = []
    with EngineProcess() as engine:

        def look(progress: GenerationProgress) -> None:
            seen.append(progress)
            if stop_at and progress.part == stop_at and progress.done > ITEMS:
                engine.cancel()

        return drive(run, engine, look)


def done(study: StudyFile) -> list[tuple[str, str]]:
    names = {system.id: system.name for system in study.systems.all()}
    return [(run.task, names[run.system]) for run in study.benchmarks.runs()]


def test_every_system_does_every_task_once(empty_study: StudyFile, now: datetime) -> None:
    progress = do(empty_study, now, "arc", "mmlu")
    assert (progress.finished, progress.stage, progress.part, progress.parts) == (
        True,
        "Every task is done",
        2,
        2,
    )
    both = [(task, name) for task in ("arc", "mmlu") for name in ("base", "cardiology")]
    assert done(empty_study) == both
    records: Any = empty_study.scores.examinations(BENCHMARKED)
    assert [record["benchmark"]["task"] for record in records] == ["arc", "mmlu"]
    assert all(record["proof"] for record in records)
    assert [finding for finding in empty_study.check() if not finding.ok] == []
    again = do(empty_study, now, "arc", "mmlu")
    assert (again.stage, again.proofs) == ("Every task is done", ())
    assert again.notes[-1] == DONE_BEFORE
    assert done(empty_study) == both
    repeated = do(empty_study, now, "arc", again=True)
    assert DONE_BEFORE not in repeated.notes
    assert done(empty_study) == both + both[:2]


def test_done_otherwise_it_is_done_again(empty_study: StudyFile, now: datetime) -> None:
    do(empty_study, now, "arc")
    do(empty_study, now, "arc", limit=3)
    assert len(done(empty_study)) == 4
    last = empty_study.benchmarks.runs()[-1]
    assert [*empty_study.benchmarks.values(last)["acc"]] == ["0", "1", "2"]


def test_what_was_done_before_a_stop_is_kept_and_the_rest_is_done_later(
    empty_study: StudyFile, now: datetime
) -> None:
    for system in empty_study.systems.all():
        empty_study.systems.remove(system.id)
    slow = json.dumps({"seconds_per_pair": 0.02})
    empty_study.systems.add(SystemSpec("base", SystemKind.BASE, model=slow))
    empty_study.systems.add(SystemSpec("cardiology", SystemKind.ADAPTER, model=slow, adapter="tuned"))
    progress = do(empty_study, now, "arc", "mmlu", stop_at=2)
    assert progress.cancelled
    kept = done(empty_study)
    assert kept[:3] == [("arc", "base"), ("arc", "cardiology"), ("mmlu", "base")]
    do(empty_study, now, "arc", "mmlu")
    assert sorted(done(empty_study)) == sorted({*kept, ("mmlu", "cardiology")})


def test_equal_weights_do_a_task_once_and_servers_none(empty_study: StudyFile, now: datetime) -> None:
    recipe = Recipe(system_prompt="Be brief.")
    empty_study.systems.add(SystemSpec("prompted", SystemKind.BASE, model="{}", recipe=recipe))
    served = SystemSpec("far", SystemKind.SERVED, model="m", url="http://127.0.0.1:9/v1")
    empty_study.systems.add(served)
    progress = do(empty_study, now, "arc")
    assert [name for _, name in done(empty_study)] == ["base", "cardiology"]
    assert progress.notes[:2] == (
        "1 system behind a server does no tasks: import the harness's logs of it.",
        "1 system with the same weights as another, but other instructions, does no tasks.",
    )


def test_a_study_without_a_model_here_is_told_of_the_logs(empty_study: StudyFile, now: datetime) -> None:
    for system in empty_study.systems.all():
        empty_study.systems.remove(system.id)
    empty_study.systems.add(SystemSpec("far", SystemKind.SERVED, model="m", url="http://127.0.0.1:9/v1"))
    with pytest.raises(UserError, match="this study has none") as caught:
        do(empty_study, now, "arc")
    assert caught.value.code == "no-model"


def test_what_was_allowed_stands_in_the_audit_log(
    empty_study: StudyFile, tmp_path: Path, now: datetime
) -> None:
    (tmp_path / "mine.py").write_text("ask = str\n", "utf-8")
    path = text_file(tmp_path / "mine.yaml", "task: mine\ncustom_dataset: !function mine.ask\n")
    assert refusal_code(lambda: do(empty_study, now, str(path))) == "task-code"
    do(empty_study, now, str(path), "arc", allow_network=True, allow_code=True)
    told = [(line.what, line.detail) for line in audit_view(empty_study).lines]
    assert ("Data of tasks allowed to be downloaded", "2 tasks") in told
    assert ("Code of tasks allowed to run", "1 task") in told
    assert any(what == "Results of benchmarks or own measures saved" for what, _ in told)


# --- logs of the harness ---------------------------------------------------------------------------


def logged(folder: Path, name: str, right: Sequence[float]) -> Path:
    own = folder / name
    own.mkdir()
    return log(own, *(sample(number, acc=one) for number, one in enumerate(right)))


def test_results_of_a_log_are_kept_for_the_system_that_is_named(
    empty_study: StudyFile, tmp_path: Path, now: datetime
) -> None:
    file = logged(tmp_path, "base", [1, 0, 1])
    (found,) = import_logs(empty_study, "base", [file], now=now)
    assert found.task == "arc_easy"
    assert audit_view(empty_study).lines[0].what == "Automatic results sealed"
    (run,) = empty_study.benchmarks.runs()
    assert [*empty_study.benchmarks.values(run)["acc"].values()] == [1, 0, 1]
    record: Any = run.record
    assert record["benchmark"]["imported"] == NAME
    with pytest.raises(UserError, match="already in the study") as caught:
        import_logs(empty_study, "base", [file], now=now)
    assert caught.value.code == "log-imported"


def test_how_many_lines_of_a_log_were_left_out_is_kept(
    empty_study: StudyFile, tmp_path: Path, now: datetime
) -> None:
    (found,) = import_logs(empty_study, "base", [logged(tmp_path, "base", [1, float("nan")])], now=now)
    assert found.left_out == 1
    (run,) = empty_study.benchmarks.runs()
    record: Any = run.record
    assert record["benchmark"]["left_out"] == 1


def test_of_several_logs_all_are_taken_or_none(empty_study: StudyFile, tmp_path: Path, now: datetime) -> None:
    good = logged(tmp_path, "good", [1])
    with pytest.raises(UserError, match="already in the study"):
        import_logs(empty_study, "base", [good, good], now=now)
    with pytest.raises(UserError, match="no system 'nobody'"):
        import_logs(empty_study, "nobody", [good], now=now)
    assert empty_study.benchmarks.runs() == ()
    assert empty_study.scores.examinations(BENCHMARKED) == ()
