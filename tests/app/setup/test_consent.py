"""Prompts go to another machine, and models come from the hub, only where this user named it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app import application_paths
from ftcompare.app.setup import consent
from ftcompare.app.setup.new_study import AdapterChoice, StudyPlan, create_study
from ftcompare.app.setup.study_content import add_adapter, add_system
from ftcompare.app.setup.system_groups import generated_groups, groups
from ftcompare.core.scale import Scale
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile

URL = "https://gpu.example:8443/v1"
SERVED = SystemSpec("theirs", SystemKind.SERVED, model="llama", url=URL)


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTCOMPARE_HOME", str(tmp_path / "home"))


def test_a_study_made_elsewhere_sends_nothing_until_the_user_agrees(empty_study: StudyFile) -> None:
    empty_study.systems.add(SERVED)
    served = generated_groups(empty_study)[-1]
    assert not served.load().allow_network
    consent.agree_to_hosts(f"{URL}/")
    assert served.load().allow_network


def test_another_port_is_another_server() -> None:
    consent.agree_to_hosts(URL)
    assert consent.host_is_agreed("https://GPU.example:8443/other")
    assert not consent.host_is_agreed("https://gpu.example/v1")


def test_who_names_a_server_agrees_to_it(tmp_path: Path, now: datetime, empty_study: StudyFile) -> None:
    create_study(
        tmp_path / "served.ftstudy", StudyPlan(title="t", others=(SERVED,)), rng=Random(1), now=now
    ).close()
    assert consent.host_is_agreed(URL)
    add_system(empty_study, SystemSpec("more", SystemKind.SERVED, model="m", url="http://other:1/v1"))
    assert consent.host_is_agreed("http://other:1/v1")


def test_models_of_this_machine_may_be_asked_of_a_server_that_was_agreed_to(empty_study: StudyFile) -> None:
    (group,) = groups(empty_study.systems.all())
    load = group.load(server=URL)
    assert (load.backend, load.allow_network) == ("served", False)
    assert [(r.adapter, r.url) for r in load.systems] == [("", URL), ("cardiology", URL)]
    consent.agree_to_hosts(URL)
    assert group.load(server=URL).allow_network


@pytest.mark.parametrize("text", ["", "{", '{"a": 1}', "7"])
def test_a_broken_file_agrees_to_nothing(text: str) -> None:
    application_paths.home().mkdir(parents=True)
    (application_paths.home() / consent.HOSTS.name).write_text(text, "utf-8")
    assert not consent.host_is_agreed(URL)
    consent.agree_to_hosts(URL)
    assert consent.host_is_agreed(URL)


HUB = (
    SystemSpec("base 2", SystemKind.MODEL, model="someone/model"),
    SystemSpec("tuned 2", SystemKind.ADAPTER, model="someone/model", adapter="someone/adapter"),
)


def test_nothing_that_a_stranger_named_is_downloaded_until_the_user_agrees(
    empty_study: StudyFile,
) -> None:
    for spec in HUB:
        empty_study.systems.add(spec)
    asked = groups(empty_study.systems.all())[-1]
    assert asked.load().fetch == ()
    assert [*consent.models_to_ask(HUB)] == ["someone/model", "someone/adapter"]
    consent.agree_to_models("someone/adapter")
    assert asked.load().fetch == ("someone/adapter",)
    assert [*consent.models_to_ask(HUB)] == ["someone/model"]


def test_who_names_a_model_of_the_hub_agrees_to_it(tmp_path: Path, now: datetime) -> None:
    plan = StudyPlan(title="t", model="my/base", adapters=(AdapterChoice("a", "my/adapter"),))
    with create_study(tmp_path / "hub.ftstudy", plan, rng=Random(1), now=now) as made:
        assert groups(made.systems.all())[0].load().fetch == ("my/base", "my/adapter")
        add_adapter(made, AdapterChoice("b", "my/other"))
        assert consent.model_is_agreed("my/other")


def test_adding_an_adapter_to_a_strangers_study_is_no_word_on_its_base(tmp_path: Path, now: datetime) -> None:
    with StudyFile.create(
        tmp_path / "theirs.ftstudy", title="t", scale=Scale(), rng=Random(1), now=now
    ) as theirs:
        theirs.systems.add(SystemSpec("base", SystemKind.BASE, model="someone/model"))
        add_adapter(theirs, AdapterChoice("mine", "my/adapter"))
        assert groups(theirs.systems.all())[0].load().fetch == ("my/adapter",)


def test_a_server_is_no_model_of_the_hub() -> None:
    assert not [*consent.models_to_ask([SERVED])]
