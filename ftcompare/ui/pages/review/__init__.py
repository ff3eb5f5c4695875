"""Review: judged pairs to read, and the terms in them and over the study."""

from __future__ import annotations

from ftcompare.ui.page_context import Page, PageContext, PageSpec


def _make(context: PageContext) -> Page:
    from ftcompare.ui.pages.review.page import ReviewPage

    return ReviewPage(context)


PAGE = PageSpec("review", "Review", _make)
