"""A report as a PDF: real text, charts as vectors, page numbers, an outline; the same at each writing."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from ftcompare.app.report.blocks import (
    Block,
    Document,
    Facts,
    Paragraph,
    Picture,
    Section,
    Subheading,
    Table,
    Tone,
)
from ftcompare.app.report.pdf_page import Ink, Page, paper
from ftcompare.app.report.paper_size import PaperSize
from ftcompare.app.report.pdf_text import characters, fitting
from ftcompare.app.report.spare_fonts import Files, installed, scripts_of, spare_fonts

SHORT_TABLE = 24
"""Rows of a table that is kept on one page; a longer one repeats its head on the next."""

_STUCK = 28.0
"""Millimetres: a lower paragraph is kept with the chart or table that it leads to."""


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
            _section(page, section)
        return bytes(page.output())


def _needs_shaping(lacking: frozenset[str], used: frozenset[str]) -> bool:
    """Whether anything is written from right to left, or in a script that may join its letters."""
    return bool(lacking) or any(unicodedata.bidirectional(c) in ("R", "AL") for c in used)


def _head(page: Page, document: Document, *, spelled_out: str) -> None:
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


def _section(page: Page, section: Section) -> None:
    page.keep(page.HEADING + _need(page, section.blocks))
    page.heading(section.title)
    for place, block in enumerate(section.blocks):
        page.keep(_need(page, section.blocks[place:]))
        _draw(page, block)


def _need(page: Page, blocks: tuple[Block, ...]) -> float:
    """How much room the first block wants on this page, in millimetres, with what must stay beside it."""
    if not blocks:
        return 0.0
    first, rest = blocks[0], blocks[1:]
    if isinstance(first, Subheading):
        return page.SUBHEADING + _need(page, rest)
    if isinstance(first, Paragraph):
        tall = page.height_of(first.text)
        leads = bool(rest) and isinstance(rest[0], Picture | Table) and tall < _STUCK
        return tall + (_need(page, rest) if leads and first.tone is not Tone.NOTE else 0.0)
    if isinstance(first, Picture):
        return page.picture_height(first)
    if isinstance(first, Table):
        return page.table_height(first, None if len(first.rows) <= SHORT_TABLE else 3)
    if isinstance(first, Facts):
        return page.FACT * len(first.rows) if len(first.rows) <= SHORT_TABLE else page.SUBHEADING
    return page.SUBHEADING


def _draw(page: Page, block: Block) -> None:
    if isinstance(block, Picture):
        page.picture(block)
    elif isinstance(block, Table):
        page.table_of(block)
    elif isinstance(block, Paragraph):
        page.paragraph(block)
    elif isinstance(block, Subheading):
        page.subheading(block.text)
    else:
        page.named(block)
