"""A report as PDF: real text, vector charts, page numbers and an outline; deterministic output."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from ftcompare.app.report.blocks_on_paper import Document
from ftcompare.app.report.font_fallback import Files, installed, scripts_of, spare_fonts
from ftcompare.app.report.paper_size import PaperSize
from ftcompare.app.report.pdf_examples import set_examples
from ftcompare.app.report.pdf_page import Ink, PdfPage, paper
from ftcompare.app.report.pdf_text import characters, fitting
from ftcompare.app.results.presentation.blocks import (
    Block,
    Explanation,
    Facts,
    Paragraph,
    Picture,
    Section,
    Subheading,
    Table,
    Tone,
)

_SPELLED_OUT = (
    "No font on the computer that wrote this has these characters, which stand here by their codes, like "
    "⟨U+4E2D⟩: {0}. The report as a web page shows them; so does this one when it is saved again with a font "
    "for them installed, such as Noto (fonts.google.com/noto)."
)


def render(
    document: Document, *, now: datetime, size: PaperSize = PaperSize.A4, fonts: Files = installed
) -> bytes:
    """Render the whole file; ``fonts``: where to look for characters that the report's font lacks."""
    page = paper(now, size)
    used = characters(document)
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        lacking = used - page.drawable
        page.add_spares(spare_fonts(lacking, Path(folder), fonts) if lacking else ())
        shown = fitting(document, page.drawable)
        # The text direction is that of English, even if a sentence begins with a right-to-left name.
        page.set_text_shaping(_needs_shaping(lacking, used), direction="ltr")
        page.begin(shown.title, shown.kind, shown.version, shown.notice)
        _head(page, shown, spelled_out=scripts_of(used - page.drawable))
        for section in shown.sections:
            _set_section(page, section)
        set_examples(page, shown.examples)
        return bytes(page.output())


def _needs_shaping(lacking: frozenset[str], used: frozenset[str]) -> bool:
    """Whether text contains right-to-left characters or scripts that may join letters."""
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
    if document.chart is not None:
        page.keep(page.least_picture_height(document.chart))
        page.picture(document.chart)


# --- what stays together, what goes on over the page, where a chart has its place ------------------


_STUCK = 28.0
"""Millimetres; a shorter paragraph is kept with the block after it."""
_LED_TO = Picture | Table | Facts | Subheading | Explanation


def _set_section(page: PdfPage, shown: Section) -> None:
    """Draw a section.

    A chart that does not fit is scaled down slightly. If that is not enough, the blocks after it fill this
    page, and the chart is drawn on the next one.
    """
    page.keep(page.HEADING + _need(page, shown.blocks))
    page.heading(shown.title)
    late = _LateChart(page)
    for place, block in enumerate(shown.blocks):
        rest = shown.blocks[place:]
        if late.chart is not None and (isinstance(block, Subheading | Picture) or not _fits(page, rest)):
            late.draw()
        if isinstance(block, Picture) and _goes_later(page, rest):
            late.put_off(block)
            continue
        page.keep(_need(page, rest))
        _draw(page, block)
        late.draw_if_page_is_turned()
    late.draw()


class _LateChart:
    def __init__(self, page: PdfPage) -> None:
        self.chart: Picture | None = None
        self._page = page
        self._number = 0

    def put_off(self, chart: Picture) -> None:
        """Postpone a chart."""
        self.chart, self._number = chart, self._page.page_no()

    def draw_if_page_is_turned(self) -> None:
        """Draw the chart once the blocks before it have reached the next page."""
        if self._page.page_no() != self._number:
            self.draw()

    def draw(self) -> None:
        """Draw the chart on the page after the one where it did not fit, or on a page of its own."""
        if self.chart is not None:
            if self._page.page_no() == self._number:
                self._page.add_page()
            self._page.keep(self._page.least_picture_height(self.chart))
            self._page.picture(self.chart)
        self.chart = None


def _fits(page: PdfPage, blocks: tuple[Block, ...]) -> bool:
    return _need(page, blocks) <= page.room


def _goes_later(page: PdfPage, blocks: tuple[Block, ...]) -> bool:
    """Whether a chart, the first block, does not fit while the block after it does."""
    first, rest = blocks[0], blocks[1:]
    if not isinstance(first, Picture) or page.least_picture_height(first) <= page.room:
        return False
    return bool(rest) and _may_go_before(rest[0]) and _fits(page, rest)


def _may_go_before(block: Block) -> bool:
    return isinstance(block, Table | Facts | Paragraph)


def _need(page: PdfPage, blocks: tuple[Block, ...]) -> float:
    """Millimetres needed on this page by the first block and what must stay with it."""
    if not blocks:
        return 0.0
    first, rest = blocks[0], blocks[1:]
    if isinstance(first, Subheading):
        return page.SUBHEADING + _need(page, rest)
    if isinstance(first, Paragraph):
        tall = page.height_of(first.text)
        leads = bool(rest) and isinstance(rest[0], _LED_TO) and tall < _STUCK
        return tall + (_need(page, rest) if leads and first.tone is not Tone.NOTE else 0.0)
    if isinstance(first, Picture):
        alone = page.least_picture_height(first)
        return min(alone, _need(page, rest)) if rest and _may_go_before(rest[0]) else alone
    if isinstance(first, Table | Facts):
        return page.least_rows_height(first)
    return page.least_method_height(first) if isinstance(first, Explanation) else 0.0


def _draw(page: PdfPage, block: Block) -> None:
    if isinstance(block, Picture):
        page.picture(block)
    elif isinstance(block, Table):
        page.table_of(block)
    elif isinstance(block, Paragraph):
        page.paragraph(block)
    elif isinstance(block, Subheading):
        page.subheading(block.text)
    elif isinstance(block, Facts | Explanation):
        page.named(block)
