"""The figures for conditions on measures, by key: of the matrix, of speed and of cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations

from ftcompare.app.generate.speed_and_savings import (
    SPEED_MEASURES,
    OwnerRow,
    Prices,
    SpeedMeasure,
    owner_table,
)
from ftcompare.app.measures import speed
from ftcompare.app.measures.kind import MeasureRow
from ftcompare.app.measures.registry import KINDS
from ftcompare.app.results.presentation.blocks import Unit
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import UserError
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure, or a difference of two, with its interval if it has one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class GateFigure:
    """One measure of all systems in display units; shares are 0 to 1."""

    key: str
    name: str
    share: bool
    higher_is_better: bool | None  # None where neither direction is better
    # whether values are means over prompts and can have intervals; else they were measured once
    sampled: bool
    by_system: Mapping[str, Spread]  # value by the owner's name of the system
    differences: Mapping[tuple[str, str], Spread] = field(default_factory=dict)  # by pair (a, b): b minus a

    def difference(self, a: str, b: str) -> Spread | None:
        """Value of b minus value of a; for figures measured once, the difference of the values."""
        if found := self.differences.get((a, b)):
            return found
        if self.sampled or a not in self.by_system or b not in self.by_system:
            return None
        return Spread(self.by_system[b].value - self.by_system[a].value)


def gate_figures(
    study: StudyFile, prices: Prices | None = None, *, progress: ProgressCallback = ignore_progress
) -> dict[str, GateFigure]:
    """All measures that have a figure, by key. Raises ``still-blinded``; ``progress`` may raise to cancel."""
    study.settings.read().disclosure.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    kinds = (kind for kind in KINDS if kind.group is not speed.GROUP)
    rows = (_of_row(row) for kind in kinds for row in kind.rows(study, progress))
    return {figure.key: figure for figure in (*rows, *_measured(study, prices))}


def _of_row(row: MeasureRow) -> GateFigure:
    names = tuple(row.by_system)
    pairs = ((a, b) for a in names for b in names if a != b)
    found = ((pair, row.difference(*pair)) for pair in pairs)
    return GateFigure(
        key=row.key,
        name=row.name,
        share=row.unit is Unit.SHARE,
        higher_is_better=row.higher_is_better,
        sampled=True,
        by_system={
            name: _scaled(one.value, one.low, one.high, row.scale) for name, one in row.by_system.items()
        },
        differences={
            pair: _scaled(one.difference, one.low, one.high, row.scale)
            for pair, one in found
            if one is not None
        },
    )


def _scaled(value: float, low: float | None, high: float | None, times: float) -> Spread:
    return Spread(times * value, None if low is None else times * low, None if high is None else times * high)


@dataclass(frozen=True, slots=True)
class _Owned:
    key: str
    name: str
    higher_is_better: bool
    read: Callable[[OwnerRow], float | None]


def _written(row: OwnerRow) -> float | None:
    speed = row.speed
    return None if speed.tokens is None or not speed.prompts else speed.tokens / speed.prompts


_OWNED = (
    _Owned("speed.memory_bytes", "Memory in bytes", False, lambda row: row.speed.memory_bytes),
    _Owned("cost.tokens_read", "Tokens read an answer", False, lambda row: row.tokens_read),
    _Owned("cost.tokens_written", "Tokens written an answer", False, _written),
    _Owned("cost.per_1000_prompts", "Cost of 1,000 prompts", False, lambda row: row.cost),
)
SPEED_KEYS = tuple(one.key for one in (*SPEED_MEASURES, *_OWNED))
"""The keys of the measures of speed and cost."""


def _measured(study: StudyFile, prices: Prices | None) -> Iterator[GateFigure]:
    try:
        rows = owner_table(study, prices).rows
    except UserError as error:
        if error.code != "not-measured":
            raise
        return
    for one in _OWNED:
        found = ((row.name, one.read(row)) for row in rows)
        values = {name: Spread(float(value)) for name, value in found if value is not None}
        if values:
            yield GateFigure(one.key, one.name, False, one.higher_is_better, False, values)
    yield from (_of_speed(measure, rows) for measure in SPEED_MEASURES)


def _of_speed(measure: SpeedMeasure, rows: Sequence[OwnerRow]) -> GateFigure:
    """A speed; a measurement of which single answers were not stored has no interval and no differences."""
    stored = measure.key.partition(".")[2]
    once = ((row.name, getattr(row.speed, stored)) for row in rows)
    typical = ((row.name, measure.typical(row.speed)) for row in rows)
    pairs = ((a, b, _speed_gain(measure, a, b)) for a, b in permutations(rows, 2))
    return GateFigure(
        key=measure.key,
        name=measure.name,
        share=False,
        higher_is_better=measure.faster_is_higher,
        sampled=True,
        by_system={name: Spread(float(value)) for name, value in once if value is not None}
        | {name: Spread(one.value, one.low, one.high) for name, one in typical if one},
        differences={(a.name, b.name): one for a, b, one in pairs if one},
    )


def _speed_gain(measure: SpeedMeasure, a: OwnerRow, b: OwnerRow) -> Spread | None:
    if found := measure.difference(a.speed, b.speed):
        return Spread(found.difference, found.low, found.high)
    stored = measure.key.partition(".")[2]
    once = getattr(a.speed, stored), getattr(b.speed, stored)
    if a.speed.answers or b.speed.answers or None in once:
        return None
    return Spread(once[1] - once[0])
