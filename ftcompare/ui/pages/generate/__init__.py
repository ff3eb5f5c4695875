"""Generate: writes the missing pairs, verifies adapters, measures systems."""

from __future__ import annotations

from ftcompare.ui.page_context import Page, PageContext, PageSpec


def _make(context: PageContext) -> Page:
    from ftcompare.ui.pages.generate.page import GeneratePage

    return GeneratePage(context)


PAGE = PageSpec("generate", "Generate", _make)
