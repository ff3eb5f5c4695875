"""Hardware available to the engine, probed in a process that alone imports the libraries for it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

from ftcompare.core.errors import EnvironmentFault

SECONDS = 120.0
LAST_WORDS = 400


@dataclass(frozen=True, slots=True)
class Device:
    """Device that can run a model; the name is such as "cuda:0", the title is for people."""

    name: str
    title: str
    free_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Hardware:
    devices: tuple[Device, ...]  # all devices, the default one first
    dtype: str  # the data type that a model too large for one thread gets on the default device
    dtype_reason: str  # the reason, in a sentence
    refusals: dict[str, str]  # why models cannot be loaded in "8bit" and "4bit"; empty where they can

    @property
    def chosen(self) -> Device:
        return self.devices[0]


def probe_hardware(command: list[str] | None = None) -> Hardware:
    """Probe this machine, which takes some seconds. Raises `EnvironmentFault` ``survey-failed``."""
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        done = subprocess.run(
            # -P keeps the current folder off its import path
            command or [sys.executable, "-P", "-m", "ftcompare.engine.backends.local.hardware_probe"],
            capture_output=True,
            timeout=SECONDS,
            check=True,
            text=True,
            encoding="utf-8",
            creationflags=flags,
        )
        found = json.loads(done.stdout)
        devices = tuple(Device(**device) for device in found.pop("devices"))
        return Hardware(devices=devices, **found)
    except subprocess.CalledProcessError as error:
        raise _failed(str(error.stderr).strip()[-LAST_WORDS:]) from error
    except (OSError, subprocess.TimeoutExpired, ValueError, TypeError, KeyError) as error:
        raise _failed(str(error)) from error


def _failed(why: str) -> EnvironmentFault:
    what = f"The devices of this machine cannot be read: {why}"
    how = "Install the engine again, in a fresh environment."
    return EnvironmentFault(what, how=how, code="survey-failed")
