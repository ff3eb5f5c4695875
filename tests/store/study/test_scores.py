"""Scores and measurements are kept, only added to, and an alteration shows."""

from __future__ import annotations

import sqlite3
from datetime import datetime

import pytest

from ftcompare.core.study import Prompt, Response, System, SystemKind, SystemSpec
from ftcompare.store.records import TokenScores
from ftcompare.store.study.engine_runs import MEASURED, SCORED
from ftcompare.store.study.study_file import StudyFile
from tests.store.integrity.tampering import unprotected

STARTS, LOGPROBS = (0, 2, 2, 9), (-0.1234, 0.0, -12.5, -1e-5)


@pytest.fixture
def scored(
    study: StudyFile, systems: tuple[System, System], prompts: tuple[Prompt, ...], now: datetime
) -> Response:
    """The first response of the study, scored by both systems."""
    (response, *_) = study.scores.unscored([s.id for s in systems])
    examination = study.scores.add_examination(SCORED, {"engine": None}, now=now)
    found = [TokenScores(s.id, STARTS, LOGPROBS) for s in systems]
    study.scores.store(response.id, found, examination=examination)
    return response


def test_a_score_comes_back_to_four_places(
    study: StudyFile, systems: tuple[System, System], scored: Response
) -> None:
    found = study.scores.of_response(scored.id)
    assert list(found) == [s.id for s in systems]
    assert found[systems[0].id] == TokenScores(systems[0].id, STARTS, (-0.1234, 0.0, -12.5, 0.0))
    assert [(r.id, s.system) for r, s in study.scores.all()] == [(scored.id, s.id) for s in systems]
    assert [finding for finding in study.check() if not finding.ok] == []


def test_what_is_scored_by_all_of_the_systems_is_not_asked_for_again(
    study: StudyFile, systems: tuple[System, System], scored: Response
) -> None:
    open_ = study.scores.unscored([s.id for s in systems])
    assert scored.id not in {r.id for r in open_}
    assert len(open_) == sum(study.counts().responses.values()) - 1
    third = study.systems.add(SystemSpec("late", SystemKind.MODEL, "models/other"))
    assert scored.id in {r.id for r in study.scores.unscored([systems[0].id, third.id])}


def test_a_score_that_is_there_stays(
    study: StudyFile, systems: tuple[System, System], scored: Response, now: datetime
) -> None:
    again = study.scores.add_examination(SCORED, {"engine": None}, now=now)
    study.scores.store(scored.id, [TokenScores(systems[0].id, (0,), (-9.0,))], examination=again)
    assert study.scores.of_response(scored.id)[systems[0].id].starts == STARTS


def test_an_empty_score_is_kept(
    study: StudyFile, systems: tuple[System, System], prompts: tuple[Prompt, ...], now: datetime
) -> None:
    (response, *_) = study.scores.unscored([systems[0].id])
    examination = study.scores.add_examination(SCORED, {}, now=now)
    study.scores.store(response.id, [TokenScores(systems[0].id, (), ())], examination=examination)
    assert study.scores.of_response(response.id)[systems[0].id] == TokenScores(systems[0].id, (), ())


def test_examinations_are_no_runs_and_stand_in_the_audit_log(study: StudyFile, now: datetime) -> None:
    study.scores.add_examination(MEASURED, {"speeds": [1]}, now=now)
    study.scores.add_examination(SCORED, {"engine": None}, now=now)
    assert study.runs.all() == ()
    (record,) = study.scores.examinations(MEASURED)
    assert (record["speeds"], str(record["at"])[:10]) == ([1], "2026-11-20")
    assert [entry.kind for entry in study.audit.entries()][-2:] == ["measured", "scored"]


ALTERATIONS: tuple[tuple[str, str, str], ...] = (
    ("scores", "logprobs", "'[-1,0,0,0]'"),
    ("scores", "steps", "'[0,1,1,1]'"),
    ("examinations", "record", "'{}'"),
)


@pytest.mark.parametrize(("table", "column", "value"), ALTERATIONS)
def test_what_is_stored_is_only_added_to(
    study: StudyFile, scored: Response, table: str, column: str, value: str
) -> None:
    for statement in (f"UPDATE {table} SET {column} = {value}", f"DELETE FROM {table}"):
        with pytest.raises(sqlite3.IntegrityError, match="only added to"):
            study._db.database.conn.execute(statement)


@pytest.mark.parametrize(("table", "column", "value"), ALTERATIONS)
def test_an_alteration_behind_our_back_is_found(
    study: StudyFile, scored: Response, table: str, column: str, value: str
) -> None:
    with unprotected(study) as connection:
        connection.execute(f"UPDATE {table} SET {column} = {value} WHERE id = 1")
        wrong = [finding.subject for finding in study.check() if not finding.ok]
    assert any(subject in wrong for subject in ("scores", "records of measuring and scoring")), wrong


def test_a_score_given_to_another_system_is_found(
    study: StudyFile, systems: tuple[System, System], scored: Response
) -> None:
    with unprotected(study) as connection:
        connection.execute("DELETE FROM scores WHERE id = 2")
        connection.execute("UPDATE scores SET system = ? WHERE id = 1", (systems[1].id,))
        wrong = {finding.subject for finding in study.check() if not finding.ok}
    assert "scores" in wrong
