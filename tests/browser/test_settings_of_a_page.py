"""What a rater sets in a page of a pack: keys, colours, size of type, moments, breaks; it is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec
from tests.browser.page_studies import OPEN, named, page_of, set_before, shown, text_of
from tests.browser.webdriver import Browser

Start = Callable[..., Browser]


def three_pairs(folder: Path) -> Path:
    prompts = [PromptSpec(f"p{n}", (Message("user", f"How {n}?"),)) for n in range(3)]
    answered = [(prompt, {"text": f"So {n}."}, {"text": f"Thus {n}."}) for n, prompt in enumerate(prompts)]
    return page_of(folder, answered, Scale(strengths=2))


def ask_key(browser: Browser, command: str, *keys: str) -> None:
    """Press the button of a command, then its new key."""
    browser.look(f"document.getElementById('key_{command}').scrollIntoView({{ block: 'center' }})")
    browser.click(f"key_{command}")
    browser.wait_text("Press the new key…")
    browser.press(*keys)


def test_keys_of_ones_own_are_shown_everywhere_and_stay(start: Start, tmp_path: Path) -> None:
    page = three_pairs(tmp_path)
    browser = start()
    set_before(browser, page, readingMoment=0.05)
    browser.press("Enter")
    browser.wait(OPEN)
    browser.click("settings")
    ask_key(browser, "left", "f")
    browser.wait_text("F is used by both “Left is better” and “Flag”. Choose other keys for one of them.")
    browser.press("Control", "Shift", "k")
    browser.wait_text("is for the browser: “Left is better” cannot have it.")
    browser.press("PageDown")
    browser.wait_text("Page Down moves about on the page")
    browser.press("j")
    browser.wait("document.getElementById('key_left').innerText === 'J'")
    ask_key(browser, "flag", "Backspace")
    browser.wait("document.getElementById('key_flag').innerText === 'none'")
    browser.press("Escape")
    browser.wait(OPEN)
    assert named(browser, "#answer_left") == "Left is better (J)"
    assert named(browser, "#flag") == "Flag"
    browser.press("f")
    browser.press("Left")
    assert text_of(browser, "#progress") == "1 of 3"
    browser.press("j")
    browser.press("j")
    browser.wait_text("2 of 3")
    browser.wait(OPEN)
    assert named(browser, "#undo") == "Undo “Left is much better” (Ctrl Z)"
    browser.press("?")
    browser.wait_text("Much better: the same key twice")
    assert "J J" in text_of(browser, ".keys")
    browser.open(page)
    browser.wait_text("you have judged 1 of 3 pairs")
    browser.press("Enter")
    browser.wait(OPEN)
    browser.press("j")
    browser.wait_text("3 of 3")
    browser.click("settings")
    browser.look("document.getElementById('keys_all_usual').click()")
    browser.press("Escape")
    browser.wait(OPEN)
    assert named(browser, "#answer_left") == "Left is better (←)"
    assert named(browser, "#flag") == "Flag (F)"


COLOUR = "getComputedStyle(document.body).backgroundColor"
DARK, LIGHT = "rgb(22, 24, 27)", "rgb(246, 246, 244)"


def test_colours_size_and_plain_text_are_kept(start: Start, tmp_path: Path) -> None:
    page = three_pairs(tmp_path)
    browser = start()
    set_before(browser, page, readingMoment=0.05)
    system_is_dark = browser.look("matchMedia('(prefers-color-scheme: dark)').matches")
    assert browser.look(COLOUR) == (DARK if system_is_dark else LIGHT)
    browser.click("settings")
    for theme, colour in (("dark", DARK), ("light", LIGHT), ("dark", DARK)):
        browser.click(f"theme_{theme}")
        browser.wait(f"{COLOUR} === '{colour}'")
    browser.press("Escape")
    browser.wait("document.querySelector('#begin')")
    for _ in range(5):
        browser.click("larger")
    browser.press("Enter")
    browser.wait(OPEN)
    browser.press("m")
    browser.open(page)
    browser.wait("document.querySelector('#begin')")
    assert browser.look(COLOUR) == DARK
    assert browser.look("getComputedStyle(document.body).fontSize") == "30px"
    browser.press("Enter")
    browser.wait(OPEN)
    assert text_of(browser, "#markdown .words") == "Plain text ✓"
    browser.click("settings")
    browser.click("theme_system")
    browser.wait(f"{COLOUR} === '{DARK if system_is_dark else LIGHT}'")


def test_a_break_is_offered_after_the_work_that_is_set(start: Start, tmp_path: Path) -> None:
    page = three_pairs(tmp_path)
    browser = start()
    set_before(browser, page, readingMoment=0.7, breakAfter=0.005, secondPress=0)
    browser.press("Enter")
    browser.wait(OPEN)
    browser.press("Left")
    browser.wait_text("A short rest keeps judgments fresh.")
    browser.click("rest_second")
    assert not shown(browser, "#rest_first")
    browser.wait(OPEN)
    browser.press("Left")
    browser.wait_text("A short rest keeps judgments fresh.")
    browser.click("rest_first")
    browser.wait_text("you have judged 2 pairs of 3.")
    browser.wait_text("Next is pair 3.")
    browser.press("Space")
    browser.wait(OPEN)
    assert not shown(browser, "#rest_first")
