"""Export: format, filters, preview; and Import."""

from __future__ import annotations

from ftcompare.ui.page_context import Page, PageContext, PageSpec


def _make(context: PageContext) -> Page:
    from ftcompare.ui.pages.export.page import ExportPage

    return ExportPage(context)


PAGE = PageSpec("export", "Export", _make)
