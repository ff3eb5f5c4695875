"""A report as PDF: real text, vector charts, outline; deterministic. Mathematics is printed as source."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from ftcompare.app.report import pdf_page
from ftcompare.app.report.blocks_on_paper import Document, characters, fitting
from ftcompare.app.report.report_data import EXAMPLES, ExamplePairs
from ftcompare.app.results.presentation.blocks import (
    Block,
    Column,
    Explanation,
    Facts,
    Paragraph,
    Picture,
    Section,
    Subheading,
    Table,
    Tone,
)
from ftcompare.core.language import N_, tr
from ftcompare.markup import blocks as nodes

_SPELLED_OUT = N_(
    "No font on the computer that wrote this has these characters, so their codes are shown, like "
    "⟨U+4E2D⟩: {scripts}. The HTML report shows them. This report does too if you save it again with a font "
    "for them installed, such as Noto (fonts.google.com/noto)."
)


def render(
    document: Document,
    *,
    now: datetime,
    size: pdf_page.PaperSize = pdf_page.PaperSize.A4,
    fonts: pdf_page.Files = pdf_page.installed,
) -> bytes:
    """Render the whole file; ``fonts``: where to look for characters that the report's font lacks."""
    page = pdf_page.paper(now, size)
    used = characters(document)
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        lacking = used - page.drawable
        page.add_spares(pdf_page.spare_fonts(lacking, Path(folder), fonts) if lacking else ())
        shown = fitting(document, page.drawable)
        # The text direction is that of English, even if a sentence begins with a right-to-left name.
        page.set_text_shaping(
            bool(lacking) or any(unicodedata.bidirectional(c) in ("R", "AL") for c in used), direction="ltr"
        )
        page.begin(shown.title, shown.kind, shown.version, shown.notice)
        _head(page, shown, spelled_out=pdf_page.scripts_of(used - page.drawable))
        for section in shown.sections:
            _set_section(page, section)
        set_examples(page, shown.examples)
        return bytes(page.output())


def _head(page: pdf_page.PdfPage, document: Document, *, spelled_out: str) -> None:
    page.words(document.kind.upper(), size=8, ink=pdf_page.Ink.MUTED)
    page.words(document.title, size=19, bold=True, after=1)
    page.words(document.standing, size=8.5, ink=pdf_page.Ink.MUTED, after=3)
    if spelled_out:
        page.words(tr(_SPELLED_OUT, scripts=spelled_out), size=8.5, ink=pdf_page.Ink.MUTED, after=3)
    if document.warning:
        page.boxed(((document.warning, 9.5, True),), pdf_page.Ink.CAUTION)
    sizes = ((12.5, True), *((9.5, False) for _ in document.summary))
    lines = tuple((text, *size) for text, size in zip(document.summary, sizes, strict=False))
    page.boxed(lines, pdf_page.Ink.ACCENT)
    if document.chart is not None:
        page.keep(page.least_picture_height(document.chart))
        page.picture(document.chart)


_STUCK = 28.0
"""Millimetres; a shorter paragraph is kept with the block after it."""
_LED_TO = Picture | Table | Facts | Subheading | Explanation


