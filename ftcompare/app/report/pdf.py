"""A report as a PDF: real text, charts as vectors, page numbers, an outline; the same at each writing."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from ftcompare.app.report import pdf_flow
from ftcompare.app.report.font_fallback import Files, installed, scripts_of, spare_fonts
from ftcompare.app.report.paper_size import PaperSize
from ftcompare.app.report.pdf_page import Ink, PdfPage, paper
from ftcompare.app.report.pdf_text import characters, fitting
from ftcompare.app.report.report_document import Document

_SPELLED_OUT = (
    "No font on the computer that wrote this has these characters, which stand here by their codes, like "
    "⟨U+4E2D⟩: {0}. The report as a web page shows them; so does this one when it is saved again with a font "
    "for them installed, such as Noto (fonts.google.com/noto)."
)


def render(
    document: Document, *, now: datetime, size: PaperSize = PaperSize.A4, fonts: Files = installed
) -> bytes:
    """The whole file.

    Args:
        document: what it says.
        now: its time of creation.
        size: of the paper.
        fonts: where to look for characters that the report's own font lacks.
    """
    page = paper(now, size)
    used = characters(document)
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        lacking = used - page.drawable
        page.add_spares(spare_fonts(lacking, Path(folder), fonts) if lacking else ())
        shown = fitting(document, page.drawable)
        # Sentences are English whatever name they begin with.
        page.set_text_shaping(_needs_shaping(lacking, used), direction="ltr")
        page.begin(shown.title, shown.kind, shown.version, shown.notice)
        _head(page, shown, spelled_out=scripts_of(used - page.drawable))
        for section in shown.sections:
            pdf_flow.section(page, section)
        return bytes(page.output())


def _needs_shaping(lacking: frozenset[str], used: frozenset[str]) -> bool:
    """Whether anything is written from right to left, or in a script that may join its letters."""
    return bool(lacking) or any(unicodedata.bidirectional(c) in ("R", "AL") for c in used)


def _head(page: PdfPage, document: Document, *, spelled_out: str) -> None:
    page.words(document.kind.upper(), size=8, ink=Ink.MUTED)
    page.words(document.title, size=19, bold=True, after=1)
    page.words(document.standing, size=8.5, ink=Ink.MUTED, after=3)
    if spelled_out:
        page.words(_SPELLED_OUT.format(spelled_out), size=8.5, ink=Ink.MUTED, after=3)
    if document.warning:
        page.boxed(((document.warning, 9.5, True),), Ink.CAUTION)
    sizes = ((12.5, True), *((9.5, False) for _ in document.summary))
    lines = tuple((text, *size) for text, size in zip(document.summary, sizes, strict=False))
    page.boxed(lines, Ink.ACCENT)
