"""Conversations in a page: a rater says at which turn a side goes wrong, and it comes into the study."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ftcompare.app.raters.packs import merge_result
from ftcompare.core.rating_design import ConversationJudged, RatingDesign
from ftcompare.core.study import Message, PromptSpec
from ftcompare.store.study.study_file import StudyFile
from tests.browser.page_studies import NOW, OPEN, open_first, page_of, set_before, shown, text_of
from tests.browser.test_page_by_touch import as_tablet
from tests.browser.webdriver import Browser, saved_file

Start = Callable[..., Browser]

FIRST = Message("user", "What is a stent?")
CONVERSATION = PromptSpec("turns", (FIRST,), later_turns=("Who gets one?",))
LEFT, RIGHT = (f"document.querySelector('#{side}').innerText" for side in ("left", "right"))


@pytest.mark.parametrize(
    ("keys", "wrong"),
    [("", {}), ("qqw", {"left": 2, "right": 1}), ("qqqw", {"right": 1})],
    ids=["nothing", "both", "taken back"],
)
def test_where_sides_go_wrong_comes_into_the_study(
    start: Start, tmp_path: Path, downloads: Path, keys: str, wrong: dict[str, int]
) -> None:
    answers = ({"text": "They rest.", "earlier": ("A tube.",)}, {"text": "Few.", "earlier": ("A net.",)})
    page = page_of(tmp_path, [(CONVERSATION, *answers)])
    browser = start()
    open_first(browser, page, readingMoment=0.05)
    for key in keys:
        browser.press(key)
    for side, text in (("left", LEFT), ("right", RIGHT)):
        turn = wrong.get(side, 0)
        words = f"{side.capitalize()} goes wrong" + (f" at turn {turn}" if turn else "")
        assert text_of(browser, f"#wrong_{side} .words") == words
        assert browser.look(text).count("goes wrong here") == bool(turn)
    browser.press("Left")
    browser.wait_text("That was the last pair.")
    browser.press("Enter")
    with StudyFile.open(tmp_path / "page.ftstudy", now=NOW) as study:
        merge_result(study, saved_file(downloads, "*.ftresult"), now=NOW)
        (row,) = study.judgments.standing()
    sides = {"left": row.left, "right": "ab".replace(row.left, "")}
    assert dict(row.wrong_turns) == {sides[side]: turn for side, turn in wrong.items()}


IN_VIEW = """(() => {
    const question = [...document.querySelectorAll('#left > .speaker')].slice(-2)[0].getBoundingClientRect();
    const header = document.querySelector('.answer > .card-header').getBoundingClientRect();
    const bar = document.querySelector('.deciding').getBoundingClientRect();
    return question.top >= header.bottom - 1 && question.bottom < bar.top;
})()"""


@pytest.mark.parametrize("size", [(1280, 720), (844, 390), (390, 844)], ids=["wide", "across", "upright"])
def test_the_question_that_is_judged_is_in_view(start: Start, tmp_path: Path, size: tuple[int, int]) -> None:
    long = ("The heart rests between beats. " * 30,)
    answers = ({"text": "Many.", "earlier": long}, {"text": "Few.", "earlier": long})
    page = page_of(
        tmp_path, [(CONVERSATION, *answers)], design=RatingDesign(conversations=ConversationJudged.LAST)
    )
    browser = start()
    as_tablet(browser, *size)
    set_before(browser, page, readingMoment=0.05)
    as_tablet(browser, *size)
    browser.press("Enter")
    browser.wait(OPEN)
    assert browser.look(IN_VIEW)
    assert text_of(browser, "#note").startswith("Judge the answer to turn 2, the last one.")


def test_answers_to_one_turn_have_no_such_button(start: Start, tmp_path: Path) -> None:
    browser = start()
    page = page_of(tmp_path, [(PromptSpec("one", (FIRST,)), {"text": "A tube."}, {"text": "A net."})])
    open_first(browser, page, readingMoment=0.05)
    browser.press("q")
    assert not shown(browser, "#wrong_left")
    assert "goes wrong" not in browser.look("document.body.innerText")
