"""Does anything on the rating page but the texts tell which side the fine-tuned system stands on?

    python benchmarks/blindness.py [--screens 20000] [--planted 1000] [--swapped 200] [--seed 1]

Steps through studies in the real window, answer by answer, and writes down every screen: all that every
widget and action is and says (`screen_state.py`), which panel was painted first and how much later the
other, how long the pair took to come, the number that the page knows the pair by. The answers of both
systems are made by the same recipe, so that nothing in the texts themselves can tell. A classifier is
trained to guess from that on which side the fine-tuned system stands, for the pair in front and for the
pair before. Its cross-validated AUC with its whole interval must lie within .48 to .52.

The interval's half-width is .008 for 20,000 screens; with 10,000 it would be .011, and chance alone
would miss the aim in one run of eight.

So that the check can fail: the same is done with a leak planted, for each of several leaks, and each must
be found. And two studies that differ in nothing but which system is which must look the same to the last
byte and the last pixel. Exits with 1 if anything is amiss.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from shutil import rmtree
from unittest.mock import patch

from machine import machine
from made_studies import SYSTEMS, answer, make_study
from PySide6.QtCore import QBuffer, QEvent, QObject
from PySide6.QtWidgets import QTextEdit, QWidget
from screen_classifier import Auc, cross_validated, features, telling
from screen_state import Screen, screen
from window_driver import ANSWERS, idle, own_home, press, rating_window, wait

from ftcompare.core.study import SystemSpec
from ftcompare.ui.pages.rate.page import RatePage
from ftcompare.ui.pages.rate.state import RateState
from ftcompare.ui.shell.window import MainWindow

LOW, HIGH = 0.48, 0.52
STUDIES = 20
FOUND = 0.6
LENGTHS = (100, 1500)
SETTLED = 0.05
"""Seconds after which Qt has laid out everything that a new pair changes."""

Plant = Callable[[RatePage, bool], None]
"""Makes a page tell whether the fine-tuned system stands left."""


@dataclass
class Run:
    """Screens of several studies, and on which the fine-tuned system stood left."""

    first: Screen = field(default_factory=dict)
    changes: list[Screen] = field(default_factory=list)
    tuned_left: list[bool] = field(default_factory=list)
    study: list[int] = field(default_factory=list)

    def add(self, seen: Screen, tuned_left: bool, study: int) -> None:
        """Keep a screen: in what it differs from the first."""
        self.first = self.first or seen
        gone = dict.fromkeys(self.first.keys() - seen.keys(), "")
        changed = {k: v for k, v in (seen | gone).items() if self.first.get(k, "") != v}
        self.changes.append({k: sys.intern(v) for k, v in changed.items()})
        self.tuned_left.append(tuned_left)
        self.study.append(study)

    def columns(self) -> dict[str, list[str]]:
        """For each place that is not always the same, its value on every screen."""
        names = set().union(*self.changes)
        return {k: [one.get(k, self.first.get(k, "")) for one in self.changes] for k in sorted(names)}


def main() -> int:
    """Look at screens, guess, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--screens", type=int, default=20_000)
    parser.add_argument("--planted", type=int, default=1000)
    parser.add_argument("--swapped", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"machine: {machine()}; seed {chosen.seed}, {chosen.screens:,} screens of {STUDIES} studies")
        held = [_leaks_found(folder, chosen.planted), same_when_swapped(folder, chosen.swapped)]
        if chosen.screens:
            held.append(_at_chance(look(folder, STUDIES, chosen.screens // STUDIES, chosen.seed)))
    return 0 if all(held) else 1


def _at_chance(run: Run) -> bool:
    columns = run.columns()
    x = features(columns)
    print(f"{len(run.first):,} places, {len(columns):,} not always the same, {x.shape[1] - 1:,} features")
    follows = [n for n in range(1, len(run.study)) if run.study[n] == run.study[n - 1]]
    here = cross_validated(x, run.tuned_left, run.study)
    before = cross_validated(
        x[follows], [run.tuned_left[n - 1] for n in follows], [run.study[n] for n in follows]
    )
    held = [_within(here, "the pair in front"), _within(before, "the pair before")]
    if not all(held):
        print("where to look:", *telling(columns, run.tuned_left), sep="\n  ")
    return all(held)


def _within(found: Auc, what: str) -> bool:
    held = found.low >= LOW and found.high <= HIGH
    print(f"{what}: AUC {found}{'' if held else f' IS NOT WITHIN {LOW} TO {HIGH}'}")
    return held


def _leaks_found(folder: Path, screens: int) -> bool:
    found = {}
    for name, plant in PLANTS.items():
        run = look(folder, 4, screens // 4, 100, plant)
        found[name] = cross_validated(features(run.columns()), run.tuned_left, run.study)
        print(f"planted, {name}: AUC {found[name]}{'' if found[name].low > FOUND else ' IS NOT FOUND'}")
    return all(one.low > FOUND for one in found.values())


# Screens.


def look(folder: Path, studies: int, screens: int, seed: int, plant: Plant | None = None) -> Run:
    """So many screens of each of so many new studies."""
    own_home(folder)
    run = Run()
    for study in range(studies):
        for seen, tuned_left in _screens(folder, screens, seed + study, plant):
            run.add(seen, tuned_left, study)
    return run


def _screens(folder: Path, screens: int, seed: int, plant: Plant | None) -> Iterator[tuple[Screen, bool]]:
    rng = Random(seed)
    tuned: set[str] = set()

    def texts(_: int) -> tuple[str, str]:
        pair = [f"Case {rng.getrandbits(60):015x}. {answer(rng, rng.randint(*LENGTHS))}" for _ in SYSTEMS]
        tuned.add(pair[1])
        return pair[0], pair[1]

    path = make_study(folder / "study.ftstudy", screens, texts, seed=seed)
    with rating_window(path, seed=seed) as window:
        stopwatch = Stopwatch(window.rate)
        for _ in range(screens):
            tuned_left = _left_text(window.rate) in tuned
            yield _seen(window, stopwatch, tuned_left, plant), tuned_left
            stopwatch.start()
            press(window, rng.choice(ANSWERS))
            wait(lambda: window.rate.state in (RateState.READY, RateState.DONE))
    path.unlink()


def _seen(window: MainWindow, stopwatch: Stopwatch, tuned_left: bool, plant: Plant | None) -> Screen:
    window.repaint()
    if plant is not None:
        plant(window.rate, tuned_left)
    view = window.rate.shown
    number = "" if view is None or view.item is None else str(view.item.allocation)
    return screen(window, window.rate) | stopwatch.told() | {"number": number}


def _left_text(page: RatePage) -> str:
    view = page.shown
    return "" if view is None or view.item is None else view.item.left


class Stopwatch(QObject):
    """When each panel was first painted since the last key."""

    def __init__(self, page: RatePage) -> None:
        super().__init__()
        pair = page.view.pair
        self._panels: dict[QObject, str] = {
            pair.left.text.view.viewport(): "left",
            pair.right.text.view.viewport(): "right",
        }
        self._painted: dict[str, float] = {}
        self._began = time.perf_counter()
        for port in self._panels:
            port.installEventFilter(self)

    def start(self) -> None:
        """A key is pressed now."""
        self._painted.clear()
        self._began = time.perf_counter()

    def told(self) -> Screen:
        """Which panel came first, and the times in microseconds."""
        left, right = (self._painted.get(name, self._began) for name in ("left", "right"))
        times = [f"{1e6 * seconds:.0f}" for seconds in (left - self._began, right - left)]
        return {
            "first": "left" if left <= right else "right",
            "left after": times[0],
            "right later": times[1],
        }

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note the first painting."""
        if event.type() is QEvent.Type.Paint:
            self._painted.setdefault(self._panels[watched], time.perf_counter())
        return False


# What the check must find.


def _one_pixel(page: RatePage, tuned_left: bool) -> None:
    page.view.tools.move(60 + tuned_left, page.view.tools.y())


PLANTS: dict[str, Plant] = {
    "an accessible name": lambda page, yes: page.view.pair.left.setAccessibleDescription("b" if yes else "a"),
    "a tip": lambda page, yes: page.view.header.setToolTip("adapter" if yes else "base"),
    "one pixel": _one_pixel,
}


# Two studies that differ in which system is which.


def same_when_swapped(folder: Path, screens: int) -> bool:
    """Whether the rater's view is the same, to the byte and the pixel, when the systems change places."""
    first, second = (_everything(folder / "swap", systems, screens) for systems in (SYSTEMS, SYSTEMS[::-1]))
    differing = sum(one != other for one, other in zip(first, second, strict=True))
    print(f"systems swapped: {differing} of {screens} screens differ in state, text or pixels")
    return not differing


def _everything(folder: Path, systems: tuple[SystemSpec, ...], screens: int) -> list[tuple[Screen, bytes]]:
    own_home(folder)
    rng = Random(0)
    path = make_study(
        folder / "study.ftstudy",
        screens,
        lambda _: (answer(rng, rng.randint(*LENGTHS)), answer(rng, rng.randint(*LENGTHS))),
        seed=9,
        systems=systems,
    )
    ticks = count()
    page = partial(RatePage, now=lambda: float(next(ticks)))
    try:
        with patch("ftcompare.ui.shell.wiring.RatePage", page), rating_window(path, seed=9) as window:
            return list(_walked(window, screens))
    finally:
        rmtree(folder)  # the second window begins where the first did, in the same place


def _walked(window: MainWindow, screens: int) -> Iterator[tuple[Screen, bytes]]:
    for number in range(screens):
        idle(SETTLED)
        texts = {f"text {n}": view.toPlainText() for n, view in enumerate(window.findChildren(QTextEdit))}
        yield screen(window, window.rate) | texts, _pixels(window)
        press(window, ANSWERS[number % len(ANSWERS)])
        wait(lambda: window.rate.state in (RateState.READY, RateState.DONE))


def _pixels(window: QWidget) -> bytes:
    buffer = QBuffer()
    window.grab().save(buffer, "PNG")
    return bytes(buffer.data().data())


if __name__ == "__main__":
    sys.exit(main())
