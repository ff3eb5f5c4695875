"""Example pairs in a PDF: answers with paragraphs, lists, tables and framed code.

Mathematics is printed as source.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ftcompare.app.report.example_pairs import EXAMPLES, ExamplePair, ExamplePairs, ShownText
from ftcompare.app.report.pdf_page import Ink, PdfPage
from ftcompare.app.results.presentation.blocks import Column, Table
from ftcompare.markup import blocks as nodes

INDENT = 5.0
"""Indentation in millimetres."""
MOST_INDENTED = 8
"""Maximum number of indented nesting levels."""
MOST_COLUMNS = 8
"""Maximum number of columns of a table; one with more is printed row by row."""
_TITLE_AND_PROMPT = 40.0
"""Millimetres needed to begin a pair on a page."""


def set_examples(page: PdfPage, examples: ExamplePairs) -> None:
    """The appendix; nothing without examples."""
    if not examples.pairs:
        return
    page.add_code_font()
    page.keep(page.HEADING + _TITLE_AND_PROMPT)
    page.heading(EXAMPLES)
    page.words(examples.rule, size=8, ink=Ink.MUTED)
    for pair in examples.pairs:
        _set_pair(page, pair)


def _set_pair(page: PdfPage, pair: ExamplePair) -> None:
    page.keep(_TITLE_AND_PROMPT)
    page.subheading(pair.title)
    for text in (*pair.turns, *pair.answers):
        _set_text(page, text)
    page.ln(1)
    for verdict in pair.verdicts:
        page.words(f"•  {verdict}", size=8)


def _set_text(page: PdfPage, text: ShownText) -> None:
    page.keep(14)
    page.ln(1)
    page.words(text.speaker, size=8.5, bold=True, ink=Ink.MUTED, after=0.4)
    with page.set_in(INDENT):
        _set_blocks(page, text.blocks, 1)
        if text.cut_words:
            page.words(text.cut_words, size=8, ink=Ink.MUTED)


def _set_blocks(page: PdfPage, blocks: Iterable[nodes.Block], level: int) -> None:
    for block in blocks:
        _set_block(page, block, level)


def _set_block(page: PdfPage, block: nodes.Block, level: int) -> None:
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


def _set_items(page: PdfPage, items: Sequence[nodes.ListItem], level: int) -> None:
    for item in items:
        first = item.blocks[0] if item.blocks else None
        led = isinstance(first, nodes.TextParagraph)
        page.words(
            f"{item.marker}  {nodes.words(first.line) if isinstance(first, nodes.TextParagraph) else ''}",
            size=9,
        )
        with page.set_in(INDENT if level < MOST_INDENTED else 0.0):
            _set_blocks(page, item.blocks[1:] if led else item.blocks, level + 1)


def _set_table(page: PdfPage, table: nodes.TableBlock) -> None:
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
