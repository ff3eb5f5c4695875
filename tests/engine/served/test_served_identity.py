"""A served system is known again from run to run, and two names that were swapped are seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.generate.benchmark import MeasuringRun
from ftcompare.app.generate.system_identity import known_answers
from ftcompare.app.live.live_session import LiveSession
from ftcompare.app.study.audit_log import audit_view
from ftcompare.core.run_record import FixedAnswer, Position, read_runs
from ftcompare.engine.served_fingerprint import FIXED, Change, changes, distance
from ftcompare.store.study.study_file import StudyFile
from tests.engine.served.openai_front import Front, serving_model
from tests.engine.served.openai_model import FrontModel
from tests.engine.served.served_driver import SETTINGS, Driver, driving
from tests.engine.served.served_study import EngineHere, carry, fault_code, served_study, write_study

NAMES = ("base", "tuned", "second")


@pytest.fixture
def front(front_model: FrontModel) -> Iterator[Front]:
    with serving_model(front_model, NAMES) as front:
        yield front


@pytest.fixture
def engine() -> Iterator[EngineHere]:
    with driving() as driver:
        yield EngineHere(served=driver.backend)


@pytest.fixture
def study(tmp_path: Path, front: Front, engine: EngineHere, now: datetime) -> Iterator[StudyFile]:
    """Half written by base, tuned and second."""
    with served_study(tmp_path / "a.ftstudy", front.url, now, "tuned", "second") as study:
        assert fault_code(write_study(study, engine, now, limit=2)) == ""
        yield study


def test_the_same_server_goes_on(study: StudyFile, engine: EngineHere, now: datetime) -> None:
    assert fault_code(write_study(study, engine, now + timedelta(days=1))) == ""
    assert study.counts().pairs_written == 12
    known = known_answers(read_runs(study.runs.all()))
    assert len(known) == 3
    assert all([one.prompt for one in system.answers] == [*FIXED] for system in known.values())


def test_replies_of_another_model_are_noted_once_a_run_and_recorded(
    study: StudyFile, engine: EngineHere, front: Front, now: datetime
) -> None:
    front.conduct.reports = "tuned-mini"
    progress = write_study(study, engine, now)
    assert (fault_code(progress), study.counts().pairs_written) == ("", 12)
    named = [(name, "tuned-mini") for name in NAMES]
    noted = [note for note in progress.notes if "tuned-mini" in note]
    assert [f"asked for the model “{name}”" in note for (name, _), note in zip(named, noted, strict=True)]
    entries = [entry.detail for entry in study.audit.entries() if entry.kind == "other-model-replied"]
    assert [(one["requested"], one["reported"]) for one in entries] == named
    lines = [
        line for line in audit_view(study).lines if line.what == "A server named another model than requested"
    ]
    assert [line.detail for line in lines] == [""] * 3  # the study is blinded


def test_answers_without_text_are_counted_where_the_run_ends(
    study: StudyFile, engine: EngineHere, front: Front, now: datetime
) -> None:
    front.conduct.content = lambda _: ""
    progress = write_study(study, engine, now, limit=1, uncompared=True)
    assert progress.notes[-1].startswith("3 answers have no text, although tokens were counted.")
    assert [one.detail for one in audit_view(study).lines if "without text" in one.what] == ["3 answers"]


@pytest.mark.parametrize("logprobs", [True, False])
def test_swapped_names_are_told_as_swapped(
    study: StudyFile, engine: EngineHere, front: Front, now: datetime, logprobs: bool
) -> None:
    front.conduct.logprobs = logprobs  # as after an update of the server
    front.conduct.stand_ins = {"tuned": "second", "second": "tuned"}
    progress = write_study(study, engine, now + timedelta(days=1))
    assert fault_code(progress) == "system-changed"
    assert progress.fault is not None
    assert progress.fault.what == (
        "The names of my-tuned and my-second are swapped on the server: each now answers as the other did on "
        "2026-11-20."
    )
    assert "make a new study" in progress.fault.how
    assert study.counts().pairs_written == 6
    assert len(study.runs.all()) == 1
    front.conduct.stand_ins = {}
    assert fault_code(write_study(study, engine, now)) == ""


def test_another_model_under_a_name_is_told(
    tmp_path: Path, front: Front, engine: EngineHere, now: datetime
) -> None:
    with served_study(tmp_path / "b.ftstudy", front.url, now, "tuned") as study:
        write_study(study, engine, now, limit=2)
        front.conduct.stand_ins = {"tuned": "second"}
        progress = write_study(study, engine, now)
        assert progress.fault is not None
        assert progress.fault.what.startswith(
            "The server now answers otherwise for my-tuned than on 2026-11-20"
        )
        assert "(bound 0.5)" in progress.fault.what
        measured = carry(MeasuringRun(study, settings=SETTINGS, clock=lambda: now), engine)
        assert fault_code(measured) == "system-changed"


def test_another_text_is_told_where_there_are_no_log_probabilities(
    tmp_path: Path, front: Front, engine: EngineHere, now: datetime
) -> None:
    front.conduct.logprobs = False
    with served_study(tmp_path / "b.ftstudy", front.url, now, "tuned") as study:
        write_study(study, engine, now, limit=2)
        assert fault_code(write_study(study, engine, now, limit=1)) == ""
        front.conduct.stand_ins = {"tuned": "second"}
        progress = write_study(study, engine, now)
    assert progress.fault is not None
    assert progress.fault.what.endswith("to a fixed prompt it gives another text.")


def test_a_system_that_wrote_nothing_may_still_be_replaced(
    study: StudyFile, tmp_path: Path, front: Front, engine: EngineHere, now: datetime
) -> None:
    with served_study(tmp_path / "b.ftstudy", front.url, now, "tuned", "second") as other:
        (record,) = study.runs.all()
        other.runs.start({"proof": record["proof"]}, now=now)
        front.conduct.stand_ins = {"tuned": "second", "second": "tuned"}
        assert fault_code(write_study(other, engine, now)) == ""


def answer(
    value: float, noise: float = 0.0, text: str = "a", prompt: str = FIXED[0]
) -> tuple[FixedAnswer, ...]:
    return (FixedAnswer(prompt, text, (Position("a", {"a": value}),), noise),)


def test_what_a_server_gives_by_chance_is_no_change() -> None:
    before = {"1": answer(-1.0, noise=0.05), "2": answer(-1.3, noise=0.05)}
    assert not changes(before, {"1": answer(-1.15), "2": answer(-1.2)})
    assert not changes(before, {"1": answer(-0.6)})
    assert changes(before, {"1": answer(-1.25)}) == (Change("1", 0.25, 0.5, "2"),)
    assert changes(before, {"1": answer(-3.0)}) == (Change("1", 2.0, 0.5, ""),)
    assert not changes({"1": answer(-1.0, noise=0.6)}, {"1": answer(-3.0)})


def test_one_that_answers_as_another_without_an_exchange_is_told_so(
    tmp_path: Path, front: Front, engine: EngineHere, now: datetime
) -> None:
    with served_study(tmp_path / "b.ftstudy", front.url, now, "tuned", "second") as study:
        write_study(study, engine, now, limit=2)
        # round and round: base → tuned → second → base
        front.conduct.stand_ins = {"base": "tuned", "tuned": "second", "second": "base"}
        progress = write_study(study, engine, now)
    assert progress.fault is not None
    assert "now answers for plain as it did for my-tuned on 2026-11-20." in progress.fault.what
    assert "swapped" not in progress.fault.what


def test_answers_without_a_prompt_in_common_say_nothing() -> None:
    assert distance(answer(-1.0), answer(-9.0, prompt="other")) is None
    assert not changes({"1": answer(-1.0)}, {"2": answer(-9.0)})


def test_the_answers_are_kept_with_the_proof(front: Front) -> None:
    with driving() as driver:
        kept = _verified(driver, front)
    stored = json.loads(json.dumps([{"prompt": one.prompt, "noise": one.noise} for one in kept]))
    assert stored == [{"prompt": text, "noise": 0.0} for text in FIXED]
    assert all(len(one.positions) == 8 for one in kept)


def _verified(driver: Driver, front: Front) -> tuple[FixedAnswer, ...]:
    driver.load(front.url, "tuned")
    return driver.verify().systems[1].answers


def test_the_live_page_asks_no_model_that_is_another(
    study: StudyFile, engine: EngineHere, front: Front, now: datetime
) -> None:
    session = LiveSession(study, "Ada", clock=lambda: now, rng=Random(1))
    front.conduct.stand_ins = {"tuned": "second", "second": "tuned"}
    front.conduct.reports = "tuned-mini"
    commands = list(session.ask("Is tea healthy?", kept=False).commands)
    while commands:
        for event in engine.events(commands.pop(0)):
            commands += session.handle(event).commands
    problem = session.view().problem
    assert (
        problem == "A model is not the one that wrote this study's responses, so the models were not asked."
    )
    assert session.fault is not None
    assert "swapped" in session.fault.what
    recorded = [entry.detail for entry in study.audit.entries() if entry.kind == "other-model-replied"]
    assert recorded == [{"requested": name, "reported": "tuned-mini"} for name in NAMES]
