"""How long the window takes to come up, against a window that loads the model libraries first.

    python benchmarks/window.py [--runs 5]

Each run is a process of its own; the clock runs from its start until the first page is painted. Then the
processor time of `ftcompare info` on a study of 100 pairs, whole processes again, against importing NumPy
and SciPy alone; and of a change of theme on the rating page.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from random import Random
from statistics import median

from machine import machine, processor
from made_studies import answer, make_study
from PySide6.QtWidgets import QApplication
from window_driver import own_home, rating_window

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
    with tempfile.TemporaryDirectory() as name:
        folder, rng = Path(name), Random(1)
        own_home(folder)
        study = make_study(folder / "s.ftstudy", 100, lambda _: (answer(rng, 500), answer(rng, 500)), seed=1)
        info = [child_processor("-m", "ftcompare", "info", str(study)) for _ in range(runs + 1)][1:]
        libraries = [child_processor("-c", "import numpy, scipy.stats") for _ in range(runs + 1)][1:]
        themes = theme_changes(study, runs)
    print(f"processor time of `ftcompare info`: median {median(info):.2f} s, longest {max(info):.2f} s")
    print(f"of importing NumPy and SciPy alone: median {median(libraries):.2f} s")
    print(f"of a change of theme: median {median(themes):.2f} s, longest {max(themes):.2f} s")


def seconds(program: str, environment: dict[str, str]) -> float:
    """From the start of the process until it says that it has painted."""
    began = time.perf_counter()
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        if child.stdout is None or child.stdout.readline() != "painted\n":
            raise RuntimeError("the window did not come up")
        return time.perf_counter() - began


def child_processor(*arguments: str) -> float:
    """Return the processor seconds of a Python process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def theme_changes(study: Path, runs: int) -> list[float]:
    """Return the processor seconds of each change between light and dark while a pair is shown."""

    def changed(mode: str) -> None:
        window.actions_by_id[f"view.theme_{mode}"].trigger()
        QApplication.processEvents()
        window.repaint()

    with rating_window(study, seed=1) as window:
        return [processor(partial(changed, mode)) for mode in ("dark", "light") * runs]


if __name__ == "__main__":
    main()
