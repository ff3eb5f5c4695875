"""Takes a picture of every state of the window in many sizes, light and dark: `make pictures`.

    python -m tests.ui.layout.page_pictures --out FOLDER [--pages results setup …] [--sizes 1024x700 …]

It prints what is cut off or overlaps, by picture, and ends with 1 where there is any; with ``--language
en-XA`` it prints also what is not translated.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import chain
from pathlib import Path
from random import Random

from PySide6.QtCore import QSize

from ftcompare.app import application_paths, user_settings
from ftcompare.core.language import PSEUDO
from ftcompare.ui.shell.application import make_application, open_window
from tests.ui.conftest import START
from tests.ui.layout.browser_pictures import take_in_browser
from tests.ui.layout.further_states import BUILT, further_states
from tests.ui.layout.layout_faults import layout_faults
from tests.ui.layout.untranslated_texts import untranslated
from tests.ui.layout.window_states import PAGES, PageStudies, in_front, settle, window_states, write_studies

SIZES = ("1024x700", "1280x720", "1920x1080", "960x540@2")
"""Width and height of the window, and after @ the scale of the screen: ``960x540@2`` fills 1920×1080."""
THEMES = ("light", "dark")
BROWSER = "browser"  # beside the pages of the window: a rater's page in Chromium


def main() -> int:
    """Take the pictures of all sizes, each in a process of its own: Qt reads its scale once, at the start."""
    arguments = _arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    ended = [_in_child(partial(take, size, arguments)) for size in arguments.sizes]
    if BROWSER in arguments.pages:
        for size in arguments.sizes:
            take_in_browser(size, arguments.themes, arguments.out, arguments.language)
    return max(ended)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pages", nargs="*", default=(*PAGES, BROWSER))
    parser.add_argument("--studies", nargs="*", default=(*PageStudies._fields, *BUILT))
    parser.add_argument("--sizes", nargs="*", default=SIZES)
    parser.add_argument("--themes", nargs="*", default=THEMES)
    parser.add_argument("--language", default="en")
    return parser.parse_args()


def _in_child(work: Callable[[], int]) -> int:
    child = os.fork()
    if child == 0:
        os._exit(work())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def take(size: str, arguments: argparse.Namespace) -> int:
    """Take the pictures of one size and print what is cut off; returns 1 where anything is."""
    measure, _, scale = size.partition("@")
    os.environ["QT_SCALE_FACTOR"] = scale or "1"
    wanted = QSize(*map(int, measure.split("x")))
    found: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FTCOMPARE_HOME"] = str(Path(folder, "home"))
        settings = user_settings.UserSettings(language=arguments.language)
        user_settings.save(application_paths.settings_file(), settings)
        application = make_application()
        with open_window(application, clock=lambda: START, rng=Random(3)) as window:
            window.show()
            window.resize(wanted)
            studies = write_studies(Path(folder))
            usual = [name for name in arguments.studies if name not in BUILT]
            pages = [name for name in arguments.pages if name != BROWSER]
            first = window_states(window, studies, pages, usual)
            then = further_states(window, studies, Path(folder), pages, arguments.studies)
            for state in chain(first, then):
                for theme in arguments.themes:
                    window.trigger(f"view.theme_{theme}")
                    settle(window)
                    in_front(window).grab().save(str(arguments.out / f"{size}-{theme}-{state}.png"))
                faults = layout_faults(in_front(window))
                if arguments.language == PSEUDO[0].code:
                    faults += [f"not translated: {text}" for text in untranslated(in_front(window))]
                if window.size() != wanted:
                    faults.append(f"the window is {window.width()}x{window.height()}")
                found += faults
                for fault in faults:
                    print(f"{size} {state}: {fault}", flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
