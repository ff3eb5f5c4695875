"""Tables whose cells keep their numbers, so that a window can sort them and a report print them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from ftcompare.app.results.presentation.blocks import Column, Explanation, Figure, Table, Unit
from ftcompare.app.results.presentation.number_format import (
    UNDEFINED,
    name,
    percent,
    range_words,
    value_words,
)
from ftcompare.stats.rater_quality import Proportion


class DetailedNumber(float):
    """A number that is shown and copied with what belongs to it, and sorted by itself."""

    shown: str

    def __new__(cls, value: float, shown: str) -> DetailedNumber:
        """The number, and how it is shown."""
        made = super().__new__(cls, value)
        made.shown = shown
        return made

    def __str__(self) -> str:
        """As shown."""
        return self.shown


def share_value(share: Proportion) -> DetailedNumber | None:
    """``92% (74–98) of 36``; None where there is nothing to share."""
    if share.value is None:
        return None
    span = range_words(share.low, share.high).removesuffix("%")
    return DetailedNumber(share.value, f"{percent(share.value)} ({span}) of {share.n}")


Value = str | int | float | tuple[float | None, float | None] | None
"""A text, a number, an interval, or nothing."""


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """One column. A long title is in lines, so that a column of numbers is narrow in a window.

    Args:
        unit: of its numbers and intervals; None for texts. POINTS are given as percentage points, such as
            12.5, and shown without the word.
        share: of a table's width on paper, beside the shares of the others.
        tip: what it tells, where the title is short.
        paper: its title where no tip can be shown; empty for the same.
        nothing: what stands where a row has no value.
        shown: whether a window shows it, and ``written``, whether paper does.
        length: characters of a text; a longer one has its middle left out.
    """

    title: str
    unit: Unit | None = None
    share: float = 1.0
    tip: str = ""
    paper: str = ""
    nothing: str = UNDEFINED
    shown: bool = True
    written: bool = True
    length: int = 40

    def words(self, value: Value, *, precise: bool = False) -> str:
        """A value of this column in words."""
        if value is None or value == "" or (isinstance(value, tuple) and None in value):
            return self.nothing
        if isinstance(value, str):
            return name(value, self.length)
        if isinstance(value, DetailedNumber) or self.unit is None:
            return str(value)
        scale = 0.01 if self.unit is Unit.POINTS else 1
        numbers = [
            end * scale for end in (value if isinstance(value, tuple) else (value,)) if end is not None
        ]
        number, low, high = (None, *numbers) if len(numbers) == 2 else (*numbers, None, None)
        figure = Figure("", self.title, number, unit=self.unit, low=low, high=high)
        return value_words(figure, precise=precise).removesuffix(" points")


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One row.

    Args:
        key: what it stands for.
        values: one for each column.
        tip: what else to know of it.
        hidden: text by which a filter finds it although no column shows it.
    """

    key: Hashable
    values: tuple[Value, ...]
    tip: str = ""
    hidden: str = ""


@dataclass(frozen=True, slots=True)
class ValueTable:
    """Rows under columns. ``caption`` says what it is, where nothing above does."""

    caption: str
    columns: tuple[ValueColumn, ...]
    rows: tuple[ValueRow, ...]
    explanation: Explanation | None = None

    @property
    def written(self) -> Table:
        """As a report writes it: every number with a decimal more than the window's."""
        columns = (
            Column((c.paper or c.title).replace("\n", " "), c.share, numbers=c.unit is not None)
            for c in self.columns
            if c.written
        )
        rows = (
            tuple(
                c.words(v, precise=True) for c, v in zip(self.columns, row.values, strict=True) if c.written
            )
            for row in self.rows
        )
        return Table(self.caption, tuple(columns), tuple(rows), self.explanation)
