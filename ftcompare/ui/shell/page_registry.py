"""The pages of a study in order, each a package in `ui/pages` that is imported when first entered."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from ftcompare.ui.page_context import Page, PageContext, PageSpec


def _made(module: str, name: str) -> Callable[[PageContext], Page]:
    return lambda context: getattr(import_module(f"ftcompare.ui.pages.{module}"), name)(context)


def _setup(context: PageContext) -> Page:
    from ftcompare.ui.engine.run_driver import machine
    from ftcompare.ui.pages.setup.page import SetupPage

    return SetupPage(context, machine=machine(context.tasks))


EXPORTING = "how-to/train-on-chosen-and-rejected-answers.md"
PAGES: tuple[PageSpec, ...] = (
    PageSpec("setup", "Setup", _setup, "how-to/set-up-rating.md"),
    PageSpec("generate", "Generate", _made("generate.page", "GeneratePage"), "how-to/generate-answers.md"),
    # made by the window: it knows no study, a rater pack has it as well
    PageSpec("rate", "Rate", None, "tutorials/rater.md"),
    PageSpec("live", "Live", _made("live.page", "LivePage"), "how-to/try-prompts-live.md"),
    PageSpec("raters", "Raters", _made("raters.page", "RatersPage"), "how-to/follow-and-exclude-raters.md"),
    PageSpec("results", "Results", _made("results.page", "ResultsPage"), "how-to/read-the-results.md"),
    PageSpec("review", "Review", _made("review.page", "ReviewPage"), "how-to/review-answers.md"),
    PageSpec("export", "Export", _made("export.page", "ExportPage"), EXPORTING),
    PageSpec("audit", "", _made("study.audit_page", "AuditPage"), "how-to/protect-and-back-up-a-study.md"),
)
