"""Facts about this machine: versions, memory, disk, display, and the device that the engine uses."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import psutil

from ftcompare.app import application_paths
from ftcompare.app.demo import demo_plan
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.core.errors import FTCompareError
from ftcompare.core.version import VERSION
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.engine.hardware_probe import Hardware, probe_hardware
from ftcompare.engine.optional_dependencies import (
    SIZES,
    how_to_get,
    installed_bytes,
    installed_version,
    missing_libraries,
)
from ftcompare.engine.protocol import Fault, Load, Loaded, SystemRequest, raise_fault
from ftcompare.store.sqlite.connection import sqlite_version

WINDOW_PACKAGE = "PySide6-Essentials"
PACKAGES = (WINDOW_PACKAGE, "sqlite-utils", "scipy")
ENGINE_PACKAGES = ("torch", "transformers", "peft", "accelerate")
ENOUGH_DISK = 2 * 10**9
"""Free disk space in bytes below which a warning is given."""


@dataclass(frozen=True, slots=True)
class Examination:
    """The facts found, as names and values, and the missing parts, each with how to install it."""

    facts: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    survey: Hardware | None = None  # the devices; None where the engine is not installed


def examine(*, has_display: bool, progress: ProgressCallback = ignore_progress) -> Examination:
    """Examine this machine. Starts the engine on the demo model to find its device."""
    engine, engine_missing, survey = _engine(progress)
    facts = (
        ("FTCompare", VERSION),
        ("Python", f"{platform.python_version()} on {platform.platform()}"),
        ("SQLite", sqlite_version()),
        *((name, installed_version(name) or "not installed") for name in (*ENGINE_PACKAGES, *PACKAGES)),
        ("Memory", _memory()),
        ("Disk", f"{_free_disk() / 1e9:,.1f} GB free for studies and backups in {application_paths.home()}"),
        (
            "Display",
            "yes" if has_display else "none: the window cannot be shown, but all other commands work",
        ),
        *engine,
    )
    needed = (name for name in PACKAGES if has_display or name != WINDOW_PACKAGE)
    absent = tuple(
        f"{name}. Install it: pip install {name}" for name in needed if not installed_version(name)
    )
    low = _free_disk() < ENOUGH_DISK
    disk = ("disk space: less than 2 GB are free. Free some space.",) if low else ()
    return Examination(facts, (*absent, *engine_missing, *disk), survey)


Facts: TypeAlias = tuple[tuple[str, str], ...]


def _engine(progress: ProgressCallback) -> tuple[Facts, tuple[str, ...], Hardware | None]:
    """Facts on engine, missing packages and devices. A machine without torch only rates and lacks nothing."""
    absent = missing_libraries()
    if "torch" in absent:
        hint = f"not installed: it is needed only to generate pairs ({SIZES}). {how_to_get()}"
        return (("Engine", hint),), (), None
    if absent:
        return (("Engine", "incomplete"),), (f"for the engine: {', '.join(absent)}. {how_to_get()}",), None
    try:
        progress("Starting the engine with the demo model", None)
        loaded = _load_demo()
        progress("Measuring the devices", None)
        survey = probe_hardware()
    except FTCompareError as error:
        return (("Engine", "does not start"),), (f"a working engine. {error}",), None
    device = f"{loaded.device_name} ({loaded.device})"
    size = (
        f"starts and loads the demo model; it uses {installed_bytes() / 1000000000.0:,.1f} GB of disk space"
    )
    started = (("Engine", size), ("Device", device))
    return (*started, *_devices(survey)), (), survey


def _devices(survey: Hardware) -> Facts:
    places = (
        f"{d.title}: {d.free_bytes / 1e9:,.1f} of {d.total_bytes / 1e9:,.1f} GB free" for d in survey.devices
    )
    bits = [kind.replace("bit", " bits") for kind, refused in survey.refusals.items() if not refused]
    refused = f"{next(iter(survey.refusals.values()))} {how_to_get('quantised')}"
    quantised = f"in {' and '.join(bits)}" if bits else refused
    return (
        ("Devices", "; ".join(places)),
        ("Arithmetic", f"{survey.dtype}. {survey.dtype_reason}"),
        ("Quantized loading", quantised),
    )


def _load_demo() -> Loaded:
    plan = demo_plan()
    request = SystemRequest("base", plan.model)
    with EngineProcess() as engine:
        for event in engine.events(Load(systems=(request,))):
            if isinstance(event, Fault):
                raise_fault(event)
            if isinstance(event, Loaded):
                return event
    raise FTCompareError("The engine ended without an answer.")


def _memory() -> str:
    memory = psutil.virtual_memory()
    return f"{memory.available / 1e9:,.1f} of {memory.total / 1e9:,.1f} GB free; {psutil.cpu_count()} cores"


def _free_disk() -> int:
    place = application_paths.home()
    while not place.exists() and place != place.parent:
        place = place.parent
    return shutil.disk_usage(Path(place)).free
