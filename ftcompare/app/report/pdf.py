"""A report as a PDF: real text, charts as vectors, page numbers, an outline; the same at each writing."""

from __future__ import annotations

import unicodedata
from datetime import datetime

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
from ftcompare.app.report.pdf_text import fitting

SHORT_TABLE = 24
"""Rows of a table that is kept on one page; a longer one repeats its head on the next."""

_STUCK = 28.0
"""Millimetres: a lower paragraph is kept with the chart or table that it leads to."""


_SPELLED_OUT = (
    "Characters that the font of this paper lacks stand here by their codes, like ⟨U+4E2D⟩; the report as a "
    "web page shows them."
)


def render(document: Document, *, now: datetime) -> bytes:
    """The whole file. ``now`` is its time of creation."""
    page = paper(now)
    shown = fitting(document, page.drawable)
    # Sentences are English whatever name they begin with.
    page.set_text_shaping(_needs_shaping(shown), direction="ltr")
    page.begin(shown.title, shown.kind, shown.version, shown.notice)
    _head(page, shown, spelled_out=shown != document)
    for section in shown.sections:
        _section(page, section)
    return bytes(page.output())


def _needs_shaping(document: Document) -> bool:
    """Whether anything is written from right to left."""
    return any(unicodedata.bidirectional(c) in ("R", "AL") for c in set(repr(document)))


def _head(page: Page, document: Document, *, spelled_out: bool) -> None:
    page.words(document.kind.upper(), size=8, ink=Ink.MUTED)
    page.words(document.title, size=19, bold=True, after=1)
    page.words(document.standing, size=8.5, ink=Ink.MUTED, after=3)
    if spelled_out:
        page.words(_SPELLED_OUT, size=8.5, ink=Ink.MUTED, after=3)
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
