"""What judges, programs, tasks, labels and code came to is written once, kept whole and proved."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from sqlite_utils import Database

from ftcompare.core.annotations import AnnotationKind, Correction
from ftcompare.core.errors import BugError, FTCompareError, UserError
from ftcompare.core.hashing import Json
from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.records import CodeResult, LabelScores, TokenScores
from ftcompare.store.sqlite.connection import Connection, Value
from ftcompare.store.study import audit, migrations
from ftcompare.store.study.audit import MEASURES_KEPT
from ftcompare.store.study.engine_runs import BENCHMARKED, CODE_RUN, EXAMINATIONS, JUDGED, LABELS_SCORED
from ftcompare.store.study.measured_results import (
    MEASURED_TABLES,
    BenchmarkItem,
    Reached,
    check_measured,
    insert_measured,
)
from ftcompare.store.study.migrations import newest_version
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer, import_systems
from tests.store.schemas import expected_schema, schema
from tests.store.study.test_migrations import kept, rows_of, values_of

ROWS: dict[str, dict[str, Value]] = {
    "judges": {"name": "judge", "rater": 1, "record": '{"rubric":"Which is better?"}'},
    "judge_replies": {
        "judge": 1,
        "examination": 1,
        "comparison": 1,
        "a_first": 1,
        "response": None,
        "outcome": "a",
        "score": None,
        "replies": '["{}"]',
    },
    "label_scores": {"examination": 1, "prompt": 1, "system": 1, "logprobs": "[-0.5,-2.25]"},
    "code_results": {"examination": 1, "response": 1, "tests": "digest", "outcome": "passed", "detail": ""},
    "benchmark_results": {
        "examination": 1,
        "system": 1,
        "task": "arc",
        "item": "7",
        "metric": "acc",
        "value": 0.1 + 0.2,
        "record": "{}",
    },
}


@pytest.fixture
def measured(path: Path, now: datetime) -> Path:
    """A study with a row in each of the tables."""
    with (
        StudyFile.create(path, title="Measured", scale=Scale(), rng=Random(1), now=now) as study,
        study.atomic(),
    ):
        systems = import_systems(study, "one", "two")
        prompt = study.prompts.add([PromptSpec("p", (Message("user", "2 + 2?"),))])[0]
        drafts = [ResponseDraft(system.id, "5", FinishReason.LENGTH, 1) for system in systems]
        study.responses.store(prompt.id, drafts, run=study.runs.start({}, now=now))
        for kind in EXAMINATIONS:
            study.scores.add_examination(kind, {"kind": kind}, now=now)
        study._db.insert("raters", name="judge", folded="judge", kind="automatic")
        for table, values in ROWS.items():
            assert insert_measured(study._db, table, **values) == 1
    return path


def test_rows_as_they_were_written_are_proved(measured: Path, now: datetime) -> None:
    assert tuple(ROWS) == MEASURED_TABLES
    with StudyFile.open(measured, now=now) as study:
        assert [finding for finding in study.check() if not finding.ok] == []
        assert study.scores.examinations(JUDGED)[0]["kind"] == "judged"


@pytest.mark.parametrize(("table", "column"), [(table, column) for table in ROWS for column in ROWS[table]])
def test_an_altered_value_is_named(measured: Path, table: str, column: str, now: datetime) -> None:
    with closing(sqlite3.connect(measured)) as raw, raw:
        raw.execute("PRAGMA ignore_check_constraints = ON")
        raw.execute(f"DROP TRIGGER {table}_no_update")
        value = ROWS[table][column]
        other = f"{value}x" if isinstance(value, str) else (value or 0.0) + 1
        raw.execute(f"UPDATE {table} SET {column} = ?", (other,))
    with closing(Connection(measured)) as db:
        assert check_measured(db).startswith(f"row 1 of {table} was altered")
        reached: Reached = {}
        assert check_measured(db, reached).startswith(f"row 1 of {table} was altered")
        assert set(reached) == set(ROWS) - {table}


def altered(path: Path, table: str, *statements: str) -> None:
    """Behind the product's back, and the trigger as it was."""
    with closing(sqlite3.connect(path)) as raw, raw:
        found = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
        triggers = raw.execute(found, (table,)).fetchall()
        for name, _ in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        for statement in (*statements, *(sql for _, sql in triggers)):
            raw.execute(statement)


