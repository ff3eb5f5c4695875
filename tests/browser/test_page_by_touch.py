"""A tablet, held either way: a pack is judged to its end by touch alone, and everything is large enough."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ftcompare.core.rating_design import RatingDesign, ReferenceShown
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec
from tests.browser.page_studies import OPEN, page_of, set_before, shown, text_of
from tests.browser.webdriver import Browser, saved_file

Start = Callable[..., Browser]

LEAST = 44
"""Pixels that a finger needs (WCAG 2.2, 2.5.5)."""

SMALL = f"""JSON.stringify([...document.querySelectorAll('button')].filter((one) => {{
    const box = one.getBoundingClientRect();
    return box.width && (box.width < {LEAST - 0.5} || box.height < {LEAST - 0.5});
}}).map((one) => one.id))"""

OUTSIDE = """JSON.stringify([...document.querySelectorAll('button, .scrolled-text, input')].filter((one) => {
    const box = one.getBoundingClientRect();
    return box.width && (box.left < 0 || box.right > innerWidth + 0.5);
}).map((one) => one.id))"""


def as_tablet(browser: Browser, width: int, height: int) -> None:
    """The screen of a tablet, without a mouse."""
    browser.send(
        "browsingContext.setViewport",
        {"context": browser.context, "viewport": {"width": width, "height": height}},
    )
    if browser.look("'chrome' in window"):
        found = browser.send("goog:cdp.getSession", {"context": browser.context})
        emulation = {"enabled": True, "maxTouchPoints": 5}
        parameters = {"method": "Emulation.setTouchEmulationEnabled", "params": emulation}
        browser.send("goog:cdp.sendCommand", {**parameters, "session": found["session"]})


def tap(browser: Browser, element: str) -> None:
    """Touch an element with a finger."""
    browser.look(f"document.getElementById('{element}').scrollIntoView({{ block: 'nearest' }})")
    box = f"document.getElementById('{element}').getBoundingClientRect()"
    x, y = (
        round(browser.look(f"{box}.{a} + {box}.{b} / 2")) for a, b in (("left", "width"), ("top", "height"))
    )
    acts = [
        {"type": "pointerMove", "x": x, "y": y},
        {"type": "pointerDown", "button": 0},
        {"type": "pointerUp", "button": 0},
    ]
    finger = {"type": "pointer", "id": "finger", "parameters": {"pointerType": "touch"}, "actions": acts}
    browser.send("input.performActions", {"context": browser.context, "actions": [finger]})


@pytest.mark.parametrize("size", [(820, 1180), (1180, 820)], ids=["upright", "across"])
def test_a_pack_is_judged_by_touch_alone(
    start: Start, tmp_path: Path, downloads: Path, size: tuple[int, int]
) -> None:
    long = "\n\n".join(f"The heart beats {number} times." for number in range(60))
    prompts = [PromptSpec(f"p{n}", (Message("user", f"How {n}?"),), reference="So.") for n in range(3)]
    answered = [(prompt, {"text": f"{long} A"}, {"text": f"{long} B"}) for prompt in prompts]
    scale = Scale(strengths=3, criteria=("Accuracy", "Terminology"), reasons=("too long", "wrong term"))
    design = RatingDesign(end_guesses=1, reference=ReferenceShown.ON_KEY)
    page = page_of(tmp_path, answered, scale, design)
    browser = start()
    as_tablet(browser, *size)
    set_before(browser, page, readingMoment=0.05)
    coarse = browser.look("matchMedia('(pointer: coarse)').matches")
    fits(browser, coarse=coarse)
    tap(browser, "begin")
    browser.wait(OPEN)
    fits(browser, coarse=coarse)
    for element in ("criterion_1_left", "criterion_2_tie", "reason_1", "reference_fold", "comment_open"):
        tap(browser, element)
    tap(browser, "comment")
    browser.type("so")
    tap(browser, "comment_back")
    for element in ("flag", "answer_left_much"):
        tap(browser, element)
    browser.wait_text("2 of 3")
    tap(browser, "undo")
    browser.wait_text("1 of 3")
    browser.wait(OPEN)
    tap(browser, "answer_left_slightly")
    browser.wait_text("2 of 3")
    tap(browser, "skip")
    fits(browser, coarse=coarse)
    tap(browser, "skip_2")
    browser.wait_text("3 of 3")
    browser.wait(OPEN)
    for element in ("criterion_1_both_bad", "criterion_2_right", "answer_both_bad"):
        tap(browser, element)
    browser.wait_text("1 pair was skipped.")
    tap(browser, "skipped_go_on")
    browser.wait_text("written by the fine-tuned model")
    browser.wait(OPEN)
    tap(browser, "guess_left")
    tap(browser, "sure_2")
    browser.wait_text("That was the last pair.")
    fits(browser, coarse=coarse)
    tap(browser, "save")
    head, *events, _ = map(json.loads, saved_file(downloads, "*.ftresult").read_text("utf-8").splitlines())
    assert (head["judged"], head["skipped"]) == (2, 1)
    assert [event["kind"] for event in events] == [
        "judgment",
        "retraction",
        "judgment",
        "skip",
        "judgment",
        "guess",
    ]
    assert (events[2]["strength"], events[2]["comment"], events[2]["flagged"]) == (1, "so", True)


def fits(browser: Browser, *, coarse: bool) -> None:
    """Nothing is cut at the sides; where the browser tells of a finger, buttons are large enough for it."""
    assert json.loads(browser.look(OUTSIDE)) == []
    if coarse:
        assert json.loads(browser.look(SMALL)) == []


@pytest.mark.parametrize("width", [360, 640])
def test_a_narrow_window_scrolls_and_cuts_nothing(start: Start, tmp_path: Path, width: int) -> None:
    """As wide as a window of 1280 pixels at a zoom of 200%, or a telephone."""
    prompt = PromptSpec("p", (Message("user", "How?"),))
    scale = Scale(strengths=3, criteria=("Accuracy", "Terminology"), reasons=("too long", "wrong term"))
    page = page_of(tmp_path, [(prompt, {"text": "So. " * 200}, {"text": "Thus. " * 200})], scale)
    browser = start()
    viewport = {"width": width, "height": 360}
    browser.send("browsingContext.setViewport", {"context": browser.context, "viewport": viewport})
    set_before(browser, page, readingMoment=0.05)
    browser.press("Enter")
    browser.wait(OPEN)
    fits(browser, coarse=False)
    assert shown(browser, "#right")
    browser.look("document.getElementById('answer_right').scrollIntoView()")
    for key in ("Left", "Left"):
        browser.press(key)
    browser.click("answer_right")
    browser.wait_text("That was the last pair.")
    assert text_of(browser, "#progress") == "1 of 1"
