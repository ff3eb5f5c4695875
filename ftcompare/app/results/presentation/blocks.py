"""The blocks that results are made of: sections of paragraphs, figures, facts, tables, charts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ftcompare.app.results.presentation.chart_data import Chart
from ftcompare.app.review.result_slice import Part


class Tone(StrEnum):
    """How a paragraph looks. LEAD: larger. NOTE: smaller. WARNING: framed, for what must not be missed."""

    PLAIN = "plain"
    LEAD = "lead"
    NOTE = "note"
    WARNING = "warning"


class Unit(StrEnum):
    """What the number of a figure is, and so how it is written.

    SHARE: 0 to 1, in per cent. COEFFICIENT: -1 to 1, with two decimals. PROBABILITY: in per cent, never
    rounded to certainty. P_VALUE. E_VALUE: of any size. COUNT: a whole number. POINTS: a difference of
    shares, in percentage points. SCORE: any number, with two decimals. SCORE_DIFFERENCE: of two such, or of
    coefficients, with its sign.
    """

    SHARE = "share"
    COEFFICIENT = "coefficient"
    PROBABILITY = "probability"
    P_VALUE = "p_value"
    E_VALUE = "e_value"
    COUNT = "count"
    POINTS = "points"
    SCORE = "score"
    SCORE_DIFFERENCE = "score_difference"


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a figure is computed.

    Args:
        rule: the paragraphs that hold for every pair of systems; they name none.
        source: where it is described.
        numbers: the rule with the numbers of this figure put in.
    """

    title: str
    rule: tuple[str, ...]
    method: str = ""
    source: str = ""
    numbers: tuple[str, ...] = ()

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """All that is said, without method and source."""
        return self.rule + self.numbers


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, and how it comes about. `number_format` puts it in words.

    Args:
        id: stays the same whatever the figure is called, such as ``sign_test``.
        value: the number; None where it is not defined, or where ``told`` says it.
        explanation: how it is computed; None where a heading or the card explains it.
        low: lower end of its 95% interval; None, as ``high``, where it has none.
        n: what it rests on, such as ``24 prompts``; empty where that is said elsewhere.
        note: in a few words, what else to know; why it is not defined.
        told: stands in place of the number.
        method: of its interval, where the explanation is of more than this.
        judged: the judged comparisons that it is made of; None where they cannot be listed.
        column: its title in a table with a row for each pair; empty for the label.
        detail: it stands in reports and on the command line; the window tells it otherwise, as in a chart.
    """

    id: str
    label: str
    value: float | None
    explanation: Explanation | None = None
    unit: Unit = Unit.SHARE
    low: float | None = None
    high: float | None = None
    n: str = ""
    note: str = ""
    told: str = ""
    method: str = ""
    judged: Part | None = None
    column: str = ""
    detail: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures below each other.

    Args:
        id: of the group, such as ``evidence``.
        title: what they are of; empty where the section says it.
        explanation: of the group as a whole.
    """

    id: str
    title: str
    figures: tuple[Figure, ...]
    explanation: Explanation | None = None

    @property
    def shown(self) -> tuple[Figure, ...]:
        """Those that the window shows."""
        return tuple(figure for figure in self.figures if not figure.detail)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Plain words; nothing in them is markup.

    Args:
        explanation: how what it says is found.
        judged: the judged comparisons that it speaks of, and ``link``, the words that lead to them.
    """

    text: str
    tone: Tone = Tone.PLAIN
    explanation: Explanation | None = None
    judged: Part | None = None
    link: str = ""


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
        whole: the title in full, where ``title`` is shortened.
        explanation: how its figures are computed.
    """

    title: str
    share: float = 1.0
    numbers: bool = False
    whole: str = ""
    explanation: Explanation | None = None


def number_columns(*titles: str | tuple[str, float]) -> tuple[Column, ...]:
    """Columns of numbers; each a title alone, or with its share of the table's width."""
    pairs = ((title, 1.0) if isinstance(title, str) else title for title in titles)
    return tuple(Column(title, share, numbers=True) for title, share in pairs)


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure in a table, and below it its interval, its n, or why there is none."""

    value: str
    detail: str = ""

    def __str__(self) -> str:
        """On one line."""
        return f"{self.value} ({self.detail})" if self.value and self.detail else self.value or self.detail


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under columns. ``caption`` stands above it and says what it is."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | Cell, ...], ...]
    explanation: Explanation | None = None

    @property
    def plain_rows(self) -> tuple[tuple[str, ...], ...]:
        """Every cell as one text."""
        return tuple(tuple(map(str, row)) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart with the words below it."""

    chart: Chart
    caption: str
    title: str = ""
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class Subheading:
    """The name of what follows within a section."""

    text: str


Block = Paragraph | Figures | Facts | Table | Picture | Subheading | Explanation


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a heading. ``key`` is its name within the document."""

    key: str
    title: str
    blocks: tuple[Block, ...]
