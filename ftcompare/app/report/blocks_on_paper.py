"""A report's blocks as paper has them: figures become rows of a table, cells become texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ftcompare.app.report.report_document import Document
from ftcompare.app.results.presentation.blocks import (
    Block,
    Column,
    Figure,
    Figures,
    Paragraph,
    Picture,
    Section,
    Table,
)
from ftcompare.app.results.presentation.number_format import interval_words, value_words


def printed(document: Document) -> Document:
    """The same report of paragraphs, facts, tables, charts, subheadings and explanations alone."""
    return replace(document, sections=tuple(map(_section, document.sections)))


def _section(section: Section) -> Section:
    return replace(section, blocks=tuple(map(_block, section.blocks)))


def _block(block: Block) -> Block:
    match block:
        case Figures():
            return figures_table(block.figures, block.title)
        case Table():
            columns = tuple(Column(column.title, column.share, column.numbers) for column in block.columns)
            return Table(block.caption, columns, block.plain_rows)
        case Paragraph():
            return Paragraph(block.text, block.tone)
        case Picture():
            return Picture(block.chart, block.caption)
        case _:
            return block


def figures_table(figures: Iterable[Figure], caption: str) -> Table:
    """Figures below each other, with those columns of what is known of them that are not empty."""
    rows = [_figure_row(figure) for figure in figures]
    heads = (
        Column("", 2.6),
        Column("Value", 1.0, numbers=True),
        Column("95% interval", 1.4, numbers=True),
        Column("n", 1.2, numbers=True),
        Column("", 2.0),
    )
    used = [place for place in range(len(heads)) if place < 2 or any(row[place] for row in rows)]
    return Table(
        caption,
        tuple(heads[place] for place in used),
        tuple(tuple(row[place] for place in used) for row in rows),
    )


def _figure_row(figure: Figure) -> tuple[str, ...]:
    span = interval_words(figure, precise=True)
    method = figure.method or (
        figure.explanation.method if figure.explanation and figure.low is not None else ""
    )
    about: Iterator[str] = filter(None, (figure.note, method))
    return figure.label, value_words(figure, precise=True), span, figure.n, "; ".join(about)
