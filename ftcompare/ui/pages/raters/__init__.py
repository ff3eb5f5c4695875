"""Raters: how far, how well, packs, exclusions."""

from __future__ import annotations

from ftcompare.ui.shell.page import Page, PageSpec
from ftcompare.ui.shell.page_context import PageContext


def _make(context: PageContext) -> Page:
    from ftcompare.ui.pages.raters.page import RatersPage

    return RatersPage(context)


PAGE = PageSpec("raters", "Raters", _make)
