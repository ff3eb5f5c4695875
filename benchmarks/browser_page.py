"""How long a page of a pack takes to open in a browser, and from a key press to the next pair on the screen.

    python benchmarks/browser_page.py [--pairs 2000] [--characters 1000] [--judge 40]

A real page in real Chromium and Firefox, with real key events; what is judged is stored by the browser
meanwhile. The clock is the page's own: from the start of the navigation to the first screen, and from the
key event to the frame after the next pair is in the page. Printed for each browser: seconds to open, median
and longest milliseconds to the next pair, and their ratio to a page of 20 pairs. Exits with 1 if an aim is
missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from machine import machine
from made_studies import answer, make_study

from ftcompare.app.raters.packs import make_browser_pack
from ftcompare.store.study.study_file import StudyFile
from tests.browser.webdriver import Browser, installed

SMALL = 20
OPEN_AIM, NEXT_AIM = 1.0, 16.0
OBSERVER = """() => {
  globalThis.opened = 0;
  globalThis.taken = [];
  let pressed = 0;
  let before = "";
  const place = () => document.getElementById("progress")?.textContent ?? "";
  addEventListener("keydown", (event) => { pressed = event.timeStamp; before = place(); }, { capture: true });
  new MutationObserver(() => {
    if (!globalThis.opened && document.getElementById("begin")) {
      requestAnimationFrame(() => { globalThis.opened = performance.now(); });
    }
    if (pressed && place() !== before && document.querySelector(".pair")) {
      const from = pressed;
      pressed = 0;
      requestAnimationFrame(() => globalThis.taken.push(performance.now() - from));
    }
  }).observe(document, { childList: true, subtree: true });
}"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds to open; milliseconds from each key to the next pair."""

    opened: float
    taken: list[float]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--characters", type=int, default=1000, help="of each answer")
    parser.add_argument("--judge", type=int, default=40)
    chosen = parser.parse_args()
    print(f"machine: {machine()}; {chosen.pairs:,} pairs of two answers of {chosen.characters:,} characters")
    missed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = page_of(folder, SMALL, chosen.characters)
        large = page_of(folder, chosen.pairs, chosen.characters)
        print(f"the page has {large.stat().st_size / 1e6:.1f} MB")
        for kind in filter(installed, ("chromium", "firefox")):
            one, other = (
                measure(kind, page, folder, min(chosen.judge, SMALL - 2)) for page in (small, large)
            )
            report(kind, one, other)
            missed = missed or other.opened > OPEN_AIM or median(other.taken) > NEXT_AIM
    return int(missed)


def page_of(folder: Path, pairs: int, characters: int) -> Path:
    """A page of so many pairs."""
    now = datetime.now(UTC)
    study_path, page = folder / f"{pairs}.ftstudy", folder / f"{pairs}.html"
    rng = Random(1)
    make_study(study_path, pairs, lambda _: (answer(rng, characters), answer(rng, characters)), seed=1)
    with StudyFile.open(study_path, now=now) as study:
        make_browser_pack(study, page, "Anna", rng=Random(1), now=now)
    return page


def measure(kind: str, page: Path, folder: Path, judge: int) -> Measured:
    """Open the page and judge some pairs."""
    profile = folder / f"{kind} {page.stem}"
    browser = (Browser.chromium if kind == "chromium" else Browser.firefox)(profile, folder)
    try:
        browser.send("script.addPreloadScript", {"functionDeclaration": OBSERVER})
        browser.open(page)
        browser.wait("globalThis.opened")
        opened = float(browser.look("globalThis.opened")) / 1000
        browser.press("Enter")
        browser.wait("document.querySelector('.pair')?.dataset.moment === 'open'")
        browser.look("globalThis.taken.length = 0")
        for number in range(judge):
            browser.wait("document.querySelector('.pair')?.dataset.moment === 'open'")
            browser.press("Left")
            browser.wait(f"globalThis.taken.length > {number}")
        taken = [float(browser.look(f"globalThis.taken[{number}]")) for number in range(judge)]
    finally:
        browser.close()
    return Measured(opened, taken)


def report(kind: str, small: Measured, large: Measured) -> None:
    """One browser's figures."""
    middle, other = median(large.taken), median(small.taken)
    print(
        f"{kind}: opens in {large.opened:.2f} s ({large.opened / small.opened:.1f} times {SMALL} pairs); "
        f"to the next pair {middle:.1f} ms, at most {max(large.taken):.1f} ms "
        f"({middle / other:.1f} times {SMALL} pairs)"
    )


if __name__ == "__main__":
    sys.exit(main())
