"""Measures how long a program for raters takes until its window can be used."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

RUNS = 7


class Start(NamedTuple):
    """One start: seconds that passed, and seconds of processor time (0 where the system does not tell)."""

    elapsed: float
    worked: float


@contextmanager
def display() -> Iterator[dict[str, str]]:
    """The environment of a program with a screen: the one there is, or a virtual one on Linux."""
    present = {name: os.environ[name] for name in ("DISPLAY", "WAYLAND_DISPLAY") if name in os.environ}
    if present or not sys.platform.startswith("linux"):
        yield present
        return
    reads, writes = os.pipe()
    asked = ["-displayfd", str(writes), "-screen", "0", "1920x1080x24", "-nolisten", "tcp", "-noreset"]
    command = ["Xvfb", *asked]
    with subprocess.Popen(command, pass_fds=(writes,), stderr=subprocess.DEVNULL) as server:
        os.close(writes)
        with os.fdopen(reads) as told:
            number = told.readline().strip()
        try:
            yield {"DISPLAY": f":{number}"}
        finally:
            server.terminate()


def start_times(program: Path, environment: dict[str, str], *files: Path, runs: int = RUNS) -> list[Start]:
    """What it takes from the start of a process to a window that can be used; with a file, to its first pair.

    Args:
        program: says ``ready`` when it is.
        environment: all that the process gets.
        files: at most one pack.
        runs: how often; the first is not counted, as files come from the disk.
    """
    return [_start_time(program, environment, files) for _ in range(runs + 1)][1:]


def _start_time(program: Path, environment: dict[str, str], files: tuple[Path, ...]) -> Start:
    began, before = time.perf_counter(), os.times()
    command = [str(program), "--say-ready", *map(str, files)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = process.stdout.readline().strip()
        took = time.perf_counter() - began
        process.terminate()
    after = os.times()
    if told != "ready":
        raise SystemExit(f"{program.name} ended without a window: exit status {process.returncode}.")
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    return Start(took, worked)


def words(name: str, times: list[Start], bound: float) -> str:
    """One line: the middle, the extremes, how much of the bound that is; and the processor's part."""
    elapsed = [one.elapsed for one in times]
    middle = median(elapsed)
    span = f"{min(elapsed):.2f} to {max(elapsed):.2f} s in {len(times)} runs"
    worked = median(one.worked for one in times)
    share = f"{middle / bound:.0%} of {bound} s"
    return f"{name}: {middle:.2f} s ({span}), {share}; {worked:.2f} s of processor time"
