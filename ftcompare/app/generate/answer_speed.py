"""Speeds of systems from the times of single answers: typical values, and differences of two systems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ftcompare.core.plurals import counted
from ftcompare.engine.protocol import AnswerTime, SystemSpeed
from ftcompare.stats.paired_difference import PairedDifference
from ftcompare.stats.timing import TypicalTime, time_difference, typical_time


@dataclass(frozen=True, slots=True)
class SpeedMeasure:
    """A measure of single answers."""

    key: str  # key in gates, ``measures --json`` and ``measure --json``
    name: str  # name with its unit
    faster_is_higher: bool  # whether a higher value is faster
    read: Callable[[AnswerTime], float | None]  # the value of an answer; None where it is unknown

    def times(self, speed: SystemSpeed) -> dict[tuple[str, int], float]:
        """The values of a system by prompt and repeat."""
        found = (((one.item, one.repeat), self.read(one)) for one in speed.answers)
        return {item: value for item, value in found if value is not None}

    def typical(self, speed: SystemSpeed) -> TypicalTime | None:
        """The median of a system; None where single answers were not stored."""
        return typical_time(self.times(speed), faster_is_higher=self.faster_is_higher)

    def difference(self, a: SystemSpeed, b: SystemSpeed) -> PairedDifference | None:
        """B minus a on the prompts that both answered; None where there are none."""
        return time_difference(self.times(a), self.times(b))

    def sentence(self, found: PairedDifference, system: str, against: str) -> str:
        """Which of two systems is faster; empty without an interval.

        Args:
            found: the value of ``system`` minus that of ``against``.
        """
        if found.low is None or found.high is None:
            return ""
        if not found.told_apart:
            return f"{self.name}: {system} and {against} differ no more than answers vary."
        least, most = sorted((abs(found.low), abs(found.high)))
        size, ends = _amount(abs(found.difference), self), f"{_amount(least, self)} to {_amount(most, self)}"
        faster = "faster" if (found.difference > 0) is self.faster_is_higher else "slower"
        on = counted(found.prompts, "prompt")
        return f"{self.name}: {system} is {faster} than {against} by {size} (95%: {ends}; median over {on})."


def _amount(value: float, measure: SpeedMeasure) -> str:
    return f"{value:,.1f}" if measure.faster_is_higher else f"{1000 * value:,.1f} ms"


FIRST_TOKEN = SpeedMeasure(
    "speed.first_token_seconds", "Time to the first token", False, lambda one: one.first_token_seconds
)
TOKEN_RATE = SpeedMeasure(
    "speed.tokens_per_second", "Tokens a second after the first", True, lambda one: one.tokens_per_second
)
SPEED_MEASURES = (FIRST_TOKEN, TOKEN_RATE)
