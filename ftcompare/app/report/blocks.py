"""What a report is made of, whatever it is written as: sections of paragraphs, facts, tables, charts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ftcompare.app.results.charts import Chart


class Tone(StrEnum):
    """How a paragraph looks. LEAD: larger. NOTE: smaller. WARNING: framed, for what must not be missed."""

    PLAIN = "plain"
    LEAD = "lead"
    NOTE = "note"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Plain words; nothing in them is markup."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with what is known of them."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Args:
        share: of the table's width, beside the shares of the others.
        numbers: its cells are numbers, aligned at their right ends.
    """

    title: str
    share: float = 1.0
    numbers: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under columns. ``caption`` stands above it and says what it is."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart with the words below it."""

    chart: Chart
    caption: str


@dataclass(frozen=True, slots=True)
class Subheading:
    """The name of what follows within a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Method:
    """How one figure is computed."""

    title: str
    paragraphs: tuple[str, ...]
    method: str = ""
    source: str = ""


Block = Paragraph | Facts | Table | Picture | Subheading | Method


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report under its heading. ``key`` is its name within the document."""

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report.

    Args:
        title: of the study.
        kind: what this paper is, in a few words.
        standing: how much there is, and when it was written.
        notice: to be read on every page; empty for none.
        warning: what the reader must know before all else; empty for none.
        summary: the sentences for everyone, the first one first.
        written: ISO 8601 UTC.
    """

    title: str
    kind: str
    standing: str
    written: str
    version: str
    notice: str = ""
    warning: str = ""
    summary: tuple[str, ...] = ()
    sections: tuple[Section, ...] = field(default_factory=tuple)
