"""Results: who is preferred, by how much, and whether that can be trusted."""

from __future__ import annotations

from ftcompare.ui.page_context import Page, PageContext, PageSpec


def _make(context: PageContext) -> Page:
    from ftcompare.ui.pages.results.page import ResultsPage

    return ResultsPage(context)


PAGE = PageSpec("results", "Results", _make)