@pytest.fixture
def several(measured: Path, now: datetime) -> Path:
    """Three results of a benchmark."""
    with StudyFile.open(measured, now=now) as study:
        assert study.verify().ok
        for item in ("8", "9"):
            insert_measured(study._db, "benchmark_results", **{**ROWS["benchmark_results"], "item": item})
        assert study.verify().ok
    return measured


def test_figures_are_not_made_of_altered_rows_without_a_word(several: Path, now: datetime) -> None:
    altered(several, "benchmark_results", "UPDATE benchmark_results SET value = 1.0")
    with StudyFile.open(several, now=now) as study:
        (said,) = study.verify().problems
        assert "row 1 of benchmark_results and 2 more rows of it were altered" in said


def test_a_row_that_was_taken_away_is_missed(several: Path, now: datetime) -> None:
    altered(several, "benchmark_results", "DELETE FROM benchmark_results WHERE item = '8'")
    with StudyFile.open(several, now=now) as study:
        (said,) = study.verify().problems
        assert "row 3 of benchmark_results was altered, or the one before was removed" in said


@pytest.mark.parametrize("told", ["a run's end", "an export", "the next run", "the unblinding"])
def test_last_rows_that_were_taken_away_are_missed_once_their_end_is_told(
    several: Path, told: str, now: datetime
) -> None:
    with StudyFile.open(several, now=now) as study:
        match told:
            case "a run's end":
                study.audit.keep_measured_ends(now=now)
            case "an export":
                study.audit.append("exported", {"format": "csv", "rows": 1}, now=now)
            case "the next run":
                study.scores.add_examination(JUDGED, {"again": True}, now=now)
            case _:
                study.settings.unblind("done", now=now)
        entry = study.audit.entries()[-1].seq
        assert study.verify().ok
        # A run that is killed between its rows and its end: what it wrote is in order.
        more = {**ROWS["benchmark_results"], "item": "10"}
        insert_measured(study._db, "benchmark_results", **more)
    altered(several, "benchmark_results", "DELETE FROM benchmark_results WHERE item = '10'")
    with StudyFile.open(several, now=now) as study:
        assert study.verify().ok
    altered(several, "benchmark_results", "DELETE FROM benchmark_results WHERE item = '9'")
    said = f"rows of benchmark_results were removed after entry {entry} of the audit log"
    with StudyFile.open(several, now=now) as study:
        assert study.verify().problems == (f"ends of the chains: {said}",)
        assert [found.detail for found in study.check() if not found.ok] == [said]
        insert_measured(study._db, "benchmark_results", **{**more, "item": "another"})
    with StudyFile.open(several, now=now) as study:
        assert said in study.verify().problems[0]


def test_an_end_is_told_once(several: Path, now: datetime) -> None:
    with StudyFile.open(several, now=now) as study:
        for _ in range(2):
            study.audit.keep_measured_ends(now=now)
        assert len(study.audit.entries(MEASURES_KEPT)) == 1
        more = {**ROWS["benchmark_results"], "item": "10"}
        insert_measured(study._db, "benchmark_results", **more)
        study.audit.keep_measured_ends(now=now)
        first, second = (entry.detail["measured_ends"] for entry in study.audit.entries(MEASURES_KEPT))
        assert isinstance(first, dict)
        assert isinstance(second, dict)
        assert {table: end for table, end in first.items() if second[table] != end}.keys() == {
            "benchmark_results"
        }


def test_a_study_without_such_rows_tells_no_ends(path: Path, now: datetime) -> None:
    with StudyFile.create(path, title="New", scale=Scale(), rng=Random(1), now=now) as study:
        study.audit.keep_measured_ends(now=now)
        assert study.audit.entries(MEASURES_KEPT) == ()


@pytest.mark.parametrize("ends", [[1], {"judges": 1}, {"judges": []}, {"judges": ["x", "y"]}])
def test_ends_that_are_none_are_found(measured: Path, ends: Json, now: datetime) -> None:
    with StudyFile.open(measured, now=now) as study:
        audit.append(study._db, MEASURES_KEPT, {"measured_ends": ends}, now=now)
        assert {found.subject for found in study.check() if not found.ok} == {"ends of the chains"}


