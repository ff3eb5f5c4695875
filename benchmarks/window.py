"""How long the window takes to come up, against a window that loads the model libraries first.

    python benchmarks/window.py [--runs 5]

Each run is a process of its own; the clock runs from its start until the first page is painted.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from statistics import median

from machine import machine

WINDOW = """
import sys
{before}
from random import Random
from ftcompare.ui.shell.application import make_application, open_window, utc_now
application = make_application()
with open_window(application, clock=utc_now, rng=Random(1)) as window:
    window.show()
    application.processEvents()
    window.repaint()
    print("painted", flush=True)
"""


def main() -> None:
    """Measure both in turn and print medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    ours, others = [], []
    with tempfile.TemporaryDirectory() as home:
        environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ, "FTCOMPARE_HOME": home}
        for _ in range(runs + 1):
            ours.append(seconds(WINDOW.format(before=""), environment))
            others.append(seconds(WINDOW.format(before="import torch, transformers, peft"), environment))
    ours, others = ours[1:], others[1:]
    print(f"machine: {machine()}; {environment['QT_QPA_PLATFORM']}")
    print(f"window painted after: median {median(ours):.2f} s, longest {max(ours):.2f} s, n = {runs}")
    print(f"with the model libraries in the window: median {median(others):.2f} s")
    print(f"ratio: {median(others) / median(ours):.1f}")


def seconds(program: str, environment: dict[str, str]) -> float:
    """From the start of the process until it says that it has painted."""
    began = time.perf_counter()
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        if child.stdout is None or child.stdout.readline() != "painted\n":
            raise RuntimeError("the window did not come up")
        return time.perf_counter() - began


if __name__ == "__main__":
    main()
