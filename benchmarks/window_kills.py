"""Kills the application while somebody rates, again and again: is a saved judgment ever lost or doubled?

    python benchmarks/window_kills.py [--kills 1000] [--packs 200] [--seed 1]

Each time the real window opens a study (or a rater pack) in a process of its own; keys are pressed in it
as fast as it takes them: answers, skips, comments, guesses, undo. Whatever the rating page then shows as
stored is told to this process, which strikes with SIGKILL at a random instant: mostly while judgments
arrive, one time in ten while the window still starts. Then the file is opened and checked, and compared
with what was told. The next window goes on where this one was killed. Exits with 1 if anything is amiss.

The processes are forked from this one, which has loaded Qt but never used it: a start takes a fraction
of a second.
"""

from __future__ import annotations

import argparse
import importlib
import os
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process with threads is not to be forked

from machine import machine
from made_studies import make_study
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from window_driver import ANSWERS, own_home, rating_window, wait

from ftcompare.app.rate.rating_session import RatingPhase, RatingView
from ftcompare.app.raters.packs import make_pack, open_pack
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.study import RaterId
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.rate.page import RatePage
from ftcompare.ui.pages.rate.state import Intent, RateState
from ftcompare.ui.shell.application import utc_now
from ftcompare.ui.shell.window import MainWindow

importlib.import_module("sqlite_utils")  # slow to load: once, and not in each fork

PAIRS = 500
LONGEST = 0.4
EARLY = 0.1
START = 60.0
ENOUGH = 100
DESIGN = RatingDesign(repeats=0.1, controls=0.05, guess_share=0.1)

Told = tuple[str, int]
"""What was done, and with which pair."""


@dataclass
class Tally:
    """What came of the kills so far."""

    kills: int = 0
    before_any: int = 0
    acknowledged: int = 0
    in_flight: int = 0
    lost: int = 0
    doubled: int = 0
    not_in_order: list[str] = field(default_factory=list)

    @property
    def amiss(self) -> bool:
        """Whether anything is."""
        return bool(self.lost or self.doubled or self.not_in_order)


def main() -> int:
    """Kill, look, count, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--packs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    tallies = {}
    with tempfile.TemporaryDirectory() as name:
        own_home(Path(name))
        for kind, kills in (("study", chosen.kills), ("pack", chosen.packs)):
            tallies[kind] = Tally()
            for path in _files(Path(name), kind, chosen.seed):
                if tallies[kind].kills >= kills:
                    break
                strike(path, kills, tallies[kind], Random(f"{chosen.seed}/{path.name}"))
    print(f"machine: {machine()}; seed {chosen.seed}")
    for kind, tally in tallies.items():
        report(kind, tally)
    return 1 if any(tally.amiss for tally in tallies.values()) else 0


def report(kind: str, tally: Tally) -> None:
    """The counts of one kind of file."""
    print(
        f"{kind}: {tally.kills:,} kills, {tally.acknowledged:,} acts acknowledged, {tally.in_flight} more on "
        f"their way to the screen, {tally.before_any} kills before the first"
    )
    print(f"{kind}: lost {tally.lost}, doubled {tally.doubled}, not in order {len(tally.not_in_order)}")
    for problem in tally.not_in_order:
        print(f"  {problem}")


def _files(folder: Path, kind: str, seed: int) -> Iterator[Path]:
    """New files without end."""
    number = 0
    while True:
        number += 1
        path = folder / f"{kind} {number}.ftstudy"
        make_study(path, PAIRS, lambda n: (f"one {n}", f"two {n}"), seed=seed + number, design=DESIGN)
        if kind == "study":
            yield path
            continue
        pack = path.with_suffix(".ftpack")
        with StudyFile.open(path, now=utc_now()) as study:
            make_pack(study, pack, "Ada", rng=Random(seed + number), now=utc_now())
        yield pack


def strike(path: Path, kills: int, tally: Tally, rng: Random) -> None:
    """Kill until it is often enough, or the file has few pairs left."""
    known: list[Told] = []
    left = ENOUGH
    while tally.kills < kills and left >= ENOUGH:
        told = killed_at_random(lambda say: rate_for_ever(path, say, seed), seed := rng.getrandbits(32), rng)
        found, left, problems = look(path)
        expected = known + told
        common = sum(1 for _ in _same_from_start(expected, found))
        extra = len(found) - len(expected)
        tally.kills += 1
        tally.before_any += not told
        tally.acknowledged += len(told)
        tally.lost += len(expected) - common
        tally.in_flight += extra == 1
        tally.doubled += max(extra - 1, 0) + judged_twice(found)
        tally.not_in_order += problems
        known = found


def _same_from_start(expected: Sequence[Told], found: Sequence[Told]) -> Iterator[Told]:
    for one, other in zip(expected, found, strict=False):
        if one != other:
            return
        yield one


def judged_twice(found: Sequence[Told]) -> int:
    """How many judgments and skips came to a pair that had one already."""
    standing: set[int] = set()
    twice = 0
    for kind, pair in found:
        if kind == "retraction":
            standing.discard(pair)
        elif kind != "guess":
            twice += pair in standing
            standing.add(pair)
    return twice


def look(path: Path) -> tuple[list[Told], int, list[str]]:
    """What is in the file: the acts, how many pairs are left, and what is not in order."""
    if path.suffix == ".ftpack":
        with closing(open_pack(path)) as pack:
            return _read(pack, PACK_RATER)
    with StudyFile.open(path, now=utc_now()) as study:
        raters = study.raters.all()
        return _read(study, raters[0].id) if raters else ([], PAIRS, _problems(study))


def _read(log: StudyFile | PackFile, rater: RaterId) -> tuple[list[Told], int, list[str]]:
    found = [(event.kind.value, int(event.allocation)) for event in log.judgments.events(rater)]
    return found, _left(log, rater), _problems(log)


def _left(log: StudyFile | PackFile, rater: RaterId) -> int:
    progress = log.judgments.progress(rater)
    return (progress.total or PAIRS) - progress.judged - progress.skipped


def _problems(log: StudyFile | PackFile) -> list[str]:
    return [f"{found.subject}: {found.detail}" for found in log.check() if not found.ok]


# The two processes.


def killed_at_random(work: Callable[[Callable[[str], None]], None], seed: int, rng: Random) -> list[Told]:
    """What a process said that does some work, until SIGKILL struck it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _forked(work, writing)
    os.close(writing)
    early = rng.random() < EARLY
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        heard = b"" if early else _first_words(pipe.fileno(), seed)
        time.sleep(rng.uniform(0, LONGEST))
        os.kill(child, signal.SIGKILL)
        heard += pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WTERMSIG(status) != signal.SIGKILL:
        raise RuntimeError(f"the window ended by itself (seed {seed})")
    lines = heard[: heard.rfind(b"\n") + 1].decode().splitlines()
    return [(kind, int(pair)) for kind, pair in map(str.split, lines) if kind != "ready"]


