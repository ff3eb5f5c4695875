"""Setup: creates a study, and changes the settings of an open one."""

from __future__ import annotations

from ftcompare.ui.page_context import Page, PageContext, PageSpec


def _make(context: PageContext) -> Page:
    from ftcompare.ui.engine.hardware import machine
    from ftcompare.ui.pages.setup.page import SetupPage

    return SetupPage(context, machine=machine(context.tasks))


PAGE = PageSpec("setup", "Setup", _make)
