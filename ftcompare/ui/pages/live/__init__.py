"""Live: a prompt typed, judged blind."""

from __future__ import annotations

from ftcompare.ui.page_context import Page, PageContext, PageSpec


def _make(context: PageContext) -> Page:
    from ftcompare.ui.pages.live.page import LivePage

    return LivePage(context)


PAGE = PageSpec("live", "Live", _make)
