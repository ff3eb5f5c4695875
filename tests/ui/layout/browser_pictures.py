"""Pictures of a rater's page in Chromium: each kind of prompt, what is opened, and the end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.browser.page_studies import OPEN, page_of, set_before
from tests.browser.test_page_by_touch import as_tablet
from tests.browser.webdriver import Browser, installed
from tests.ui.layout.further_states import ASKED, asked
from tests.ui.layout.page_study import SCALE

OPENED = {"h": "#steps.fields", "x": "#context", "p": ".prompt.opened", "?": "#keys_screen"}
"""Keys that open something, and what they open."""
PHONE = 500  # pixels below which a side of the screen is a phone's, which is touched


def take_in_browser(size: str, themes: Sequence[str], out: Path, language: str = "") -> None:
    """Take the pictures of one size, such as ``1280x720`` or ``960x540@2``; none without Chromium."""
    if not installed("chromium"):
        print("Chromium is not installed: no pictures of the page.")
        return
    for theme in themes:
        with TemporaryDirectory() as folder:
            _take(Path(folder), size, theme, out, language)


def _take(folder: Path, size: str, theme: str, out: Path, language: str) -> None:
    measure, _, scale = size.partition("@")
    width, height = map(int, measure.split("x"))
    downloads = folder / "downloads"
    downloads.mkdir()
    browser = Browser.chromium(folder / "profile", downloads)
    try:
        view = {"viewport": {"width": width, "height": height}, "devicePixelRatio": float(scale or 1)}
        if min(width, height) < PHONE:
            as_tablet(browser, width, height)
        browser.send("browsingContext.setViewport", {"context": browser.context, **view})
        pairs = [(spec, *answers) for spec, answers in (asked(kind)[0] for kind in ASKED)]
        page = page_of(folder, pairs, SCALE)
        set_before(browser, page, readingMoment=0.05, dailyAim=40, theme=theme, language=language)
        browser.picture(out / f"{size}-{theme}-browser-start.png")
        browser.press("Enter")
        for number in range(1, len(ASKED) + 1):
            browser.wait(OPEN)
            browser.picture(out / f"{size}-{theme}-browser-pair-{number}.png")
            if browser.look("document.querySelector('#steps details')?.checkVisibility() ?? false"):
                browser.look("document.querySelectorAll('#steps summary').forEach((one) => one.click())")
                browser.picture(out / f"{size}-{theme}-browser-pair-{number}-steps.png")
            for key, part in OPENED.items():
                browser.press(key)
                if browser.look(f"Boolean(document.querySelector('{part}')?.getClientRects().length)"):
                    name = part.strip("#.")
                    browser.picture(out / f"{size}-{theme}-browser-pair-{number}-{name}.png")
                    browser.press("Escape" if key == "?" else key)
            _judge(browser)
        browser.wait("document.querySelector('#done_screen')")
        browser.picture(out / f"{size}-{theme}-browser-end.png")
        browser.press("Control", "z")
        browser.wait("document.querySelector('#saved')?.textContent")
        browser.picture(out / f"{size}-{theme}-browser-taken-back.png")
    finally:
        browser.close()


def _judge(browser: Browser) -> None:
    """Prefer the left answer, in each criterion and as a whole."""
    progress = "document.querySelector('#progress')?.textContent"
    done = f"document.querySelector('#done_screen') || {progress} !== {json.dumps(browser.look(progress))}"
    while not browser.look(f"Boolean({done})"):
        browser.wait(f"{OPEN} || {done}")
        browser.press("Left")
