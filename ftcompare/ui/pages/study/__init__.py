"""The welcome page, unblinding, and the audit log, which only a command opens."""

from __future__ import annotations

from ftcompare.ui.page_context import Page, PageContext, PageSpec


def _make(context: PageContext) -> Page:
    from ftcompare.ui.pages.study.audit_page import AuditPage

    return AuditPage(context)


PAGE = PageSpec("audit", "", _make)
