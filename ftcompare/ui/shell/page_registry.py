"""The pages of a study, in the order of the work. A new page is a package in `ui/pages` and an entry here."""

from __future__ import annotations

from ftcompare.ui.page_context import PageSpec
from ftcompare.ui.pages import export, generate, live, raters, results, review, setup, study

PAGES: tuple[PageSpec, ...] = (
    setup.PAGE,
    generate.PAGE,
    PageSpec("rate", "Rate", None),  # made by the window: it knows no study, a rater pack has it as well
    live.PAGE,
    raters.PAGE,
    results.PAGE,
    review.PAGE,
    export.PAGE,
    study.PAGE,
)
