"""llama.cpp's server: base and adapters are one model, and every request says which adapter is on."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.study import SystemKind, SystemSpec
from tests.engine.served.openai_front import Front, serving_model
from tests.engine.served.openai_model import FrontModel
from tests.engine.served.served_driver import ITEMS, Driver
from tests.engine.served.served_study import EngineHere, study_of, write_study

OFF = (("/models/tuned.gguf", 0.0), ("C:\\\\models\\\\second.gguf", 0.0))  # --lora-init-without-apply
ON = (("/models/tuned.gguf", 1.0), ("C:\\\\models\\\\second.gguf", 0.0))


def front_of(
    front_model: FrontModel, loras: tuple[tuple[str, float], ...] = OFF, **conduct: Any
) -> AbstractContextManager[Front]:
    return serving_model(
        front_model, ("base", "tuned", "second"), flavour="llama.cpp", loras=loras, **conduct
    )


def notes_of(loaded: Any) -> str:
    return " ".join(note for report in loaded.systems for note in report.notes)


@pytest.mark.parametrize("loras", [OFF, ON])
def test_base_and_adapters_come_from_one_server_under_the_real_proof(
    driver: Driver, front_model: FrontModel, loras: tuple[tuple[str, float], ...]
) -> None:
    with front_of(front_model, loras) as front:
        loaded = driver.load(front.url, "tuned", "second")
        found = {one.key: one for one in driver.verify().systems}
        written = driver.write(ITEMS[:2])
    assert [one.ok for one in found.values()] == [True, True, True]
    assert found["tuned"].largest_difference > 0.5
    assert "Each request switches the adapter tuned on, at scale 1." in notes_of(loaded)
    assert "Each request switches all adapters of the server off." in notes_of(loaded)
    completions = [body for path, body in front.requests if "completions" in path]
    assert {body["model"] for body in completions} == {"base"}
    assert {body["cache_prompt"] for body in completions} == {False}  # it is not kept by adapter
    scales = {tuple((one["id"], one["scale"]) for one in body["lora"]) for body in completions}
    assert scales == {((0, 0), (1, 0)), ((0, 1), (1, 0)), ((0, 0), (1, 1))}
    with serving_model(front_model, ("base", "tuned", "second")) as plain:  # the same models, by name
        driver.load(plain.url, "tuned", "second")
        driver.verify()
        by_name = driver.write(ITEMS[:2])
    assert {key: {name: one.text for name, one in row.items()} for key, row in written.items()} == {
        key: {name: one.text for name, one in row.items()} for key, row in by_name.items()
    }


@pytest.mark.parametrize("name", ["tuned", "tuned.gguf", "/models/tuned.gguf", "0"])
def test_an_adapter_is_named_by_its_file_or_its_number(
    driver: Driver, front_model: FrontModel, name: str
) -> None:
    with front_of(front_model) as front:
        driver.load(front.url, name)
        assert all(one.ok for one in driver.verify().systems)


def test_the_scale_with_which_the_server_was_started_is_kept(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model, (("tuned.gguf", 0.5), ("second.gguf", 0.0))) as front:
        loaded = driver.load(front.url, "tuned")
        assert "the adapter tuned on, at scale 0.5." in notes_of(loaded)
    assert {body["lora"][0]["scale"] for path, body in front.requests if "completions" in path} == {0.0, 0.5}


@pytest.mark.parametrize(
    ("loras", "name"),
    [(OFF, "third"), ((("a/tuned.gguf", 0.0), ("b/tuned.gguf", 0.0)), "tuned"), ((), "other")],
)
def test_an_adapter_that_is_not_loaded_or_not_one_file_is_refused(
    driver: Driver, front_model: FrontModel, loras: tuple[tuple[str, float], ...], name: str
) -> None:
    with front_of(front_model, loras) as front, pytest.raises(UserError) as raised:
        driver.load(front.url, name)
    assert raised.value.code == "served-name-missing"
    assert "llama-server names adapters of --lora FILE by the file" in raised.value.how
    assert all(named in raised.value.what for named in (name, "'base'", "'tuned'"))


def test_a_server_that_ignores_the_field_is_not_proved(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model, ON, ignores_lora=True) as front:
        driver.load(front.url, "tuned")
        assert [one.ok for one in driver.verify().systems] == [True, False]


@pytest.mark.parametrize(("loras", "warned"), [(ON, True), (OFF, False), ((), False)])
def test_a_model_whose_adapter_is_always_on_is_warned_about(
    driver: Driver, front_model: FrontModel, loras: tuple[tuple[str, float], ...], warned: bool
) -> None:
    with front_of(front_model, loras) as front:
        notes = notes_of(driver.load(front.url))
    warning = "The server applies tuned to every answer, so this is not the model alone."
    assert (warning in notes) == warned
    assert (f"{front.url}#model=base&adapter=tuned" in notes) == warned
    assert not any("lora" in body for _, body in front.requests)


def test_systems_of_two_servers_are_not_compared_and_a_note_says_so(
    driver: Driver, tmp_path: Path, now: datetime, front_model: FrontModel
) -> None:
    words = "does not verify that all of them differ"
    with front_of(front_model, ()) as one, front_of(front_model, ()) as other:
        specs = [
            SystemSpec("plain", SystemKind.SERVED, model="base", url=one.url),
            SystemSpec("tuned", SystemKind.SERVED, model="base", url=other.url),
        ]
        with study_of(tmp_path / "two.ftstudy", now, *specs) as study:
            progress = write_study(study, EngineHere(served=driver.backend), now)
        assert sum(words in note for note in progress.notes) == 1
        with study_of(tmp_path / "one.ftstudy", now, specs[0]) as study:
            progress = write_study(study, EngineHere(served=driver.backend), now)
        assert not any(words in note for note in progress.notes)