def _set_section(page: pdf_page.PdfPage, shown: Section) -> None:
    """Draw a section; a chart that does not fit is scaled down slightly.

    If that is not enough, it is drawn on the next page, and the blocks after it fill this one.
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
    def __init__(self, page: pdf_page.PdfPage) -> None:
        self.chart: Picture | None = None
        self._page = page
        self._number = 0

    def put_off(self, chart: Picture) -> None:
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


def _fits(page: pdf_page.PdfPage, blocks: tuple[Block, ...]) -> bool:
    return _need(page, blocks) <= page.room


def _goes_later(page: pdf_page.PdfPage, blocks: tuple[Block, ...]) -> bool:
    """Whether a chart, the first block, does not fit while the block after it does."""
    first, rest = blocks[0], blocks[1:]
    if not isinstance(first, Picture) or page.least_picture_height(first) <= page.room:
        return False
    return bool(rest) and _may_go_before(rest[0]) and _fits(page, rest)


def _may_go_before(block: Block) -> bool:
    return isinstance(block, Table | Facts | Paragraph)


def _need(page: pdf_page.PdfPage, blocks: tuple[Block, ...]) -> float:
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


def _draw(page: pdf_page.PdfPage, block: Block) -> None:
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


INDENT = 5.0
"""Indentation in millimetres."""
MOST_INDENTED = 8
"""Maximum number of indented nesting levels."""
MOST_COLUMNS = 8
"""Maximum number of columns of a table; one with more is printed row by row."""
_TITLE_AND_PROMPT = 40.0
"""Millimetres needed to begin a pair on a page."""


def set_examples(page: pdf_page.PdfPage, examples: ExamplePairs) -> None:
    if not examples.pairs:
        return
    page.add_code_font()
    page.keep(page.HEADING + _TITLE_AND_PROMPT)
    page.heading(tr(EXAMPLES))
    page.words(examples.rule, size=8, ink=pdf_page.Ink.MUTED)
    for pair in examples.pairs:
        page.keep(_TITLE_AND_PROMPT)
        page.subheading(pair.title)
        for text in pair.texts:
            page.keep(14)
            page.ln(1)
            page.words(text.speaker, size=8.5, bold=True, ink=pdf_page.Ink.MUTED, after=0.4)
            with page.set_in(INDENT):
                _set_blocks(page, text.blocks, 1)
                if text.cut_words:
                    page.words(text.cut_words, size=8, ink=pdf_page.Ink.MUTED)
        page.ln(1)
        for verdict in pair.verdicts:
            page.words(f"•  {verdict}", size=8)


def _set_blocks(page: pdf_page.PdfPage, blocks: Iterable[nodes.Block], level: int) -> None:
    for block in blocks:
        match block:
            case nodes.TextParagraph(line=line):
                page.words(nodes.words(line), size=9)
            case nodes.TextHeading(line=line):
                page.words(nodes.words(line), size=9.5, bold=True)
            case nodes.Code(text=text):
                page.code(text)
            case nodes.Quote(blocks=inner):
                with page.set_in(INDENT if level < MOST_INDENTED else 0.0):
                    _set_blocks(page, inner, level + 1)
            case nodes.ItemList(items=items):
                _set_items(page, items, level)
            case nodes.Footnote(label=label, blocks=inner):
                _set_items(page, (nodes.ListItem(inner, f"[{label}]"),), level)
            case nodes.TableBlock():
                _set_table(page, block)
            case nodes.Rule():
                page.rule()


def _set_items(page: pdf_page.PdfPage, items: Sequence[nodes.ListItem], level: int) -> None:
    for item in items:
        first = item.blocks[0] if item.blocks else None
        led = isinstance(first, nodes.TextParagraph)
        page.words(
            f"{item.marker}  {nodes.words(first.line) if isinstance(first, nodes.TextParagraph) else ''}",
            size=9,
        )
        with page.set_in(INDENT if level < MOST_INDENTED else 0.0):
            _set_blocks(page, item.blocks[1:] if led else item.blocks, level + 1)


def _set_table(page: pdf_page.PdfPage, table: nodes.TableBlock) -> None:
    head, *rows = (tuple(nodes.words(cell) for cell in row) for row in table.rows)
    if len(head) > MOST_COLUMNS:
        for row in (head, *rows):
            page.words(" | ".join(row), size=9)
        return
    sides = zip(head, table.alignments, strict=True)
    columns = tuple(Column(title, numbers=side == "right") for title, side in sides)
    if rows:
        page.table_of(Table("", columns, tuple(rows)))
    else:
        page.words(" | ".join(head), size=9, bold=True)
