"""“Check a training file…” on the Results page: found, kept, told; cancelled; refused."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QFileDialog
from pytestqt.qtbot import QtBot

from ftcompare.app.results.presentation import contamination
from ftcompare.app.results.presentation.contamination import (
    KeptLeakage,
    SearchedTexts,
    contamination_paragraphs,
    contamination_status,
    kept_leakage,
)
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.contamination_card import search
from ftcompare.ui.pages.results.page import ResultsPage
from tests.builders import present
from tests.ui.conftest import RecordingBar
from tests.ui.page_driver import enter, press, settle, visible_text
from tests.ui.results.divided_study import asked, parted
from tests.ui.results.results_driver import asks_of, explained, overview_of, where_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return parted(tmp_path / "study.ftstudy")


@pytest.fixture
def page(context: PageContext, path: Path, qtbot: QtBot) -> ResultsPage:
    return enter(ResultsPage(context), context, qtbot, path)


def training(path: Path, *prompts: str, name: str = "train.jsonl") -> Path:
    """A training file that holds these prompts, word for word."""
    file = path.parent / name
    lines = (json.dumps({"prompt": prompt, "completion": "fine"}) for prompt in prompts)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def check(page: ResultsPage, file: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Choose a file by the button and the dialog."""
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    press(where_of(page), "check_training", qtbot)


def kept(context: PageContext, qtbot: QtBot) -> KeptLeakage | None:
    found: list[KeptLeakage | None] = []
    context.tasks.run(kept_leakage, found.append)
    qtbot.waitUntil(lambda: bool(found))
    return found[0]


def test_before_the_first_check_the_card_says_what_it_is_for(page: ResultsPage) -> None:
    card = where_of(page).leakage
    assert "Choose the file that the model was trained on" in visible_text(card)
    assert not overview_of(page).leakage.isVisible()


