"""Every intent of the rating page reaches the open study or pack, and comes back stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from ftcompare.app.rate.rating_session import RatingPhase, RatingView
from ftcompare.app.raters.packs import make_pack, open_pack
from ftcompare.core.errors import FTCompareError
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice
from ftcompare.core.study import EventKind, Guess, GuessChoice, Verdict
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.rate.presenter import RatingPresenter
from ftcompare.ui.pages.rate.requests import Intent
from ftcompare.ui.study_thread.study_tasks import OpenFile, StudyTasks
from tests.ui.conftest import START, make_study

INSTRUCTIONS = "Prefer what a patient would understand."


class Page:
    """Stands for the rating page: its requests, and what came of them."""

    def __init__(self, tasks: StudyTasks, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self.parent = QObject()
        self.remembered: list[str] = []
        self.requests = RatingPresenter(
            tasks, clock=lambda: START, rng=Random(4), remember_rater=self.remembered.append
        )
        self.requests.setParent(self.parent)
        self.shown: list[tuple[RatingView, Intent]] = []
        self.refused: list[tuple[FTCompareError, Intent]] = []
        self.raters: list[tuple[str, ...]] = []
        self.requests.shown.connect(lambda view, act: self.shown.append((view, act)))
        self.requests.refused.connect(lambda error, act: self.refused.append((error, act)))
        self.requests.raters_known.connect(self.raters.append)

    def after(self, ask: Callable[[], object]) -> RatingView:
        """Ask for something, and wait for its view."""
        before = len(self.shown)
        ask()
        self._qtbot.waitUntil(lambda: len(self.shown) > before)
        return self.shown[-1][0]


@pytest.fixture
def page(tasks: StudyTasks, qtbot: QtBot) -> Iterator[Page]:
    made = Page(tasks, qtbot)
    yield made
    made.parent.deleteLater()


@pytest.fixture
def guessing_study(tmp_path: Path) -> Path:
    """A study with instructions, that asks after half of the pairs which side was fine-tuned."""
    path = make_study(tmp_path / "guesses.ftstudy", judged=0)
    with StudyFile.open(path, now=START) as study:
        design = RatingDesign(guess_share=0.5, instructions=INSTRUCTIONS)
        study.settings.set_rating(study.settings.read().scale, design, now=START)
    return path


@pytest.fixture
def guessing_pack(guessing_study: Path) -> Path:
    with StudyFile.open(guessing_study, now=START) as study:
        done = make_pack(study, guessing_study.with_suffix(".ftpack"), "Grace", rng=Random(1), now=START)
    return done.made.path


def use(tasks: StudyTasks, opener: Callable[[], OpenFile], qtbot: QtBot) -> None:
    done: list[bool] = []
    tasks.use(opener, lambda: done.append(True))
    qtbot.waitUntil(lambda: bool(done))


def close(tasks: StudyTasks, qtbot: QtBot) -> None:
    done: list[bool] = []
    tasks.close_study(lambda: done.append(True))
    qtbot.waitUntil(lambda: bool(done))


def work_through(page: Page, view: RatingView) -> int:
    """Read, judge and guess until nothing is left; returns how many guesses were asked for."""
    assert view.instructions == INSTRUCTIONS
    assert not view.practised
    view = page.after(partial(page.requests.send, Intent.PRACTISED))
    assert view.practised
    guesses = 0
    while view.phase is not RatingPhase.DONE:
        item = view.item
        assert item is not None
        if view.phase is RatingPhase.JUDGE:
            view = page.after(
                partial(page.requests.send, Intent.JUDGE, item.allocation, Verdict(Choice.LEFT))
            )
        else:
            guesses += 1
            guess = Guess(GuessChoice.RIGHT, 2)
            view = page.after(partial(page.requests.send, Intent.GUESS, item.allocation, guess, 3.5))
    return guesses


def test_a_study_is_worked_through_with_its_guesses(
    page: Page, tasks: StudyTasks, guessing_study: Path, qtbot: QtBot
) -> None:
    use(tasks, lambda: StudyFile.open(guessing_study, now=START), qtbot)
    view = page.after(lambda: page.requests.begin("Ada"))
    assert work_through(page, view) == 6
    assert page.remembered == ["Ada"]
    close(tasks, qtbot)
    with StudyFile.open(guessing_study, now=START) as study:
        kinds = [event.kind for event in study.judgments.events(study.raters.all()[0].id)]
    assert (kinds.count(EventKind.JUDGMENT), kinds.count(EventKind.GUESS)) == (12, 6)


@pytest.mark.parametrize("asks_first", [False, True])
def test_a_pack_is_begun_for_its_rater_without_a_name(
    page: Page, tasks: StudyTasks, guessing_pack: Path, qtbot: QtBot, asks_first: bool
) -> None:
    use(tasks, lambda: open_pack(guessing_pack), qtbot)
    view = page.after(page.requests.ask_raters if asks_first else lambda: page.requests.begin(""))
    assert (view.rater, view.pack) == ("Grace", guessing_pack)
    assert page.raters == []
    assert work_through(page, view) == 6
    assert page.remembered == []
    close(tasks, qtbot)
    with PackFile.open(guessing_pack) as pack:
        assert pack.judgments.progress(PACK_RATER).judged == 12


def test_a_name_that_is_remembered_here_does_not_judge_in_a_pack_of_another(
    page: Page, tasks: StudyTasks, guessing_pack: Path, qtbot: QtBot
) -> None:
    use(tasks, lambda: open_pack(guessing_pack), qtbot)
    assert page.after(lambda: page.requests.begin("Ada")).rater == "Grace"


def test_what_a_study_alone_can_do_is_not_done_to_a_pack(
    tasks: StudyTasks, guessing_pack: Path, qtbot: QtBot
) -> None:
    use(tasks, lambda: open_pack(guessing_pack), qtbot)
    failed: list[FTCompareError] = []
    tasks.run(lambda study: study.systems.all(), lambda _: None, failed.append)
    qtbot.waitUntil(lambda: bool(failed))
    assert failed[0].code == "no-study"


def test_without_a_file_nothing_can_be_rated(page: Page, qtbot: QtBot) -> None:
    page.requests.begin("Ada")
    qtbot.waitUntil(lambda: bool(page.refused))
    assert page.refused[0][0].code == "no-study"
    assert page.refused[0][1] is Intent.BEGIN


def test_a_session_of_the_file_before_is_never_judged_at(
    page: Page, tasks: StudyTasks, guessing_study: Path, guessing_pack: Path, qtbot: QtBot
) -> None:
    use(tasks, lambda: open_pack(guessing_pack), qtbot)
    item = page.after(lambda: page.requests.begin("")).item
    assert item is not None
    use(tasks, lambda: StudyFile.open(guessing_study, now=START), qtbot)
    page.requests.begin("")
    page.requests.send(Intent.JUDGE, item.allocation, Verdict(Choice.LEFT))
    qtbot.waitUntil(lambda: len(page.refused) == 2)
    assert [act for _, act in page.refused] == [Intent.BEGIN, Intent.JUDGE]
    assert page.refused[1][0].code == "no-session"
