"""The record of a run: what today's studies hold is read, and written again as it was."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.core.hashing import Json
from ftcompare.core.run_record import (
    EngineReport,
    FixedAnswer,
    Position,
    RunRecord,
    SystemReport,
    SystemVerification,
    newest_reports,
    read_runs,
)

REPORT = SystemReport("1", "Llama", 5, None, (), "d", "t", "c", ("A note.",), "e")
ANSWER = FixedAnswer("Say hello.", "Hello.", (Position("H", {"H": -0.5, "h": -1.0}),), 0.25)
RECORD = RunRecord(
    GenerationSettings(temperature=0.5, stop=("\n",)),
    (SystemVerification("1", ok=True, largest_difference=0.0, statement="It is.", answers=(ANSWER,)),),
    EngineReport("cpu", "CPU", "float32", "It was asked for.", (REPORT,), {"torch": "2"}),
)


def test_what_is_stored_is_read_as_it_was() -> None:
    stored = json.loads(json.dumps(RECORD.to_json()))
    assert RunRecord.from_json(stored) == RECORD
    assert set(stored) == {"settings", "proof", "engine"}
    (numbered,) = read_runs([{**stored, "run": 3, "at": "2026-11-21", "live": True}])
    assert (numbered.number, numbered.at, numbered.live) == (3, "2026-11-21", True)
    assert numbered.to_json()["live"] is True


def test_of_systems_that_only_score_there_are_no_settings() -> None:
    assert set(RunRecord().to_json()) == {"proof", "engine"}
    assert RunRecord.from_json({"proof": [], "engine": None}) == RunRecord()


@pytest.mark.parametrize(
    "record",
    [
        {}, {"proof": 3}, {"proof": {"ok": True}}, {"engine": []}, {"engine": 1}, {"settings": None},
        {"proof": [None, {"key": "x", "statement": "."}]}, {"seed": 1, "device": "abacus"}, {"run": "x"},
    ],
)  # fmt: skip
def test_what_is_no_part_of_a_record_is_empty(record: dict[str, Json]) -> None:
    assert RunRecord.from_json(record) == RunRecord()


def test_what_an_older_version_did_not_write_is_empty() -> None:
    engine: dict[str, Json] = {"device_name": "CPU", "systems": [{"key": "2", "digest": "d", "rank": 8}]}
    read = RunRecord.from_json({"engine": engine, "proof": [{"key": "2", "statement": "It acts."}]})
    assert read.engine == EngineReport(
        "", "CPU", "", "", (SystemReport("2", "", 0, 8, (), "d", "", "", ()),), {}
    )
    (verification,) = read.verifications
    assert verification == SystemVerification("2", ok=False, largest_difference=0.0, statement="It acts.")
    assert newest_reports([RECORD, read])["2"].digest == "d"


@pytest.mark.parametrize(
    "answers",
    [None, 3, [{"prompt": "x"}], [{"positions": 3}], [1], [{**asdict(ANSWER), "noise": "loud"}]],
)
def test_answers_that_are_not_whole_are_none(answers: Json) -> None:
    read = RunRecord.from_json({"proof": [{"key": "1", "answers": answers}]})
    assert read.verifications[0].answers == ()