def test_nothing_of_it_is_changed_or_removed(measured: Path) -> None:
    with closing(sqlite3.connect(measured)) as raw:
        for table in ROWS:
            for statement in (f"UPDATE {table} SET digest = ''", f"DELETE FROM {table}"):
                with pytest.raises(sqlite3.IntegrityError, match="only added to"):
                    raw.execute(statement)


def test_what_was_judged_or_run_is_not_written_again(measured: Path, now: datetime) -> None:
    with StudyFile.open(measured, now=now) as study:
        assert [one.settled for one in study.responses.cut()] == [True, True]


def test_a_system_that_was_benchmarked_stays(path: Path, now: datetime) -> None:
    with StudyFile.create(path, title="Benchmarked", scale=Scale(), rng=Random(1), now=now) as study:
        system = study.systems.add(SystemSpec("one", SystemKind.BASE, "models/one"))
        study.scores.add_examination("benchmarked", {}, now=now)
        insert_measured(study._db, "benchmark_results", **ROWS["benchmark_results"])
        with pytest.raises(UserError, match="cannot be removed"):
            study.systems.remove(system.id)


ITEMS = (
    BenchmarkItem("arc", "10-b", {"acc": 1.0, "acc_norm": 0.1 + 0.2}, {"asked": "Why?"}),
    BenchmarkItem("arc", "2-a", {"acc": 0.0}, {"asked": "How?"}),
)


def test_results_are_read_as_they_were_stored(path: Path, now: datetime) -> None:
    with StudyFile.create(path, title="Tasks", scale=Scale(), rng=Random(1), now=now) as study:
        one, two = (study.systems.add(SystemSpec(name, SystemKind.IMPORTED)).id for name in ("one", "two"))
        number = study.scores.add_examination(BENCHMARKED, {"benchmark": {"task": "arc"}}, now=now)
        study.benchmarks.store(ITEMS, system=two, examination=number)
        with pytest.raises(FTCompareError):
            study.benchmarks.store((*ITEMS[1:], *ITEMS), system=one, examination=number)
        (run,) = study.benchmarks.runs()
        assert (run.task, run.system, run.record) == ("arc", two, {"benchmark": {"task": "arc"}})
        found = study.benchmarks.values(run)
        assert found == {"acc": {"10-b": 1.0, "2-a": 0.0}, "acc_norm": {"10-b": 0.1 + 0.2}}
        assert [*found["acc"]] == ["10-b", "2-a"]
        assert study.benchmarks.records(run) == {"10-b": {"asked": "Why?"}, "2-a": {"asked": "How?"}}
        assert study.benchmarks.count() == (2, 1)
        assert [finding for finding in study.check() if not finding.ok] == []


@pytest.fixture
def study(path: Path, now: datetime) -> Iterator[StudyFile]:
    with StudyFile.create(path, title="S", scale=Scale(), rng=Random(1), now=now) as made:
        systems = [made.systems.add(SystemSpec(name, SystemKind.IMPORTED)).id for name in ("one", "two")]
        for prompt in made.prompts.add(PromptSpec(f"p{n}", (Message("user", f"{n}?"),)) for n in range(2)):
            answer(made, prompt, ("yes" for _ in systems), tokens=1)
        yield made


def test_label_scores_are_kept_once(study: StudyFile, now: datetime) -> None:
    first, _ = study.prompts.all()
    one, two = (system.id for system in study.systems.all())
    examination = study.scores.add_examination(LABELS_SCORED, {}, now=now)
    study.label_scores.store(first.id, {one: (-0.5, -1.23456789)}, examination=examination)
    study.label_scores.store(first.id, {one: (-9, -9), two: (-2.0, 0.0)}, examination=examination)
    assert [*study.label_scores.all()] == [
        LabelScores(first.id, one, (-0.5, -1.234568)),
        LabelScores(first.id, two, (-2.0, 0.0)),
    ]
    assert study.label_scores.scored() == {(first.id, one), (first.id, two)}
    assert [finding for finding in study.check() if not finding.ok] == []


def test_code_results_are_kept_once(study: StudyFile, now: datetime) -> None:
    first, second, *_ = study.responses.all()
    examination = study.scores.add_examination(CODE_RUN, {}, now=now)
    results = [CodeResult(first.id, "a", "passed", ""), CodeResult(first.id, "b", "error", "NameError: x")]
    for result in results:
        study.code_results.store(result, examination=examination)
    assert [*study.code_results.all()] == results
    assert study.code_results.run() == {(first.id, "a"), (first.id, "b")}
    with pytest.raises(BugError, match="UNIQUE"):
        study.code_results.store(CodeResult(first.id, "a", "failed", ""), examination=examination)
    study.code_results.store(CodeResult(second.id, "a", "failed", ""), examination=examination)
    assert [finding for finding in study.check() if not finding.ok] == []


