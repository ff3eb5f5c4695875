"""A rater agrees, answers questions by keyboard, and sees a code at the end; the study gets it all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

from ftcompare.app.raters.packs import make_browser_pack, merge_result
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from tests.browser.page_studies import NOW, shown, text_of
from tests.browser.test_rating_in_a_browser import answer, begin, make_study, saved_result
from tests.browser.webdriver import Browser

CONSENT = "We store <b>your</b> answers.\nYou can stop at any time."
DESIGN = RatingDesign(
    consent=CONSENT,
    ask_before=("Profession | doctor | nurse", "Years of practice | number"),
    ask_after=("Remarks?",),
    completion_code="C1A2",
    return_link="https://app.prolific.com/submissions/complete?cc=C1A2",
    participant_parameter="PROLIFIC_PID",
)


def test_questions_before_and_after_come_into_the_study(
    start: Callable[..., Browser], tmp_path: Path, downloads: Path
) -> None:
    with make_study(tmp_path / "s.ftstudy", 2, Scale(), DESIGN) as study:
        page = tmp_path / "anna.html"
        make_browser_pack(study, page, "Anna", rng=Random(3), now=NOW)
        browser = start()
        url = f"{page.as_uri()}?PROLIFIC_PID=5f3a9c"
        browser.send("browsingContext.navigate", {"context": browser.context, "url": url, "wait": "complete"})
        browser.wait("document.querySelector('#begin')")
        browser.press("Enter")
        browser.wait("document.activeElement?.id === 'survey_1'")
        assert CONSENT in text_of(browser, "#survey_screen")
        browser.press("Enter")
        browser.wait_text("Select “I agree” to continue.")
        top = browser.look("document.querySelector('#survey_2').getBoundingClientRect().top")
        browser.press("Space")
        browser.wait("!document.querySelector('#survey_missing').textContent")
        browser.press("Enter")  # two questions are left
        browser.wait_text("Answer every question to continue.")
        browser.wait("document.activeElement?.id === 'survey_2'")
        assert browser.look("document.querySelector('#survey_2').getBoundingClientRect().top") == top
        browser.press("Tab")
        browser.type("12 years")
        browser.press("Shift", "Tab")
        browser.type("d")
        browser.press("Enter")
        browser.wait_text("Enter a number, such as 5 or 2.5.")
        browser.wait("document.activeElement?.id === 'survey_3'")
        for _ in " years":
            browser.press("Backspace")
        browser.press("Shift", "Tab")
        browser.type("n")
        browser.wait("!document.querySelector('#survey_missing').textContent")
        browser.press("Enter")  # from the choice
        answer(browser, "Left")
        browser.wait_text("Saved")  # the next pair is shown while the browser still stores the answer
        begin(browser, page)  # the page was closed meanwhile
        answer(browser, "Left")
        browser.wait("document.activeElement?.id === 'survey_1'")
        assert text_of(browser, "h1") == "Last questions"
        browser.type("None, thank you.")
        browser.press("Enter")
        browser.wait_text("That was the last pair.")
        assert not shown(browser, "#completion_code")  # until the result is saved
        browser.press("Enter")
        browser.wait("document.querySelector('#completion_code')")
        assert text_of(browser, "#completion_code") == "Completion code: C1A2"
        assert browser.look("document.querySelector('#return_link').href") == DESIGN.return_link
        browser.press("Enter")  # makes no second file
        merged = merge_result(study, saved_result(downloads), now=NOW)
        assert (merged.judged, merged.answers) == (2, 5)
        (rater,) = study.survey.all().values()
        assert {one.question: one.answer for one in rater} == {
            "PROLIFIC_PID": "5f3a9c",
            CONSENT: "agreed",
            "Profession": "nurse",
            "Years of practice": "12",
            "Remarks?": "None, thank you.",
        }
