"""A rater who has a pack as a page, and presses for each pair what is planned for its texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.browser.webdriver import Browser, saved_file

LOOK = """(() => {
    const text = (id) => document.getElementById(id)?.innerText ?? "";
    const pair = document.querySelector(".pair");
    const phase = document.getElementById("done_screen") ? "done"
        : pair?.dataset.moment !== "open" ? ""
        : document.getElementById("guess").hidden ? "judge" : "guess";
    return JSON.stringify([phase, text("progress"), text("left"), text("right")]);
})()"""


class PageRater:
    """One rater before one browser.

    Args:
        plans: for each pair of texts (`left`, `right`) the keys of `judge` and of `guess`.
    """

    def __init__(self, browser: Browser, downloads: Path, plans: Sequence[Mapping[str, Any]]) -> None:
        self._browser, self._downloads = browser, downloads
        self._plans = {_words(plan["left"], plan["right"]): plan for plan in plans}

    def begin(self, page: Path) -> None:
        """Open the page, begin or go on, and have texts shown as they were written."""
        self._browser.open(page)
        self._browser.wait("document.querySelector('#begin')")
        self._browser.press("Enter")
        self._look()
        if self._browser.look("document.getElementById('markdown').getAttribute('aria-pressed')") == "false":
            self._browser.press("m")

    def answer(self, most: int | None = None) -> int:
        done = 0
        seen = self._look()
        while seen[0] != "done" and done != most:
            phase, _, left, right = seen
            for key in self._plans[_words(left, right)][phase]:
                self._browser.press(key)
            self._browser.wait(
                f"{LOOK} !== {json.dumps(json.dumps(seen, ensure_ascii=False, separators=(',', ':')))}"
            )
            seen = self._look()
            done += 1
        return done

    def save_on_the_way(self) -> Path:
        self._browser.press("Escape")
        self._browser.wait_text("Paused")
        self._browser.click("save")
        return saved_file(self._downloads, "*.ftresult")

    def save_at_the_end(self) -> Path:
        """Save the result as the last screen asks."""
        before = len(list(self._downloads.glob("*.ftresult")))
        self._browser.press("Enter")
        return saved_file(self._downloads, "*.ftresult", more_than=before)

    def _look(self) -> list[str]:
        """Phase, progress and the two texts, once a pair can be answered or nothing is left."""
        self._browser.wait(f"JSON.parse({LOOK})[0]")
        seen: list[str] = json.loads(self._browser.look(LOOK))
        return seen


def _words(left: str, right: str) -> tuple[str, str]:
    """What tells a pair of texts, however a browser breaks their lines."""
    return " ".join(left.split()), " ".join(right.split())
