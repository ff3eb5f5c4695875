"""Conditions of a gate on any measure: tables ``[[measure]]`` of a gate file, one key each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from ftcompare.app.setup.toml_settings import TomlTable
from ftcompare.formats.record_fields import shown

MEASURE = "measure"
"""Name of these tables in the file."""

MOST_MEASURES = 200
"""Maximum number of conditions on measures in one list."""

LONGEST_KEY = 300
MOST = 1e12
"""Largest absolute value of a bound."""


class MeasureBasis(StrEnum):
    """What a bound is compared with: the nearer end of the figure's interval, or the figure itself."""

    INTERVAL = "interval"
    POINT = "point"


@dataclass(frozen=True, slots=True)
class MeasureBound:
    """Conditions on one measure of the released system. The fields are the table's settings.

    Args:
        key: key of the measure, such as ``checks.passed``.
        at_least: minimum for the lower end of its interval.
        at_most: maximum for the upper end of its interval.
        not_worse_by: margin above 0: the interval of the paired difference must exclude that the system is
            worse than ``against`` by this much or more.
        better_by: 0 or more: that interval must show that the system is better by more than this.
        against: system for the last two; empty for the gate's own.
        basis: `POINT` compares the figures themselves, without regard to chance.
    """

    key: str
    at_least: float | None = None
    at_most: float | None = None
    not_worse_by: float | None = None
    better_by: float | None = None
    against: str = ""
    basis: MeasureBasis = MeasureBasis.INTERVAL

    @property
    def compares(self) -> bool:
        """Whether it is about two systems."""
        return self.not_worse_by is not None or self.better_by is not None

    @property
    def asked(self) -> int:
        """Number of conditions."""
        return sum(getattr(self, name) is not None for name in BOUNDS)


BOUNDS = ("at_least", "at_most", "not_worse_by", "better_by")
"""The settings that are conditions."""

MEASURE_SETTINGS = tuple(setting.name for setting in fields(MeasureBound))
"""The settings of such a table."""


def read_measures(table: TomlTable) -> tuple[MeasureBound, ...]:
    """The conditions on measures of a gate or a tier.

    Raises:
        UserError: with the code of ``table``: not a list of tables, unknown settings, invalid values, or no
            bound.
    """
    found = table.values.get(MEASURE, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        what = f"{MEASURE} must be a list of tables, not {shown(found)}."
        raise table.error(what, 'Write [[measure]] above lines such as key = "checks.passed"')
    if len(found) > MOST_MEASURES:
        what = f"There are {len(found):,} conditions on measures; at most {MOST_MEASURES} are taken."
        raise table.error(what, "Leave some out.")
    return tuple(_bound(one, number, table) for number, one in enumerate(found, start=1))


def _bound(values: Mapping[str, Any], number: int, table: TomlTable) -> MeasureBound:
    own = TomlTable(values, f"{table.where}, {MEASURE} {number}", table.code)
    own.require_known(MEASURE_SETTINGS)
    bound = MeasureBound(
        key=_key(own),
        at_least=own.number("at_least", -MOST, MOST),
        at_most=own.number("at_most", -MOST, MOST),
        not_worse_by=_margin(own),
        better_by=own.number("better_by", 0, MOST),
        against=own.text("against"),
        basis=own.word("basis", MeasureBasis.INTERVAL),
    )
    if not bound.asked:
        what = f"Nothing is asked of {shown(bound.key)}."
        raise own.error(what, "Add a line such as at_least = 0.9 or not_worse_by = 0.02")
    if bound.against and not bound.compares:
        what = "against is given, but no not_worse_by or better_by."
        raise own.error(what, "Add a line such as not_worse_by = 0.02")
    return bound


def _key(own: TomlTable) -> str:
    key = own.text("key")
    if (
        not key
        or len(key) > LONGEST_KEY
        or not key.isprintable()
        or any(part == "" for part in key.split("."))
    ):
        what = f"key must name a measure, not {shown(own.values.get('key', ''))}."
        raise own.error(what, 'Write, for example: key = "checks.passed"')
    return key


def _margin(own: TomlTable) -> float | None:
    value = own.number("not_worse_by", 0, MOST)
    if value == 0:
        what = "not_worse_by must be above 0: no number of prompts shows that nothing at all was lost."
        raise own.error(what, "Write, for example: not_worse_by = 0.02")
    return value
