"""The pages of a study, in the order of the work. A new page is a folder of `ui/pages` and its place here."""

from __future__ import annotations

from ftcompare.ui.pages import export, generate, live, rate, raters, results, review, setup, study
from ftcompare.ui.shell.page import PageSpec

PAGES: tuple[PageSpec, ...] = tuple(
    room.PAGE for room in (setup, generate, rate, live, raters, results, review, export, study)
)
