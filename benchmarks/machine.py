"""What machine a figure was measured on, and what some work takes of it."""

from __future__ import annotations

import importlib
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def machine() -> str:
    """Processor, cores, Python."""
    return f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def memory_private() -> int:
    """Bytes of main memory that would be free if this process ended, without what it shares with others."""
    psutil: Any = importlib.import_module("psutil")
    return int(psutil.Process().memory_full_info().uss)


def processor(work: Callable[[], object]) -> float:
    """Processor seconds that some work takes."""
    before = time.process_time()
    work()
    return time.process_time() - before
