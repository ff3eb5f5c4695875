"""Setup: a new study, and what can be changed in an open one."""

from __future__ import annotations

from ftcompare.ui.shell.page import Page, PageSpec
from ftcompare.ui.shell.page_context import PageContext


def _make(context: PageContext) -> Page:
    from ftcompare.ui.engine.hardware import machine
    from ftcompare.ui.pages.setup.page import SetupPage

    return SetupPage(context, machine=machine(context.tasks))


PAGE = PageSpec("setup", "Setup", _make)