def test_what_leaked_is_told_on_both_tabs_and_kept(
    page: ResultsPage,
    path: Path,
    context: PageContext,
    bar: RecordingBar,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(page, training(path, *map(asked, (2, 5, *range(0, 21, 3)))), qtbot, monkeypatch)
    card = where_of(page).leakage
    qtbot.waitUntil(lambda: "Found in it" in visible_text(card))
    said = visible_text(card)
    warning = "2 of 8 unseen prompts are in the training file, word for word or nearly so"
    assert warning in said
    assert "train.jsonl, checked " in said
    assert {"p2", "p5", "p21"} <= {b.text() for b in card.findChildren(QAbstractButton) if b.isVisible()}
    assert "Here: 2 / 8 unseen prompts found" in explained(page, asks_of(card)["Training file"])
    assert warning in bar.notes[0]
    found = present(kept(context, qtbot))
    assert (found.leaked, found.missing) == (("p2", "p5"), ("p21",))
    page.tabs.choose("overview")
    assert overview_of(page).leakage.isVisible()
    assert f"Caution: {warning}" in visible_text(overview_of(page).leakage)


def test_the_caution_leads_to_the_prompts_and_a_prompt_to_its_comparisons(
    page: ResultsPage, path: Path, context: PageContext, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(page, training(path, asked(5)), qtbot, monkeypatch)
    card = where_of(page).leakage
    qtbot.waitUntil(lambda: "Found in it" in visible_text(card))
    page.tabs.choose("overview")
    (link,) = overview_of(page).leakage.findChildren(QAbstractButton)
    QTest.mouseClick(link, Qt.MouseButton.LeftButton)
    assert card.isVisible()
    key = next(b for b in card.findChildren(QAbstractButton) if b.text() == "p5")
    QTest.mouseClick(key, Qt.MouseButton.LeftButton)
    settle(context, qtbot)
    assert [str(row.cells[0]) for row in page.comparisons.table.model.shown] == [asked(5)] * 2


def test_a_file_without_any_prompt_is_good_news(
    page: ResultsPage, path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(page, training(path, "something else entirely"), qtbot, monkeypatch)
    card = where_of(page).leakage
    qtbot.waitUntil(lambda: "None found" in visible_text(card))
    assert "None of the 8 unseen prompts is in the training file." in visible_text(card)
    page.tabs.choose("overview")
    assert not overview_of(page).leakage.isVisible()


def told(bar: RecordingBar, errors: int) -> bool:
    return len(bar.errors) == errors


def test_a_file_that_cannot_be_read_is_refused_in_the_bar(
    page: ResultsPage,
    path: Path,
    context: PageContext,
    bar: RecordingBar,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = path.parent / "broken.jsonl"
    broken.write_text("{oh no\n", encoding="utf-8")
    for number, file in enumerate((broken, path.parent / "gone.jsonl")):
        check(page, file, qtbot, monkeypatch)
        qtbot.waitUntil(partial(told, bar, number + 1))
    assert "broken.jsonl" in bar.errors[0].where
    assert where_of(page).leakage.check_button.isVisible()
    assert kept(context, qtbot) is None


def test_no_file_chosen_changes_nothing(
    page: ResultsPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    press(where_of(page), "check_training", qtbot)
    assert where_of(page).leakage.check_button.isVisible()


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training file without end: what a very long one is to someone who waits."""

    def records(_: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
        number = 0
        while True:
            number += 1
            yield number, ("nothing of use",)

    monkeypatch.setattr(contamination, "read_training", records)


@pytest.mark.usefixtures("endless")
def test_a_long_check_shows_how_far_it_is_leaves_the_study_free_and_ends_by_cancel(
    page: ResultsPage, path: Path, context: PageContext, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = where_of(page).leakage
    card.check_button.setFocus()
    check(page, training(path, "a", "b"), qtbot, monkeypatch)
    qtbot.waitUntil(lambda: "examples read" in visible_text(card))
    assert not card.check_button.isEnabled()
    settle(context, qtbot)  # the study answers meanwhile
    press(card, "work_cancel", qtbot)
    qtbot.waitUntil(card.check_button.isEnabled)
    assert card.check_button.hasFocus()
    assert kept(context, qtbot) is None


@pytest.mark.usefixtures("endless")
def test_a_cancel_before_the_prompts_are_read_holds(page: ResultsPage, path: Path, qtbot: QtBot) -> None:
    card = where_of(page).leakage
    card.start(training(path, "a"))
    card.work.cancel.click()
    qtbot.waitUntil(card.check_button.isEnabled)
    assert not card.work.running


@pytest.mark.usefixtures("endless")
def test_a_check_ends_with_its_page(context: PageContext, path: Path, qtbot: QtBot) -> None:
    page = enter(ResultsPage(context), context, qtbot, path)
    card = where_of(page).leakage
    card.start(training(path, "a"))
    qtbot.waitUntil(lambda: bool(searches()))
    card.deleteLater()
    qtbot.waitUntil(lambda: not searches())


def searches() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "study-work"]


def test_a_bug_in_a_check_is_told_as_one(
    page: ResultsPage,
    path: Path,
    context: PageContext,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(_: Path) -> Iterator[None]:
        raise RuntimeError("a bug")

    monkeypatch.setattr(contamination, "read_training", broken)
    context.tasks.crashed.disconnect()
    crashes: list[Exception] = []
    context.tasks.crashed.connect(crashes.append)
    check(page, training(path, "a"), qtbot, monkeypatch)
    qtbot.waitUntil(lambda: bool(crashes))
    assert isinstance(crashes[0], RuntimeError)
    qtbot.waitUntil(where_of(page).leakage.check_button.isEnabled)
    caplog.clear()


def test_the_time_left_is_told_from_the_share_that_is_read(path: Path) -> None:
    times = iter((0.0, 100.0, 200.0, 300.0))
    said: list[tuple[str, float | None]] = []
    file = training(path, *("x" for _ in range(1000 + 500)))
    search(SearchedTexts(()), file, lambda *told: said.append(told), clock=lambda: next(times))
    assert said == [
        ("Counting the examples…", None),
        ("500 examples read · about 3 min left", 1 / 3),
        ("1,000 examples read · about 2 min left", 2 / 3),
        ("1,500 examples read · less than a minute left", 1.0),
    ]


def test_a_study_without_held_out_prompts_has_none_to_leak() -> None:
    found = KeptLeakage("2026-11-20T09:00:00+00:00", "t.jsonl", (), 0, ())
    assert contamination_status(found) == ("neutral", "No unseen prompts")
    assert "no unseen prompts" in contamination_paragraphs(found)[0].text


def test_of_very_many_keys_the_first_are_named(page: ResultsPage) -> None:
    card = where_of(page).leakage
    card.show_kept(
        KeptLeakage("2026-11-20T09:00:00+00:00", "t.jsonl", tuple(f"k{n}" for n in range(90)), 90, ())
    )
    assert "and 50 more" in visible_text(card)
