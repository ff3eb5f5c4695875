"""A page that was altered, cut off or blocked on its way, or is opened where nothing runs or is kept."""

from __future__ import annotations

import operator
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.raters.browser_packs import make_browser_pack, merge_result
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.formats.browser_pack import page as page_module
from ftcompare.store.study.study_file import StudyFile
from tests.browser.page_studies import OPEN, shown, text_of
from tests.browser.test_rating_in_a_browser import NOW, Start, answer, begin, make_study, saved_result

PAIRS = 4
NOT_STARTED = "This page has not started"


def study_and_page(folder: Path) -> tuple[StudyFile, Path]:
    """A study of four pairs, and the page of a pack of it."""
    study = make_study(folder / "s.ftstudy", PAIRS, Scale(), RatingDesign(repeats=0.0))
    page = folder / "anna.html"
    make_browser_pack(study, page, "Anna", rng=Random(3), now=NOW)
    return study, page


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """The page of a pack of four pairs."""
    study, made = study_and_page(tmp_path)
    study.close()
    return made


def received(page: Path, change: Callable[[str], str]) -> Path:
    """A copy of a page, altered on its way."""
    text = page.read_text("utf-8")
    assert change(text) != text
    path = page.with_name("received.html")
    path.write_text(change(text), "utf-8")
    return path


def replaced(words: str, others: str) -> Callable[[str], str]:
    return operator.methodcaller("replace", words, others)


def test_altered_pairs_are_left_out_and_the_others_are_judged_and_merged(
    start: Start, tmp_path: Path, downloads: Path
) -> None:
    study, page = study_and_page(tmp_path)
    with study:
        browser = start()
        begin(browser, page)
        answer(browser, "Left")  # the first pair, in the page as it was written
        browser.wait_text("Saved")
        second = text_of(browser, ".pair .prompt-text").strip()
        browser.open(received(page, replaced(f'"{second}"', '"What?"')))
        browser.wait_text("1 pair in this file was altered on the way to you and is left out.")
        assert "you have judged 1 of 3 pairs" in browser.text()
        browser.press("Enter")
        for _ in range(2):
            browser.wait_text("of 3")
            answer(browser, "Left")
        browser.wait_text("That was the last pair.")
        assert "Ask whoever sent this page for a new one." in text_of(browser, "#altered")
        browser.press("Enter")
        merged = merge_result(study, saved_result(downloads), now=NOW)
        assert (merged.judged, merged.items) == (3, 4)
        assert [(item.number, item.why) for item in merged.left] == [(2, "it was altered in the page")]
        browser.open(page)  # a new one
        browser.wait_text("you have judged 3 of 4 pairs")
        browser.press("Enter")
        browser.wait(OPEN)
        assert text_of(browser, ".pair .prompt-text").strip() == second
        answer(browser, "Right")
        browser.press("Enter")
        merged = merge_result(study, saved_result(downloads, more_than=1), now=NOW)
        assert (merged.judged, merged.left) == (4, ())
        assert [finding for finding in study.check() if not finding.ok] == []


OUTSIDE = {
    "question": replaced("Which answer is better?", "Which answer is worse?"),
    "scale": replaced('"strengths":1', '"strengths":2'),
    "every pair": replaced('"messages"', '"message"'),
    "digest": replaced('id="pack">', 'id="pack">f'),
    "style": replaced(".marking {", ".marked {"),
    "style of screens": replaced(".screen {", ".scream {"),
}


def test_a_page_altered_outside_its_pairs_says_so_and_asks_nothing(start: Start, page: Path) -> None:
    browser = start()
    for what, change in OUTSIDE.items():
        browser.open(received(page, change))
        browser.wait_text("This page was altered")
        assert "Ask whoever sent it for a new one" in browser.text(), what
        assert not shown(browser, "#begin"), what


def test_a_page_that_was_cut_off_or_whose_script_is_blocked_says_what_to_do(start: Start, page: Path) -> None:
    browser = start()
    text = page.read_text("utf-8")
    first, last = text.index("</section>"), text.index("</body>") - 20
    for end in [*range(first, last, (last - first) // 12), last]:
        browser.open(received(page, operator.itemgetter(slice(end))))
        browser.wait_text(NOT_STARTED)
        assert "ask whoever sent it to send it again" in browser.text(), end
    browser.open(received(page, replaced("const root =", "const Root =")))  # as the page's policy forbids
    browser.wait_text("Scripts are switched off or blocked: allow them for this file")


def test_a_browser_that_is_too_old_is_named_as_the_reason(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, page = study_and_page(tmp_path)
    browser = start()
    monkeypatch.setattr(page_module, "_script", lambda _: "syntax that is newer than the browser")
    with study:
        newer = tmp_path / "newer.html"
        make_browser_pack(study, newer, "Anna", rng=Random(3), now=NOW)
    browser.open(newer)
    browser.wait_text("This page cannot run here. The browser may be too old")
    browser.before_each_page("delete Element.prototype.replaceChildren;")
    browser.open(page)
    browser.wait_text("This browser is too old for this page. Update it, or open the file in another")


def test_in_a_private_window_the_first_screen_says_that_nothing_is_kept(
    start: Start, kind: str, page: Path
) -> None:
    browser = start(private=True)
    if kind == "chromium":  # what it grants depends on the memory of the machine; this is with 24 GiB
        browser.before_each_page("navigator.storage.estimate = async () => ({ quota: 5 * 2 ** 30 });")
    browser.open(page)
    browser.wait_text("This looks like a private window. Nothing that you judge is kept once it is closed.")
    browser.press("Enter")
    answer(browser, "Left")
    browser.wait_text("Not stored")
    browser.wait(OPEN)
    browser.press("Escape")
    browser.wait_text("Save the result before you close the page.")
    ordinary = start("ordinary window")
    ordinary.open(page)
    ordinary.wait_text("Everything is stored in this browser as you go")
    assert "Do not use a private window: it forgets." in ordinary.text()
