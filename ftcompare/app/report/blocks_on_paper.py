"""A report as data, and its blocks for paper: figures become table rows, cells become texts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from ftcompare.app.report.report_data import ExamplePairs
from ftcompare.app.results.presentation import blocks
from ftcompare.app.results.presentation.number_format import interval_words, value_words
from ftcompare.app.results.presentation.value_table import ListedPrompts
from ftcompare.core.language import tr
from ftcompare.markup.blocks import mapped, spelled


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    kind: str  # what this document is, in a few words
    standing: str  # the amount of data, and the time of writing, in words
    written: str  # time of writing, ISO 8601 UTC
    version: str
    notice: str = ""  # text for every page; may be empty
    warning: str = ""  # the most important warning; may be empty
    summary: tuple[str, ...] = ()  # sentences for all readers, the most important first
    chart: blocks.Picture | None = None  # chart below the summary; None where no win rate may be shown
    # example pairs for an appendix; may be empty
    examples: ExamplePairs = field(default_factory=ExamplePairs)
    sections: tuple[blocks.Section, ...] = ()


def printed(document: Document) -> Document:
    """The report with paragraphs, facts, tables, charts, subheadings and explanations only."""
    chart = document.chart and blocks.Picture(document.chart.chart, document.chart.caption)
    sections = (replace(one, blocks=tuple(map(_block, one.blocks))) for one in document.sections)
    return replace(document, chart=chart, sections=tuple(sections))


def _block(block: blocks.Block) -> blocks.Block:
    match block:
        case blocks.Figures():
            return _figures_table(block.figures, block.title)
        case blocks.Table():
            columns = tuple(
                blocks.Column(column.title, column.share, column.numbers) for column in block.columns
            )
            return blocks.Table(block.caption, columns, block.plain_rows)
        case ListedPrompts():
            return block.table.written
        case blocks.Paragraph():
            return blocks.Paragraph(block.text, block.tone)
        case blocks.Picture():
            return blocks.Picture(block.chart, block.caption)
        case _:
            return block


def _figures_table(figures: Iterable[blocks.Figure], caption: str) -> blocks.Table:
    """Figures as table rows; columns without any content are left out."""
    rows = [
        (f.label, value_words(f, precise=True), interval_words(f, precise=True), f.n, f.note) for f in figures
    ]
    numbers = blocks.number_columns(tr("Value"), (tr("95% interval"), 1.4), ("n", 1.2))
    heads = (blocks.Column("", 2.6), *numbers, blocks.Column("", 2.0))
    used = [place for place in range(len(heads)) if place < 2 or any(row[place] for row in rows)]
    cells = tuple(tuple(row[place] for place in used) for row in rows)
    return blocks.Table(caption, tuple(heads[place] for place in used), cells)


T = TypeVar("T")

_LEFTWARD = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
"""Blocks of right-to-left scripts (Unicode 16, `DerivedBidiClass.txt`)."""
ISOLATES = frozenset("\u2068\u2069")
"""First strong isolate and pop directional isolate, which are not drawn."""
LINE_ENDS = frozenset("\n\t")
"""Line breaks and tabs, allowed in code only."""
_LEFTWARD_WORDS = re.compile(f"[{_LEFTWARD}](?:[{_LEFTWARD}\\s]*[{_LEFTWARD}])?")


def isolated(document: Document) -> Document:
    """Isolate right-to-left words outside title, notice and examples, so that numbers stay behind them."""

    def apart(text: str) -> str:
        return _LEFTWARD_WORDS.sub("\u2068\\g<0>\u2069", text)

    shown: Document = mapped(replace(document, examples=ExamplePairs()), apart)
    return replace(shown, title=document.title, notice=document.notice, examples=document.examples)


def characters(block: object) -> frozenset[str]:
    found: set[str] = set()

    def note(text: str) -> str:
        found.update(text)
        return text

    mapped(block, note)
    return frozenset(found)


def fitting(block: T, drawable: Collection[str]) -> T:
    """The same data structure, with ``⟨U+4E2D⟩`` for each character of its texts that cannot be drawn."""
    changed: T = mapped(block, lambda text: "".join(c if c in drawable else spelled(c) for c in text))
    return changed
