"""Raters: how far, how well, packs, exclusions."""

from __future__ import annotations

from ftcompare.ui.page_context import Page, PageContext, PageSpec


def _make(context: PageContext) -> Page:
    from ftcompare.ui.pages.raters.page import RatersPage

    return RatersPage(context)


PAGE = PageSpec("raters", "Raters", _make)
