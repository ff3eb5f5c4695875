"""Makes the pages of a study when they are first entered: their libraries are not loaded before."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ftcompare.ui.context import PageContext
from ftcompare.ui.page import Page

WELCOME, SETUP, RATE = "welcome", "setup", "rate"
STUDY_PAGES = (
    (SETUP, "Setup"),
    ("generate", "Generate"),
    (RATE, "Rate"),
    ("results", "Results"),
    ("terms", "Terms"),
    ("export", "Export"),
)
"""Id and title, in the order of the work."""


def _setup(context: PageContext) -> Page:
    from ftcompare.ui.pages.setup import SetupPage

    return SetupPage(context)


def _generate(context: PageContext) -> Page:
    from ftcompare.ui.pages.generate import GeneratePage

    return GeneratePage(context)


def _results(context: PageContext) -> Page:
    from ftcompare.ui.pages.results import ResultsPage

    return ResultsPage(context)


def _terms(context: PageContext) -> Page:
    from ftcompare.ui.pages.terms import TermsPage

    return TermsPage(context)


def _export(context: PageContext) -> Page:
    from ftcompare.ui.pages.export import ExportPage

    return ExportPage(context)


MAKERS: Mapping[str, Callable[[PageContext], Page]] = {
    SETUP: _setup,
    "generate": _generate,
    "results": _results,
    "terms": _terms,
    "export": _export,
}
