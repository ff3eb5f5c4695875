"""Export: format, filters, preview; and Import."""

from __future__ import annotations

from ftcompare.ui.shell.page import Page, PageSpec
from ftcompare.ui.shell.page_context import PageContext


def _make(context: PageContext) -> Page:
    from ftcompare.ui.pages.export.page import ExportPage

    return ExportPage(context)


PAGE = PageSpec("export", "Export", _make)
