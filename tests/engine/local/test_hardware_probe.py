"""What this machine has for the engine, looked at in a process of its own."""

from __future__ import annotations

import sys

import pytest

from ftcompare.core.errors import EnvironmentFault
from ftcompare.engine.hardware_probe import probe_hardware


def test_devices_arithmetic_and_quantised_loading_are_told() -> None:
    found = probe_hardware()
    assert found.devices[-1].name == "cpu"
    assert found.chosen is found.devices[0]
    assert all(0 < device.free_bytes <= device.total_bytes for device in found.devices)
    assert found.dtype in ("float32", "bfloat16")
    assert found.dtype_reason.endswith(".")
    assert set(found.refusals) == {"8bit", "4bit"}


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("raise SystemExit('no torch here')", "no torch here"),
        ("print('{}')", "devices"),
        ("print('hello')", "Expecting value"),
    ],
)
def test_a_look_that_fails_says_why(program: str, words: str) -> None:
    with pytest.raises(EnvironmentFault, match=words) as told:
        probe_hardware([sys.executable, "-c", program])
    assert told.value.code == "survey-failed"


def test_a_program_that_is_missing_is_told() -> None:
    with pytest.raises(EnvironmentFault, match="cannot be read"):
        probe_hardware(["/nowhere/python"])
