"""The blocks that results consist of: sections of paragraphs, figures, facts, tables, charts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import compress
from typing import TYPE_CHECKING, TypeAlias

from ftcompare.app.results.presentation.chart_data import Chart
from ftcompare.app.review.result_slice import Part

if TYPE_CHECKING:
    from ftcompare.app.results.presentation.value_table import ListedPrompts


class Tone(StrEnum):
    """The look of a paragraph. LEAD: larger. NOTE: smaller. WARNING: framed, for important notices."""

    PLAIN = "plain"
    LEAD = "lead"
    NOTE = "note"
    WARNING = "warning"


class Unit(StrEnum):
    """The kind of a figure's number, which decides how it is written.

    SHARE: 0 to 1, written in per cent. COEFFICIENT: -1 to 1, with two decimals. PROBABILITY: in per cent,
    never rounded to 0% or 100%. P_VALUE. E_VALUE: any positive number. COUNT: a whole number. POINTS: a
    difference of shares, in percentage points. SCORE: any number, with two decimals. SCORE_DIFFERENCE: a
    difference of scores or coefficients, with its sign.
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
    title: str  # name of the figure
    rule: tuple[str, ...]  # paragraphs that hold for every pair of systems; they name no system
    method: str = ""  # the statistical method; may be empty
    source: str = ""  # reference for the method
    numbers: tuple[str, ...] = ()  # the rule with the numbers of this figure filled in

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """Rule and numbers, without method and source."""
        return self.rule + self.numbers


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and how it is computed. `number_format` writes it as text."""

    id: str  # permanent identifier, such as ``sign_test``
    label: str
    value: float | None  # the number; None where it is not defined, or where ``words`` replaces it
    explanation: Explanation | None = None  # how it is computed; None where a heading or the card explains it
    unit: Unit = Unit.SHARE
    low: float | None = None  # lower end of its 95% interval; None, like ``high``, where it has none
    high: float | None = None
    n: str = ""  # the sample size in words, such as ``24 prompts``; empty where it is stated elsewhere
    note: str = ""  # a short remark, such as why it is not defined
    words: str = ""  # text shown instead of the number
    method: str = ""  # the method of its interval, where the explanation covers more than this figure
    judged: Part | None = None  # the judgments on which it is based; None where they cannot be listed
    column: str = ""  # column title in a table with one row for each pair; empty for the label
    # whether only reports and the command line show it, since the window shows it in another form, such as a
    # chart
    detail: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    id: str  # identifier of the group, such as ``evidence``
    title: str  # heading of the group; empty where the section's title is enough
    figures: tuple[Figure, ...]
    explanation: Explanation | None = None  # explanation of the whole group

    @property
    def shown(self) -> tuple[Figure, ...]:
        """The figures that the window shows."""
        return tuple(figure for figure in self.figures if not figure.detail)


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    tone: Tone = Tone.PLAIN
    explanation: Explanation | None = None  # how its statement was derived
    # the judgments that it refers to; ``link`` is the part of the text that links to them
    judged: Part | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    share: float = 1.0  # relative width of the column in its table
    numbers: bool = False  # whether its cells are numbers, aligned to the right
    whole: str = ""  # the full title, where ``title`` is shortened
    explanation: Explanation | None = None  # how its figures are computed
    texts: bool = False  # whether its cells are texts of prompts or answers, which a report may leave out


def number_columns(*titles: str | tuple[str, float]) -> tuple[Column, ...]:
    """Number columns from titles, each optionally with its relative width."""
    pairs = ((title, 1.0) if isinstance(title, str) else title for title in titles)
    return tuple(Column(title, share, numbers=True) for title, share in pairs)


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure in a table; ``detail``, below it, is its interval, its n, or why it is missing."""

    value: str
    detail: str = ""

    def __str__(self) -> str:
        """Value and detail on one line."""
        return f"{self.value} ({self.detail})" if self.value and self.detail else self.value or self.detail


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under columns. ``caption`` is the text above the table."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | Cell, ...], ...]
    explanation: Explanation | None = None

    @property
    def plain_rows(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(map(str, row)) for row in self.rows)

    @property
    def without_texts(self) -> Table:
        kept = [not column.texts for column in self.columns]
        rows = tuple(tuple(compress(row, kept)) for row in self.rows)
        return replace(self, columns=tuple(compress(self.columns, kept)), rows=rows)


@dataclass(frozen=True, slots=True)
class Picture:
    chart: Chart
    caption: str
    title: str = ""
    explanation: Explanation | None = None
    lead: str = ""  # what it shows, in one sentence; a report has it before the chart


@dataclass(frozen=True, slots=True)
class Subheading:
    text: str


Block: TypeAlias = "Paragraph | Figures | Facts | Table | Picture | Subheading | Explanation | ListedPrompts"


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a heading. ``key`` identifies the section within the document."""

    key: str
    title: str
    blocks: tuple[Block, ...]


def explanations_of(group: Figures) -> tuple[Explanation, ...]:
    """Explanations of a group's shown figures, after the group's own explanation."""
    found = (group.explanation, *(figure.explanation for figure in group.shown))
    return merged((("", how) for how in found if how is not None), several=False)


def merged(explanations: Iterable[tuple[str, Explanation]], *, several: bool) -> tuple[Explanation, ...]:
    """Merge explanations with the same title: the rule once, then the numbers of each pair of systems.

    Each explanation comes with its pair's title, empty for the whole study. ``several`` says that the numbers
    are of more than one pair; the pair's title is then added to them.
    """
    found: dict[str, Explanation] = {}
    for pair, how in explanations:
        lead = f"{pair}: " if pair and several else ""
        numbers = tuple(f"{lead}{text}" for text in how.numbers)
        before = found.get(how.title)
        if before is not None:
            numbers = (*before.numbers, *(text for text in numbers if text not in before.numbers))
        method = _joined(before.method if before else "", how.method)
        rule = (*before.rule, *(text for text in how.rule if text not in before.rule)) if before else how.rule
        found[how.title] = replace(how, rule=rule, numbers=numbers, method=method)
    return tuple(found.values())


def _joined(first: str, second: str) -> str:
    return "; ".join(dict.fromkeys(filter(None, (*first.split("; "), *second.split("; ")))))
