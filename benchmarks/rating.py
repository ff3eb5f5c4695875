"""How long it takes from a key press to the next pair on the screen, in a small and in a large study.

    python benchmarks/rating.py [--pairs 2000] [--judge 200] [--characters 1200]

Real study files, the real page, real key events; the page is painted before the clock stops. The
reading moment is set to nothing, so that only the work is timed. Printed: median, 99th percentile, and
the ratio of the large study to one of 20 pairs, in one run.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import median, quantiles

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from machine import machine
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ftcompare.app import paths, settings
from ftcompare.app.studies import fill_study
from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.study_file import StudyFile
from ftcompare.ui.application import make_application, open_window, utc_now
from ftcompare.ui.pages.rate_state import State
from ftcompare.ui.window import MainWindow

SMALL = 20
WORDS = ("The", "heart", "pumps", "blood", "and", "its", "valves", "keep", "the", "flow", "one", "way.\n\n")
KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Up)


def main() -> None:
    """Measure both studies and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--judge", type=int, default=200)
    parser.add_argument("--characters", type=int, default=1200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FTCOMPARE_HOME"] = folder
        chosen = settings.Settings(rater="Ada", reading_moment=0.0, break_after=0)
        settings.save(paths.settings_file(), chosen)
        application = make_application()
        small = measure(application, Path(folder), SMALL, SMALL - 2, arguments.characters)
        large = measure(application, Path(folder), arguments.pairs, arguments.judge, arguments.characters)
    print(f"machine: {machine()}; {application.platformName()}, answers of {arguments.characters} characters")
    report(f"{SMALL} pairs", small)
    report(f"{arguments.pairs} pairs", large)
    print(f"ratio of medians, {arguments.pairs} to {SMALL} pairs: {median(large) / median(small):.2f}")


def report(name: str, times: list[float]) -> None:
    """One line: milliseconds from key press to the next pair painted."""
    print(
        f"{name}: median {1000 * median(times):.1f} ms, 99th percentile "
        f"{1000 * quantiles(times, n=100)[98]:.1f} ms, longest {1000 * max(times):.1f} ms, n = {len(times)}"
    )


def measure(application: QApplication, folder: Path, pairs: int, judge: int, characters: int) -> list[float]:
    """Seconds for each of so many judgments."""
    path = make_study(folder / f"{pairs}.ftstudy", pairs, characters)
    with open_window(application, clock=utc_now, rng=Random(1)) as window:
        window.show()
        window.acts.open(path, "rate")
        wait(application, lambda: window.study is not None and window.rate.state is State.READY)
        return [one(application, window, number) for number in range(judge)]


def one(application: QApplication, window: MainWindow, number: int) -> float:
    """Seconds from a key press until the next pair is painted and can be answered."""
    rate = window.rate
    wait(application, lambda: rate.state is State.READY)
    began = time.perf_counter()
    QTest.keyClick(rate, KEYS[number % len(KEYS)])
    if rate.state is not State.SUBMITTING:
        raise RuntimeError(f"the key was not taken: {rate.state}")
    wait(application, lambda: rate.state in (State.READING, State.READY))
    window.repaint()
    return time.perf_counter() - began


def wait(application: QApplication, done: Callable[[], bool]) -> None:
    """Let events pass until something holds."""
    end = time.monotonic() + 60
    while not done():
        if time.monotonic() > end:
            raise TimeoutError
        application.processEvents()


def make_study(path: Path, pairs: int, characters: int) -> Path:
    """A study with so many pairs of answers of about so many characters."""
    rng = Random(pairs)
    systems = (
        SystemSpec("base", SystemKind.BASE, model="m"),
        SystemSpec("tuned", SystemKind.ADAPTER, model="m", adapter="a"),
    )
    specs = tuple(PromptSpec(f"p{n}", (Message("user", f"Question {n}"),)) for n in range(pairs))
    study = StudyFile.create(path, title="Benchmark", scale=Scale(), rng=rng, now=utc_now())
    with study, study.atomic():
        fill_study(study, systems, specs, ())
        run = study.start_run({}, now=utc_now())
        for prompt in study.prompts():
            drafts = [
                ResponseDraft(s.id, answer(rng, characters), FinishReason.END, 1) for s in study.systems()
            ]
            study.store_responses(prompt.id, drafts, run=run)
    return path


def answer(rng: Random, characters: int) -> str:
    """Words in paragraphs."""
    return " ".join(rng.choices(WORDS, k=characters // 5))


if __name__ == "__main__":
    main()