# Studies as versions 3, 4, 5 and 7 wrote them come to the newest version with all that is in them.


EMPTY = {"drafts"}
"""What is being typed: a table that is empty once all is said."""


ANNOTATED = {
    5: {"Correction", "Adjudication", "Reviewed"},
    7: {"Mark", "Correction", "Adjudication", "Reviewed"},
}
"""Kinds of annotations that stand, by version."""


@pytest.fixture(params=[3, 4, 5, 7])
def number(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


@pytest.fixture
def kept_file(path: Path, number: int) -> Path:
    """The study that this version wrote; see ``make_kept_study.py``."""
    return kept(path, Path(__file__).with_name(f"study_version_{number}.sql"), number)


def test_the_kept_file_is_of_its_version_and_has_rows_in_every_table(kept_file: Path, number: int) -> None:
    with closing(Database(kept_file)) as db:
        assert schema(db) == expected_schema(number)
        assert migrations.version(db) == number
    assert {table for table, count in rows_of(kept_file).items() if not count} <= EMPTY


def test_every_value_is_kept_to_the_letter_and_proved(kept_file: Path, now: datetime) -> None:
    before = values_of(kept_file)
    with StudyFile.open(kept_file, now=now) as study:
        assert study.format_version == newest_version()
        assert [finding for finding in study.check() if not finding.ok] == []
    after = values_of(kept_file)
    for table, rows in before.items():
        same = [{name: row[name] for name in old} for old, row in zip(rows, after[table], strict=True)]
        assert same == rows, table


def test_what_is_in_it_is_read_as_it_was_written(kept_file: Path, now: datetime, number: int) -> None:
    with StudyFile.open(kept_file, now=now) as study:
        prompts = {prompt.spec.key: prompt for prompt in study.prompts.all()}
        assert prompts["tagged"].spec.tags == ("dose", "child")
        systems = {system.spec.name: system for system in study.systems.all()}
        served = SystemSpec("served", SystemKind.ADAPTER, "one", "two", "http://127.0.0.1:9/v1")
        assert systems["served"].spec == served
        cut = study.responses.of_prompt(prompts["tagged"].id)
        assert [(one.text, one.finish_reason) for one in cut] == [
            ("Cut by plain", FinishReason.LENGTH),
            ("Cut by tuned", FinishReason.LENGTH),
        ]
        assert study.responses.failures() == {prompts["failed"].id: "The template refuses it."}
        first = next(study.responses.all())
        plain = systems["plain"].id
        assert study.scores.of_response(first.id)[plain] == TokenScores(plain, (0, 2), (-0.25, -1.5))
        assert [term.note for term in study.glossary.terms()] == ["a tube"]
        assert not study.settings.read().blinded
        assert {row.rater.name for row in study.judgments.standing()} >= {"Ann", "Bob"}
        kinds = {type(one.given).__name__ for one in study.annotations.standing()}
        assert kinds == ANNOTATED.get(number, set())


def test_a_study_of_an_earlier_version_is_annotated_and_added_to(kept_file: Path, now: datetime) -> None:
    with StudyFile.open(kept_file, now=now) as study:
        expert = study.annotations.expert("Zoe").id
        response = next(study.responses.all()).id
        study.annotations.add(expert, Correction(response, "As it should be."), now=now)
        study.audit.append("exported", {"format": "trl-sft", "rows": 1}, now=now)
        assert [*study.annotations.standing(AnnotationKind.CORRECTION, expert=expert)] != []
        (added,) = study.prompts.add([PromptSpec("late", (Message("user", "Late?"),), tags=("late",))])
        assert added.spec.tags == ("late",)
        assert [finding for finding in study.check() if not finding.ok] == []


def test_nothing_in_it_can_be_changed(kept_file: Path, now: datetime) -> None:
    with (
        StudyFile.open(kept_file, now=now) as study,
        pytest.raises(sqlite3.IntegrityError, match="only added"),
    ):
        study._db.database.conn.execute("UPDATE prompts SET tags = '[]'")
