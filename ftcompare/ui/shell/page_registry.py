"""The pages of a study in order, each a package in `ui/pages` that is imported when first entered."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from ftcompare.ui.page_context import Page, PageContext, PageSpec


def _made(module: str, name: str) -> Callable[[PageContext], Page]:

    def make(context: PageContext) -> Page:
        page: Page = getattr(import_module(f"ftcompare.ui.pages.{module}"), name)(context)
        return page

    return make


def _setup(context: PageContext) -> Page:
    from ftcompare.ui.engine.engine_link import machine
    from ftcompare.ui.pages.setup.page import SetupPage

    return SetupPage(context, machine=machine(context.tasks))


PAGES: tuple[PageSpec, ...] = (
    PageSpec("setup", "Setup", _setup),
    PageSpec("generate", "Generate", _made("generate.page", "GeneratePage")),
    PageSpec("rate", "Rate", None),  # made by the window: it knows no study, a rater pack has it as well
    PageSpec("live", "Live", _made("live.page", "LivePage")),
    PageSpec("raters", "Raters", _made("raters.page", "RatersPage")),
    PageSpec("results", "Results", _made("results.page", "ResultsPage")),
    PageSpec("review", "Review", _made("review.page", "ReviewPage")),
    PageSpec("export", "Export", _made("export.page", "ExportPage")),
    PageSpec("audit", "", _made("study.audit_page", "AuditPage")),
)
