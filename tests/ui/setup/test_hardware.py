"""The look at this machine: once, beside the window's work, and never in its way."""

from __future__ import annotations

import threading

import pytest
from pytestqt.qtbot import QtBot

from ftcompare.core.errors import EnvironmentFault
from ftcompare.engine.hardware_probe import Device, Hardware
from ftcompare.ui.engine.run_driver import Machine, machine
from ftcompare.ui.study_thread.study_tasks import StudyTasks

SURVEY = Hardware((Device("cpu", "Test CPU", 10, 20),), "float32", "Measured.", {"8bit": "", "4bit": ""})


@pytest.fixture(autouse=True)
def _engine_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ftcompare.ui.engine.run_driver.missing_libraries", lambda: ())


def test_it_is_looked_at_once_and_on_another_thread(qtbot: QtBot) -> None:
    threads: list[str] = []

    def look() -> Hardware:
        threads.append(threading.current_thread().name)
        return SURVEY

    seen = Machine(look)
    with qtbot.waitSignal(seen.found) as told:
        seen.look()
        seen.look()
    assert told.args == [SURVEY]
    assert seen.survey is SURVEY
    assert threads == ["survey"]


def test_what_cannot_be_looked_at_stays_unknown(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    ended = threading.Event()

    def look() -> Hardware:
        ended.set()
        raise EnvironmentFault("No.", code="survey-failed")

    seen = Machine(look)
    seen.look()
    qtbot.waitUntil(lambda: "survey-failed" in caplog.text)
    assert ended.is_set()
    assert seen.survey is None
    caplog.clear()


def test_nothing_is_started_where_the_engine_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ftcompare.ui.engine.run_driver.missing_libraries", lambda: ("torch",))
    asked: list[None] = []

    def look() -> Hardware:
        asked.append(None)
        return SURVEY

    Machine(look).look()
    assert asked == []


def test_one_look_serves_all_studies_of_a_window(tasks: StudyTasks) -> None:
    assert machine(tasks) is machine(tasks)
