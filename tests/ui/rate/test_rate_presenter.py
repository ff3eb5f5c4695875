"""Every intent of the rating page reaches the open study or pack, and comes back stored."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from importlib import resources
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PySide6.QtCore import QObject, QPoint, QRect, Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from ftcompare.app.commands_and_keys import COMMANDS, When
from ftcompare.app.rate.rating_session import RatingPhase, RatingView
from ftcompare.app.raters.packs import make_pack, open_pack
from ftcompare.app.raters.page_texts import page_rules
from ftcompare.core.errors import FTCompareError
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.rating_rules import (
    ALIKE,
    DEGREES,
    EMPTY_ANSWER,
    GUESS_QUESTION,
    GUESS_WHY,
    GUESSES,
    IDENTICAL,
    TURNS,
    answers,
)
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import EventKind, Guess, GuessChoice, Verdict
from ftcompare.formats.browser_pack.page import SCRIPTS
from ftcompare.markup.parser import kept_blocks
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.study.audit import AUTOMATIC_STAGE
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.rate.presenter import RatingPresenter
from ftcompare.ui.pages.rate.state import Intent
from ftcompare.ui.shell.shortcut_editor import SETTINGS
from ftcompare.ui.study_thread.study_tasks import OpenFile, StudyTasks
from ftcompare.ui.text.response_text import prepare_markdown
from ftcompare.ui.theme.theme import Theme
from tests.builders import present
from tests.ui.conftest import START, idle, make_study
from tests.ui.page_driver import visible_text
from tests.ui.rate.conftest import Bench, MakeBench, make_rated

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
        item = present(view.item)
        if view.phase is RatingPhase.JUDGE:
            view = page.after(
                partial(page.requests.send, Intent.JUDGE, item.allocation, Verdict(Choice.LEFT))
            )
        else:
            guesses += 1
            guess = Guess(GuessChoice.RIGHT, 2)
            view = page.after(partial(page.requests.send, Intent.GUESS, item.allocation, guess, 3.5))
    return guesses


def test_the_texts_of_the_next_pair_are_parsed_while_this_one_is_read(
    page: Page, tasks: StudyTasks, guessing_study: Path, qtbot: QtBot
) -> None:
    use(tasks, lambda: StudyFile.open(guessing_study, now=START), qtbot)
    page.after(lambda: page.requests.begin("Ada"))
    kept_blocks.cache_clear()
    view = page.after(partial(page.requests.send, Intent.PRACTISED))
    qtbot.waitUntil(lambda: kept_blocks.cache_info().currsize == 2)
    assert view.item is not None
    judge = partial(page.requests.send, Intent.JUDGE, view.item.allocation, Verdict(Choice.LEFT))
    while (view := page.after(judge)).phase is RatingPhase.GUESS:
        assert view.item is not None
        guess = Guess(GuessChoice.RIGHT, 2)
        judge = partial(page.requests.send, Intent.GUESS, view.item.allocation, guess, 3.5)
    assert view.item is not None
    before = kept_blocks.cache_info().hits
    prepare_markdown(view.item.left)
    prepare_markdown(view.item.right)
    assert kept_blocks.cache_info().hits >= before + 2


def test_a_request_after_the_end_of_the_study_thread_does_nothing(
    page: Page, guessing_study: Path, qtbot: QtBot
) -> None:
    tasks = StudyTasks()
    use(tasks, lambda: StudyFile.open(guessing_study, now=START), qtbot)
    tasks.shut_down()
    reached: list[object] = []
    for request in (tasks.run, tasks.rate):
        request(reached.append, reached.append)
    tasks.call(lambda: reached.append(1), reached.append)
    assert not reached


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
    item = present(page.after(lambda: page.requests.begin("")).item)
    use(tasks, lambda: StudyFile.open(guessing_study, now=START), qtbot)
    page.requests.begin("")
    page.requests.send(Intent.JUDGE, item.allocation, Verdict(Choice.LEFT))
    qtbot.waitUntil(lambda: len(page.refused) == 2)
    assert [act for _, act in page.refused] == [Intent.BEGIN, Intent.JUDGE]
    assert page.refused[1][0].code == "no-session"


# The page of a pack says the same as the window, and has the same keys.


OTHER_NAMES = {"rate.scroll_together": "together", "rate.answers": "own_answers"}
"""What the page calls a command otherwise."""


def script() -> str:
    folder = resources.files("ftcompare.formats.browser_pack") / "script"
    return "\n".join((folder / name).read_text("utf-8") for name in SCRIPTS)


def rules() -> dict[str, Any]:
    return page_rules()


def joined(source: str) -> str:
    """The script with texts of several lines put together."""
    return re.sub(r'"\s*\+\s*"', "", source)


@pytest.mark.parametrize(
    "words",
    [
        *(GUESS_QUESTION, GUESS_WHY, *DEGREES, *GUESSES.values()),
        *(
            ALIKE,
            IDENTICAL,
            EMPTY_ANSWER,
            TURNS,
            *(words for texts in SETTINGS.values() for words in texts),
        ),
        *(
            "Why skip this pair?",
            "You can return to skipped pairs at the end.",
            "Do not skip",
            "Back to the pair",
        ),
        *("What decided your choice? The owner of the study reads this comment.", "Draft saved", "✓ Saved"),
        *("A short break helps you judge well.", "Judge again to change it.", "Remove highlighting"),
        *(
            "You have finished the practice.",
            "Your judgments count from now on.",
            "Any judgment is fine here.",
        ),
        *(
            "Instructions",
            "Practice again",
            "Skip practice",
            "Search my judgments",
            "To the last questions",
        ),
        *(
            "Continue to the last questions",
            "That was the last pair.",
            "Which was fine-tuned? ",
            "Opened again",
        ),
    ],
)
def test_the_page_says_what_the_window_says(words: str) -> None:
    assert words in joined(script()) + json.dumps(rules(), ensure_ascii=False)


def test_the_commands_of_the_page_are_those_of_the_window_for_rating() -> None:
    listed = {one["id"]: (one["title"], one["keys"]) for one in rules()["commands"]}
    wanted = {
        OTHER_NAMES.get(one.id, one.id.removeprefix("rate.").replace("criterion_", "number_")): (
            one.help or one.title,
            one.keys,
        )
        for one in COMMANDS
        if one.when is When.RATING and one.id != "rate.rank"  # pages do not rank
    }
    assert listed == wanted


@pytest.mark.parametrize("strengths", [1, 2, 3])
def test_the_page_offers_the_answers_of_the_window(strengths: int) -> None:
    offered = [(one["choice"], one["strength"], one["title"]) for one in rules()["answers"][strengths - 1]]
    assert offered == [(one.choice, one.strength, one.title) for one in answers(Scale(strengths=strengths))]


def test_the_script_has_no_rules_of_its_own() -> None:
    """Numbers and words that the window has, too, are written into the page by `page_rules`."""
    named = set(re.findall(r"RULES\.(\w+)", script()))
    assert named == rules().keys()


# In a study that is unblinded, nobody is asked for a name first: rating is closed, and that is told.


@pytest.mark.parametrize("stopped", [False, True], ids=["unblinded", "stopped by its automatic stage"])
def test_that_rating_is_closed_is_told_before_anybody_is_asked_who_rates(
    make_bench: MakeBench, tmp_path: Path, *, stopped: bool
) -> None:
    path = make_rated(tmp_path / "closed.ftstudy", pairs=3)
    with StudyFile.open(path, now=START) as study:
        if stopped:
            study.audit.append(AUTOMATIC_STAGE, {"by": "Eve", "gate": "g", "passed": False}, now=START)
        else:
            study.settings.unblind("done", now=START)
    bench = make_bench(path, rater="Nobody known")
    bench.page.enter()
    bench.qtbot.waitUntil(bench.page.view.closed.isVisible)
    assert ("nobody is asked to judge" in visible_text(bench.page.view.closed)) is stopped
    assert not bench.page.view.who.isVisible()
    assert bench.stored(lambda log: log.raters.all()) == ()


# The tools below the answers stay where they are, and show by word what is switched on.


CTRL = Qt.KeyboardModifier.ControlModifier


def places(bench: Bench) -> dict[str, QRect]:
    """Where each tool stands on the page, once the layout has come to rest."""
    idle()
    buttons = [b for b in bench.page.view.tools.findChildren(QPushButton) if b.isVisible()]
    return {b.objectName(): QRect(b.mapTo(bench.page, QPoint(0, 0)), b.size()) for b in buttons}


@pytest.mark.parametrize("size", [(1280, 684), (1024, 660), (960, 504)])
def test_the_tools_stay_in_their_places(bench: Bench, theme: Theme, size: tuple[int, int]) -> None:
    bench.page.resize(*size)
    before = places(bench)
    start = bench.position
    bench.judge(Qt.Key.Key_Right)
    assert places(bench) == before
    for key in (Qt.Key.Key_F, Qt.Key.Key_F, Qt.Key.Key_M, Qt.Key.Key_M, Qt.Key.Key_T, Qt.Key.Key_T):
        bench.key(key)
        assert places(bench) == before
    bench.key(Qt.Key.Key_Z, CTRL)
    bench.at(start)
    assert places(bench) == before
    for zoom in (1.25, 1.0):
        theme.set_zoom(zoom)
        bench.page.setStyleSheet(theme.style_sheet())  # as the window does, after its pages
    assert places(bench) == before


@pytest.mark.parametrize("width", [960, 1280])
def test_scroll_together_has_a_key_and_says_in_words_that_it_is_on(bench: Bench, width: int) -> None:
    bench.page.resize(width, 684)
    idle()
    link, pair = bench.page.view.tools.link, bench.page.view.pair
    assert link.accessibleName() == "Scroll together: on (T)"
    assert link.words == "Scroll together"
    bench.key(Qt.Key.Key_T)
    assert (pair.linked, link.isChecked(), link.on) == (False, False, False)
    bench.click("rate.scroll_together")
    assert (pair.linked, link.isChecked(), link.on) == (True, True, True)


def test_undo_says_in_its_tip_what_it_takes_back(bench: Bench) -> None:
    bench.judge(Qt.Key.Key_Right)
    undo = bench.page.view.tools.undo
    assert undo.words == "Undo"
    assert "Undo “Right is better”" in undo.toolTip()
    assert undo.accessibleName() == "Undo “Right is better” (Ctrl Z)"