def _first_words(pipe: int, seed: int) -> bytes:
    if not select.select([pipe], [], [], START)[0]:
        raise RuntimeError(f"the window does not come up (seed {seed})")
    return os.read(pipe, 4096)


def _forked(work: Callable[[Callable[[str], None]], None], pipe: int) -> None:
    """Never returns: whatever happens here ends this process, and the other one notices."""
    try:
        work(lambda words: _say(pipe, words))
    finally:
        traceback.print_exc()
        os._exit(1)


def _say(pipe: int, words: str) -> None:
    os.write(pipe, f"{words}\n".encode())


def rate_for_ever(path: Path, say: Callable[[str], None], seed: int) -> None:
    """Open the window on a file and press keys until the end of this process."""
    rng = Random(seed)
    with rating_window(path, seed=seed) as window:
        _witness = Witness(window.rate, say)  # held by this name: a signal does not hold its receiver
        say("ready 0")
        while True:
            wait(lambda: window.rate.state is RateState.READY)
            act(window, rng)


class Witness:
    """Tells what the page shows as stored."""

    def __init__(self, page: RatePage, say: Callable[[str], None]) -> None:
        self._say = say
        self._asked = 0
        page.requests.sending.connect(self._on_sending)
        page.requests.shown.connect(self._on_shown)

    def _on_sending(self, intent: Intent, values: tuple[Any, ...]) -> None:
        if intent in (Intent.JUDGE, Intent.SKIP, Intent.GUESS):
            self._asked = values[0]

    def _on_shown(self, view: RatingView, what: Intent) -> None:
        """The page is connected first: it shows already what is told here."""
        kinds = {Intent.JUDGE: "judgment", Intent.SKIP: "skip", Intent.GUESS: "guess"}
        if what in kinds:
            self._say(f"{kinds[what]} {self._asked}")
        elif what is Intent.UNDO and view.item is not None:
            self._say(f"retraction {view.item.allocation}")


def act(window: MainWindow, rng: Random) -> None:
    """One thing that a rater does, from the pair in front to the next."""
    page, chance = window.rate, rng.random()
    view = page.shown
    if view is not None and view.phase is RatingPhase.GUESS:
        _guess(window, rng)
    elif chance < 0.1 and view is not None and view.undo:
        QTest.keyClick(page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    elif chance < 0.2:
        QTest.keyClick(page, Qt.Key.Key_S)
        QTest.keyClick(_focus(window), Qt.Key.Key_1)
    else:
        if chance < 0.3:
            QTest.keyClick(page, Qt.Key.Key_C)
            QTest.keyClicks(_focus(window), "words of mine")
            QTest.keyClick(_focus(window), Qt.Key.Key_Escape)
        QTest.keyClick(page, rng.choice(ANSWERS))
    if page.state is RateState.READY:
        raise RuntimeError("a key was not taken")


def _guess(window: MainWindow, rng: Random) -> None:
    if rng.random() < 0.5:
        QTest.keyClick(window.rate, Qt.Key.Key_Down)
    else:
        QTest.keyClick(window.rate, Qt.Key.Key_Left)
        QTest.keyClick(window.rate, Qt.Key.Key_2)


def _focus(window: MainWindow) -> QWidget:
    return QApplication.focusWidget() or window.rate


if __name__ == "__main__":
    sys.exit(main())
