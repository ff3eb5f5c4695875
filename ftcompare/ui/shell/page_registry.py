"""Makes the pages of a study when they are first entered: their libraries are not loaded before."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ftcompare.ui.shell.page import Page
from ftcompare.ui.shell.page_context import PageContext

WELCOME, SETUP, RATE = "welcome", "setup", "rate"
STUDY_PAGES = (
    (SETUP, "Setup"),
    ("generate", "Generate"),
    (RATE, "Rate"),
    ("live", "Live"),
    ("raters", "Raters"),
    ("results", "Results"),
    ("terms", "Terms"),
    ("export", "Export"),
)
"""Id and title, in the order of the work. The audit log is reached by its command alone."""


def _setup(context: PageContext) -> Page:
    from ftcompare.ui.engine.hardware import machine
    from ftcompare.ui.pages.setup.page import SetupPage

    return SetupPage(context, machine=machine(context.tasks))


def _generate(context: PageContext) -> Page:
    from ftcompare.ui.pages.generate.page import GeneratePage

    return GeneratePage(context)


def _live(context: PageContext) -> Page:
    from ftcompare.ui.pages.live.page import LivePage

    return LivePage(context)


def _raters(context: PageContext) -> Page:
    from ftcompare.ui.pages.raters.page import RatersPage

    return RatersPage(context)


def _results(context: PageContext) -> Page:
    from ftcompare.ui.pages.results.page import ResultsPage

    return ResultsPage(context)


def _terms(context: PageContext) -> Page:
    from ftcompare.ui.pages.review.page import TermsPage

    return TermsPage(context)


def _export(context: PageContext) -> Page:
    from ftcompare.ui.pages.export.page import ExportPage

    return ExportPage(context)


def _audit(context: PageContext) -> Page:
    from ftcompare.ui.pages.study.audit_page import AuditPage

    return AuditPage(context)


MAKERS: Mapping[str, Callable[[PageContext], Page]] = {
    SETUP: _setup,
    "generate": _generate,
    "live": _live,
    "raters": _raters,
    "results": _results,
    "terms": _terms,
    "export": _export,
    "audit": _audit,
}
