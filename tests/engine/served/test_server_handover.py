"""A server goes on with what this machine began only where it answers as this machine did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from ftcompare.app.generate.system_identity import Switch
from ftcompare.app.study.audit_log import audit_view
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.engine import protocol
from ftcompare.engine.backends.local.backend import LocalBackend
from ftcompare.engine.protocol import Item, Pair, Written
from ftcompare.store.study.study_file import StudyFile
from tests.engine.served.openai_front import Front, serving_model
from tests.engine.served.openai_model import FrontModel
from tests.engine.served.served_driver import SETTINGS, driving
from tests.engine.served.served_study import EngineHere, fault_code, study_of, write_study

LONGER = replace(SETTINGS, max_new_tokens=24)


@pytest.fixture
def engine() -> Iterator[EngineHere]:
    with driving() as driver:
        yield EngineHere(served=driver.backend, local=LocalBackend())


@pytest.fixture
def specs(tiny: Path) -> tuple[SystemSpec, ...]:
    base = SystemSpec("base", SystemKind.BASE, model=str(tiny / "llama" / "base"))
    adapters = [("tuned", "adapter"), ("second", "second")]
    tuned = [
        SystemSpec(name, SystemKind.ADAPTER, model=base.model, adapter=str(tiny / "llama" / folder))
        for name, folder in adapters
    ]
    return (base, *tuned)


@pytest.fixture
def front(front_model: FrontModel, specs: tuple[SystemSpec, ...]) -> Iterator[Front]:
    """Serves the base under its folder, as ``--server`` asks for it."""
    with serving_model(front_model, (specs[0].model, "tuned", "second")) as front:
        yield front


def kinds(study: StudyFile) -> list[str]:
    return [entry.kind for entry in study.audit.entries()]


def test_a_server_of_the_same_models_goes_on_and_the_audit_log_keeps_it(
    tmp_path: Path, specs: tuple[SystemSpec, ...], front: Front, engine: EngineHere, now: datetime
) -> None:
    with study_of(tmp_path / "a.ftstudy", now, *specs) as study:
        assert fault_code(write_study(study, engine, now, settings=LONGER, limit=2)) == ""
        assert "server-went-on" not in kinds(study)

        front.conduct.stand_ins = {"tuned": "second", "second": "tuned"}
        swapped = write_study(study, engine, now, settings=LONGER, server=front.url)
        assert fault_code(swapped) == "system-changed"
        assert swapped.fault is not None
        assert (
            "tuned: 0 of 2 answers begin like those written here, and they are more like"
            in swapped.fault.what
        )
        assert "base:" not in swapped.fault.what
        assert study.counts().pairs_written == 6

        front.conduct.stand_ins = {}
        went_on = write_study(study, engine, now, settings=LONGER, server=front.url, limit=1)
        assert (fault_code(went_on), went_on.done) == ("", 1)
        (line,) = [
            one for one in audit_view(study).lines if one.what == "Generation continued through a server"
        ]
        assert line.detail == "run 2; 6 of 6 answers began like those written here"

        # From here on the server is known by its answers to the fixed prompts.
        asked = len(front.requests)
        assert fault_code(write_study(study, engine, now, settings=LONGER, server=front.url)) == ""
        assert len(front.requests) > asked
        assert kinds(study).count("server-went-on") == 1
        assert study.counts().pairs_written == 12


def test_drawn_answers_cannot_be_compared_and_the_owner_must_agree(
    tmp_path: Path, specs: tuple[SystemSpec, ...], front: Front, engine: EngineHere, now: datetime
) -> None:
    drawn = replace(SETTINGS, temperature=0.8)
    with study_of(tmp_path / "a.ftstudy", now, *specs[:2]) as study:
        write_study(study, engine, now, settings=drawn, limit=1)
        refused = write_study(study, engine, now, settings=drawn, server=front.url)
        assert fault_code(refused) == "server-uncompared"
        assert refused.fault is not None
        assert "--uncompared" in refused.fault.how
        agreed = write_study(study, engine, now, settings=drawn, server=front.url, uncompared=True)
        assert (fault_code(agreed), agreed.done) == ("", 3)
        (line,) = [
            one for one in audit_view(study).lines if one.what == "Generation continued through a server"
        ]
        assert line.detail == "run 2; its answers were not compared"


def test_a_server_that_answers_none_of_them_is_not_let_on(
    tmp_path: Path, specs: tuple[SystemSpec, ...], front: Front, engine: EngineHere, now: datetime
) -> None:
    with study_of(tmp_path / "a.ftstudy", now, *specs[:2]) as study:
        write_study(study, engine, now, settings=LONGER, limit=1)
        front.conduct.poison = study.prompts.all()[0].spec.text
        assert fault_code(write_study(study, engine, now, settings=LONGER, server=front.url)) == (
            "server-uncompared"
        )


def test_a_new_study_may_be_written_by_a_server_from_the_start(
    tmp_path: Path, specs: tuple[SystemSpec, ...], front: Front, engine: EngineHere, now: datetime
) -> None:
    with study_of(tmp_path / "a.ftstudy", now, *specs[:2]) as study:
        assert fault_code(write_study(study, engine, now, server=front.url)) == ""
        assert "server-went-on" not in kinds(study)


def test_this_machine_does_not_go_on_for_a_server_that_alone_has_written(
    tmp_path: Path, specs: tuple[SystemSpec, ...], front: Front, engine: EngineHere, now: datetime
) -> None:
    """Its words speak of the server: no file was changed."""
    with study_of(tmp_path / "a.ftstudy", now, *specs[:2]) as study:
        write_study(study, engine, now, server=front.url, limit=1)
        refused = write_study(study, engine, now)
        assert fault_code(refused) == "server-wrote"
        assert refused.fault is not None
        assert "Only a server has written the responses of base, tuned." in refused.fault.what
        assert "--server" in refused.fault.how
        assert study.counts().pairs_written == 1
        assert fault_code(write_study(study, engine, now, server=front.url)) == ""
    with study_of(tmp_path / "b.ftstudy", now, *specs[:2]) as study:
        for server in ("", front.url, ""):
            assert fault_code(write_study(study, engine, now, settings=LONGER, limit=1, server=server)) == ""


HERE = {"1": "A" * 40, "2": "A" * 30 + "B" * 10}


def switch(**there: str) -> Switch:
    """Two systems and one prompt."""
    item = Item("p", ())
    made = Switch({"1": "base", "2": "tuned"}, SETTINGS, {"p": item}, {"p": HERE})
    made.take(Pair("p", tuple(Written(key[1:], text, "end", 1) for key, text in there.items())))
    return made


def test_two_systems_that_begin_alike_are_told_apart_further_on() -> None:
    assert not switch(_1="A" * 40, _2="A" * 30 + "B" * 10).strangers()
    assert switch(_1="A" * 30 + "B" * 10, _2="A" * 40).strangers() == ("1", "2")
    assert switch(_1="A" * 25 + "C", _2="A" * 5).strangers() == ("2",)
    assert isinstance(switch(_1="", _2="").command(), protocol.Generate)
