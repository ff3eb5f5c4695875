"""Every page for those who use no mouse, hear the window, or see little: names, Tab, contrast."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.ui.pages.rate.state import Intent, RateState
from ftcompare.ui.shell.window import MainWindow
from tests.builders import of_kind
from tests.ui.conftest import idle, quiet
from tests.ui.page_driver import child
from tests.ui.rate.conftest import CRITERIA, PRACTICE, REASONS, make_rated
from tests.ui.rated_study import CAREFUL, HASTY, rated
from tests.ui.shell.conftest import OpenWindow, come_to, dialog, opened, remember_rater
from tests.ui.shown_text import low_contrast, said, steps_back, tab_walk

SCALE = Scale(strengths=3, criteria=CRITERIA, reasons=REASONS)
DESIGN = RatingDesign(instructions="Read both.", practice=PRACTICE)
Shown = Callable[[MainWindow, QtBot, Path], QWidget]


def rating(window: MainWindow, qtbot: QtBot, folder: Path) -> QWidget:
    """A pair asked about in every way."""
    opened(window, make_rated(folder / "r.ftstudy", SCALE, DESIGN), qtbot, "rate")
    come_to(window, qtbot, RateState.BRIEFING)
    window.rate.requests.send(Intent.PRACTISED)
    qtbot.waitUntil(lambda: window.rate.state is RateState.READY)
    return window.rate


def finding(window: MainWindow, qtbot: QtBot, folder: Path) -> QWidget:
    """The same with all strips and the find bar."""
    page = rating(window, qtbot, folder)
    view = window.rate.view
    view.pair.prompt.set_notice("Demonstration")
    QTest.keyClick(page, Qt.Key.Key_1)
    QTest.keyClick(page, Qt.Key.Key_Left)
    QTest.keyClick(page, Qt.Key.Key_R)
    QTest.keyClick(page, Qt.Key.Key_1)
    QTest.keyClick(page, Qt.Key.Key_F)
    view.failure.say("Your judgment was not saved. The disk is full.", "Retry")
    view.missing.say("Not answered yet: Tone.")
    view.offer_rest(45)
    window.trigger("view.find")
    view.finder.field.setText("heart")
    QTest.keyClick(view.finder.field, Qt.Key.Key_Return)
    return page


def commenting(window: MainWindow, qtbot: QtBot, folder: Path) -> QWidget:
    page = rating(window, qtbot, folder)
    QTest.keyClick(page, Qt.Key.Key_C)
    return page


def skipping(window: MainWindow, qtbot: QtBot, folder: Path) -> QWidget:
    page = rating(window, qtbot, folder)
    QTest.keyClick(page, Qt.Key.Key_S)
    return page


def all_keys(window: MainWindow, qtbot: QtBot, folder: Path) -> QWidget:
    rating(window, qtbot, folder)
    window.rate.actions_by_id["rate.keys"].trigger()
    return window.rate


def instructions(window: MainWindow, qtbot: QtBot, folder: Path) -> QWidget:
    """What is read before the first pair."""
    opened(window, make_rated(folder / "r.ftstudy", SCALE, DESIGN), qtbot, "rate")
    come_to(window, qtbot, RateState.BRIEFING)
    return window.rate


def paused(window: MainWindow, qtbot: QtBot, folder: Path) -> QWidget:
    page = rating(window, qtbot, folder)
    for _ in range(2):
        window.rate.actions_by_id["rate.pause"].trigger()
    return page


def done(window: MainWindow, qtbot: QtBot, folder: Path) -> QWidget:
    opened(window, make_rated(folder / "d.ftstudy", pairs=1), qtbot, "rate")
    come_to(window, qtbot, RateState.READY)
    QTest.keyClick(window.rate, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: window.rate.state is RateState.DONE)
    return window.rate


def guessing(window: MainWindow, qtbot: QtBot, folder: Path) -> QWidget:
    """Which was fine-tuned, with a side chosen."""
    opened(
        window, make_rated(folder / "g.ftstudy", design=RatingDesign(end_guesses=1), pairs=1), qtbot, "rate"
    )
    come_to(window, qtbot, RateState.READY)
    QTest.keyClick(window.rate, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: window.rate.view.guess.isVisible() and window.rate.state is RateState.READY)
    QTest.keyClick(window.rate, Qt.Key.Key_Left)
    return window.rate


def live(window: MainWindow, qtbot: QtBot, folder: Path) -> QWidget:
    """Live, without anything to ask."""
    opened(window, make_rated(folder / "l.ftstudy"), qtbot, "live")
    quiet(window.context.tasks, qtbot)
    return window.page_widget("live")


def raters(window: MainWindow, qtbot: QtBot, folder: Path) -> QWidget:
    """Raters after unblinding."""
    opened(window, rated(folder / "u.ftstudy", habits={"Ada": CAREFUL, "Ben": HASTY}), qtbot, "raters")
    qtbot.waitUntil(lambda: bool(window.page_widget("raters").findChildren(QWidget, "raters_decide")))
    quiet(window.context.tasks, qtbot)
    return window.page_widget("raters")


def audit(window: MainWindow, qtbot: QtBot, folder: Path) -> QWidget:
    opened(window, make_rated(folder / "a.ftstudy"), qtbot, "audit")
    window.resize(1280, 740)  # A line that is cut in the middle of its words would count as pale.
    button = child(window, QAbstractButton, "audit_check")
    button.click()
    qtbot.waitUntil(button.isEnabled)
    return window.page_widget("audit")


def keys(window: MainWindow, qtbot: QtBot, folder: Path) -> QWidget:
    """The dialog of keys, with a refusal."""
    window.trigger("app.keys")
    return dialog(window, "keys")


def rating_settings(window: MainWindow, qtbot: QtBot, folder: Path) -> QWidget:
    """The numbers for rating."""
    window.trigger("app.rating_settings")
    return dialog(window, "keys")


PLACES: tuple[Shown, ...] = (
    *(rating, finding, commenting, skipping, all_keys, instructions, paused, done, guessing),
    *(live, raters, audit, keys, rating_settings),
)


@pytest.fixture
def show(open_one: OpenWindow, qtbot: QtBot, tmp_path: Path) -> Callable[[Shown], QWidget]:
    """Brings a place to the front, and gives it the keyboard."""

    def bring(place: Shown) -> QWidget:
        remember_rater()
        window = open_one()
        window.resize(1280, 720)
        with qtbot.waitActive(window):
            window.activateWindow()
        shown = place(window, qtbot, tmp_path)
        QApplication.processEvents()
        return shown

    return bring


@pytest.mark.parametrize("place", PLACES, ids=lambda p: p.__name__)
def test_tab_follows_the_layout_every_stop_has_a_name_and_all_words_stand_out(
    show: Callable[[Shown], QWidget], place: Shown, qtbot: QtBot
) -> None:
    page = show(place)
    stops = [stop for stop in tab_walk(first_stop(page)) if page is stop or page.isAncestorOf(stop)]
    assert stops
    assert [stop for stop in stops if not said(stop).strip()] == []
    assert steps_back(page, [stop for stop in stops if stop is not page]) == []
    window = page.window()
    main = of_kind(window if isinstance(window, MainWindow) else window.parentWidget(), MainWindow)
    main.trigger("view.zoom_in")
    main.trigger("view.zoom_in")
    for mode in ("light", "dark"):
        main.trigger(f"view.theme_{mode}")
        idle()
        assert low_contrast(window) == []


def first_stop(page: QWidget) -> QWidget:
    """Where the Tab key first comes to in a page."""
    here: QWidget | None = page
    for _ in range(5000):
        assert here is not None
        reached = here is page or page.isAncestorOf(here)
        if reached and here.isVisible() and here.isEnabled() and here.focusPolicy() & Qt.FocusPolicy.TabFocus:
            return here
        here = here.nextInFocusChain()
    raise LookupError("nothing takes the keyboard")
