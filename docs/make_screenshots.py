"""Makes the pictures of README and docs: the demo study, judged by invented raters, page by page.

    python docs/make_screenshots.py [--only rate results …]

The judgments are drawn at random from stated tastes; they say nothing about the demo model.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_SCALE_FACTOR"] = "2"

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QLabel

from ftcompare.app import application_paths, user_settings
from ftcompare.app.demo import DEMO_SETTINGS, demo_study
from ftcompare.app.generate.engine_run import drive
from ftcompare.app.generate.generation import GenerationRun
from ftcompare.app.rate.rating_session import study_session
from ftcompare.app.study.unblinding import unblind
from ftcompare.core.scale import Choice
from ftcompare.core.study import Split, Verdict
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.rate.state import RateState
from ftcompare.ui.shell.application import make_application, open_window
from ftcompare.ui.shell.window import MainWindow

IMAGES = Path(__file__).parent / "images"
SIZE = QSize(1280, 760)
TALL = QSize(1280, 1000)
"""For the page whose whole is worth a picture."""
SEED = 7
RATERS = ("Ada", "Grace", "Rosalind", "Barbara")
SHOWN_RATER, SHOWN_AFTER = "Marie", 16
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

TASTE = {Split.TRAINED: 0.78, Split.PARAPHRASE: 0.7, Split.HELD_OUT: 0.5}
"""How often an invented rater prefers the adapter, by split; on general topics 0.3."""
GENERAL = 0.3
TIES = 0.15
ROUNDS = 6
"""Of questions to the study's thread: an answer asks for more at most so often in turn."""


class Clock:
    """A time that goes on by half a minute with each look."""

    def __init__(self) -> None:
        self._now = START

    def __call__(self) -> datetime:
        """The next time."""
        self._now += timedelta(seconds=30)
        return self._now


def main() -> None:
    """Write the pictures into docs/images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=IMAGES)
    parser.add_argument("--only", nargs="*", default=[])
    arguments = parser.parse_args()
    arguments.out.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FTCOMPARE_HOME"] = str(Path(folder) / "home")
        clock, rng = Clock(), Random(SEED)
        user_settings.save(application_paths.settings_file(), user_settings.UserSettings(rater=SHOWN_RATER))
        path = written(Path(folder), clock, rng)
        for name, size in take(path, clock, rng, arguments.out, arguments.only):
            print(f"{name}  {size.width()}×{size.height()}")


def written(folder: Path, clock: Callable[[], datetime], rng: Random) -> Path:
    """The demo study with all its pairs, judged by all raters but the one in the picture."""
    with demo_study(folder, rng=rng, now=clock()) as study:
        run = GenerationRun(study, settings=DEMO_SETTINGS, clock=clock)
        with EngineProcess() as engine:
            drive(run, engine, lambda _: None)
        for rater in RATERS:
            judge(study, rater, clock, rng)
        judge(study, SHOWN_RATER, clock, rng, at_most=SHOWN_AFTER)
        return study.path


def judge(
    study: StudyFile, rater: str, clock: Callable[[], datetime], rng: Random, at_most: int | None = None
) -> None:
    """An invented rater judges by taste."""
    base, _ = study.systems.all()
    wins = {
        p.id: GENERAL if p.spec.category == "General topics" else TASTE[p.spec.split]
        for p in study.prompts.all()
    }
    base_texts = {(r.prompt, r.text) for r in study.responses.all() if r.system == base.id}
    prompts = {p.spec.messages: p.id for p in study.prompts.all()}
    session = study_session(study, rater, clock=clock, rng=rng)
    while (item := session.view().item) and session.view().judged != at_most:
        prompt = prompts[item.messages]
        left_is_base = (prompt, item.left) in base_texts
        choice = Choice.LEFT if (rng.random() < wins[prompt]) != left_is_base else Choice.RIGHT
        if item.left == item.right or rng.random() < TIES:
            choice = Choice.TIE
        session.judge(item.allocation, Verdict(choice, seconds=rng.uniform(12, 40)))


def take(
    path: Path, clock: Callable[[], datetime], rng: Random, out: Path, only: list[str]
) -> Iterator[tuple[str, QSize]]:
    """Open the study, go through the pages, and keep a picture of each in light and dark."""
    application = make_application()
    with open_window(application, clock=clock, rng=rng) as window:
        window.resize(SIZE)
        window.show()
        open_study(application, window, path)
        for page in ("rate", "generate", "review", "export"):
            yield from page_pictures(application, window, page, out, only)

        def finish(study: StudyFile) -> None:
            judge(study, SHOWN_RATER, clock, rng)
            unblind(study, "all raters are done", now=clock())

        unblinded = threaded(window, finish)
        wait(application, unblinded)
        yield from page_pictures(application, window, "results", out, only)


def open_study(application: QApplication, window: MainWindow, path: Path) -> None:
    """Open it where the rater in the picture stopped."""
    window.acts.open(path, "rate")
    wait(application, lambda: window.study is not None)
    wait(application, lambda: window.rate.state is RateState.READY)


def page_pictures(
    application: QApplication, window: MainWindow, page: str, out: Path, only: list[str]
) -> Iterator[tuple[str, QSize]]:
    """One page in light and dark."""
    if only and page not in only:
        return
    window.resize(TALL if page == "results" else SIZE)
    for theme in ("light", "dark"):
        window.trigger(f"view.theme_{theme}")
        window.go(page)
        settle(application, window)
        if page == "rate":
            wait(application, lambda: window.rate.state is RateState.READY)
        wait(application, lambda: not still_waiting(window))
        settle(application, window)
        picture = window.grab()
        picture.save(str(out / f"{page}-{theme}.png"))
        yield f"{page}-{theme}", picture.size()


def still_waiting(window: MainWindow) -> bool:
    """Whether the page in front says that it computes something, as in "Computing the results…"."""
    shown = (label for label in window.findChildren(QLabel) if label.isVisible())
    return any(label.property("computing") for label in shown)


def threaded(window: MainWindow, operation: Callable[[StudyFile], object]) -> Callable[[], bool]:
    """Run an operation on the study's thread; the answer tells whether it is done."""
    done: list[object] = []
    window.context.tasks.run(operation, done.append)
    return lambda: bool(done)


def settle(application: QApplication, window: MainWindow) -> None:
    """Wait until the study's thread has answered all that was asked, what its answers asked for in turn too.

    The thread takes one question after the other: once it answers ours, those before are answered. A picture
    is ready where the events of a whole round ask for nothing new.
    """
    for _ in range(ROUNDS):
        wait(application, threaded(window, lambda _study: None))
        QApplication.sendPostedEvents(None, 0)
        application.processEvents()


def wait(application: QApplication, done: Callable[[], bool], seconds: float = 120) -> None:
    """Let events pass until something holds.

    Raises:
        TimeoutError: it did not come to hold.
    """
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("the window did not get there")
        application.processEvents()
        time.sleep(0.005)


if __name__ == "__main__":
    main()
