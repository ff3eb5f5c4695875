"""The owner's table: every system is measured by itself, and nothing of it ties a neutral name to a model."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from ftcompare.app.generate.benchmark import MeasuringRun, OwnerTable, Prices, owner_table, owner_table_json
from ftcompare.app.generate.engine_run import GenerationProgress, drive
from ftcompare.app.generate.generation import GenerationRun
from ftcompare.app.generate.generation_state import writing_state
from ftcompare.app.generate.system_identity import changed_systems
from ftcompare.app.study.audit_log import audit_view
from ftcompare.core.errors import UserError
from ftcompare.core.study import FinishReason, SystemKind, SystemSpec
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.engine.protocol import GenerationSettings, Hello, ItemFailed, Load, Loaded, Note, Progress
from ftcompare.store.study.engine_runs import MEASURED
from ftcompare.store.study.study_file import StudyFile

SETTINGS = GenerationSettings(max_new_tokens=5, stop=("END",))
Show = Callable[[GenerationProgress], None]


def ignore(_: GenerationProgress) -> None:
    """Nobody looks."""


def measure(
    study: StudyFile, now: datetime, *, prompts: int = 4, show: Show = ignore, cancel_at: str = ""
) -> GenerationProgress:
    run = MeasuringRun(study, settings=SETTINGS, prompts=prompts, clock=lambda: now, backend="fake")
    with EngineProcess() as engine:

        def look(progress: GenerationProgress) -> None:
            show(progress)
            if cancel_at and progress.stage == cancel_at and not progress.finished:
                engine.cancel()

        return drive(run, engine, look)


def add_model(study: StudyFile, name: str = "other", **conduct: object) -> None:
    study.systems.add(SystemSpec(name, SystemKind.MODEL, model=json.dumps({"notes": ["another"], **conduct})))


def test_every_system_is_measured_group_by_group(empty_study: StudyFile, now: datetime) -> None:
    add_model(empty_study)
    seen: list[GenerationProgress] = []
    progress = measure(empty_study, now, show=seen.append)
    assert (progress.finished, progress.fault, progress.done) == (True, None, 36)
    assert [line.name for line in progress.proofs] == ["base", "cardiology", "other"]
    assert seen[0].counted == "answers"
    table = owner_table(empty_study)
    assert [row.name for row in table.rows] == ["base", "cardiology", "other"]
    assert [row.speed.prompts for row in table.rows] == [4, 4, 4]
    assert (table.prompts, table.settings, table.devices) == (4, SETTINGS, ("fake, float32",) * 2)
    assert {row.speed.tokens for row in table.rows} == {20}
    assert {row.speed.ended for row in table.rows} == {0}
    # Four prompts, three times each.
    assert [len(row.speed.answers) for row in table.rows] == [12, 12, 12]
    document = json.loads(json.dumps(owner_table_json(table)))
    expected = {"value": 0.1, "low": None, "high": None, "slow": 0.1, "prompts": 4, "answers": 12}
    assert [row["typical"]["first_token_seconds"] for row in document["systems"]] == [expected] * 3


def test_measuring_is_no_run_and_changes_nothing_of_the_study(study: StudyFile, now: datetime) -> None:
    before = (study.runs.all(), study.counts(), writing_state(study))
    measure(study, now)
    assert (study.runs.all(), study.counts(), writing_state(study)) == before
    assert len(study.scores.examinations(MEASURED)) == 1
    assert [finding for finding in study.check() if not finding.ok] == []


def test_the_cost_is_told_at_the_owners_price_for_a_thousand_prompts(
    empty_study: StudyFile, now: datetime
) -> None:
    measure(empty_study, now)
    rows = owner_table(empty_study, Prices(read=1.0, written=2.0, currency="EUR")).rows
    read = rows[0].speed.prompt_tokens
    assert read
    assert rows[0].cost == pytest.approx((read * 1.0 + 20 * 2.0) / 1e6 / 4 * 1000)
    assert owner_table(empty_study).rows[0].cost is None


def test_while_blinded_nothing_is_told_of_stored_responses_and_no_neutral_name_appears(
    study: StudyFile, now: datetime
) -> None:
    measure(study, now)
    table = owner_table(study)
    assert [row.ends for row in table.rows] == [None, None]
    told = json.dumps(owner_table_json(table))
    log = " ".join(line.what + line.detail for line in audit_view(study).lines)
    assert "Systems measured for the owner" in log
    for system in study.systems.all():
        assert system.neutral_name not in told
        assert system.name not in log
    study.settings.unblind("all is judged", now=now)
    ends = owner_table(study).rows[0].ends
    assert ends is not None
    assert sum(ends.values()) == study.counts().responses[study.systems.all()[0].id]
    assert set(ends) <= set(FinishReason)


def test_what_was_measured_last_is_shown(empty_study: StudyFile, now: datetime) -> None:
    with pytest.raises(UserError, match="Nothing was measured yet") as told:
        owner_table(empty_study)
    assert told.value.code == "not-measured"
    measure(empty_study, now, prompts=2)
    measure(empty_study, now, prompts=100)
    table: OwnerTable = owner_table(empty_study)
    assert table.prompts == len(empty_study.prompts.all())
    assert owner_table_json(table)["prompts"] == len(empty_study.prompts.all())


def test_a_study_without_prompts_is_refused(empty_study: StudyFile, now: datetime) -> None:
    empty_study._db.execute("DELETE FROM prompts")
    with pytest.raises(UserError, match="no prompts to measure on"):
        measure(empty_study, now)


def test_progress_and_prompts_that_are_left_out_are_told(empty_study: StudyFile, now: datetime) -> None:
    run = MeasuringRun(empty_study, settings=SETTINGS, clock=lambda: now, backend="fake")
    run.begin()
    assert run.handle(Progress(3, 16, 50.0)).progress.done == 3
    assert run.handle(ItemFailed("1", "It is too long.")).progress.notes == (
        "A prompt is left out: It is too long.",
    )
    assert run.handle(Note("Slow.")).progress.notes[-1] == "Slow."
    assert not run.handle(Hello(2, 1)).commands


def test_stopping_keeps_nothing(empty_study: StudyFile, now: datetime) -> None:
    add_model(empty_study, seconds_per_pair=5)
    progress = measure(empty_study, now, cancel_at="Measuring")
    assert (progress.cancelled, progress.stage) == (True, "Stopped")
    assert empty_study.scores.examinations(MEASURED) == ()


def test_a_failed_proof_or_load_measures_nothing(empty_study: StudyFile, now: datetime) -> None:
    add_model(empty_study, load_fault="model-broken")
    progress = measure(empty_study, now)
    assert progress.fault is not None
    assert progress.fault.code == "model-broken"
    assert empty_study.scores.examinations(MEASURED) == ()


def test_an_adapter_that_does_not_act_is_not_measured(empty_study: StudyFile, now: datetime) -> None:
    for system in empty_study.systems.all():
        empty_study.systems.remove(system.id)
    model = json.dumps({"verification_holds": False})
    empty_study.systems.add(SystemSpec("tuned", SystemKind.ADAPTER, model=model, adapter="a"))
    progress = measure(empty_study, now)
    assert progress.fault is not None
    assert progress.fault.code == "proof-failed"


def test_systems_that_are_not_those_that_wrote_are_not_measured(
    empty_study: StudyFile, now: datetime
) -> None:
    writing = GenerationRun(empty_study, settings=SETTINGS, clock=lambda: now, limit=2, backend="fake")
    with EngineProcess() as engine:
        drive(writing, engine, ignore)
    run = MeasuringRun(empty_study, settings=SETTINGS, clock=lambda: now, backend="fake")
    (load,) = run.begin().commands
    assert isinstance(load, Load)
    with EngineProcess() as engine:
        loaded = next(event for event in engine.events(load) if isinstance(event, Loaded))
    other = replace(loaded, systems=tuple(replace(s, digest="other") for s in loaded.systems))
    assert changed_systems(empty_study, other)
    step = run.handle(other)
    assert step.progress.fault is not None
    assert step.progress.fault.code == "system-changed"
    assert not step.commands
