"""The matrix of systems and measures, for the window, report, command line and release gate.

A row is one measure with the value of every system and the difference of each pair. Cells are computed from
the answers and never pooled with people's judgments.

To add a measure: let the source of its group return one more `MeasureRow`. To add a source: write a module in
`ftcompare.app.results.matrix` that defines a `MeasureSource`, and add it to
`ftcompare.app.results.matrix.registry.SOURCES`; window, report and ``measures`` then show it.

- Where a measure has a value from 0 to 1 for each prompt, `row_of_prompts` makes the whole row: means,
  intervals, paired differences, and the prompts behind every cell. Else fill in a `MeasureRow`.
- What no run has computed yet gives no row. The source's ``begin`` then says how to begin.
- ``rows`` is asked only where `Subject.AUTOMATIC_MEASURES` may be told. While a study is blinded
  ``together`` is asked for the same rows of all systems together, whose only system is `TOGETHER`
  (`row_together`). Without it the group says that it comes after unblinding,
  or, where ``done`` says that there is nothing, how to begin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import combinations

from ftcompare.app.results.presentation.blocks import Explanation, Section, Unit
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.study import PromptId
from ftcompare.stats.paired_difference import PairedDifference, paired_difference
from ftcompare.stats.prompt_mean import prompt_mean
from ftcompare.store.study.study_file import StudyFile

TOGETHER = "All systems together"
"""Name of the only column while a study is blinded."""


class MeasureGroup(StrEnum):
    """Groups of measures, in the order in which they are shown."""

    CHECKS = "checks"
    LABELS = "labels"
    CODE = "code"
    JUDGES = "judges"
    RETENTION = "retention"
    SAFETY = "safety"
    CONSISTENCY = "consistency"
    CONFIDENCE = "confidence"
    SPEED = "speed"


@dataclass(frozen=True, slots=True)
class MeasuredValue:
    """The value of one system.

    Args:
        low: lower end of its 95% interval; None, like ``high``, without an interval.
        count: number of prompts or task items that it is a mean of.
        slow: of speeds, the value that 95% of the answers are at least as fast as; else None.
    """

    value: float
    low: float | None
    high: float | None
    count: int
    slow: float | None = None


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One measure of all systems.

    Args:
        key: permanent identifier, such as ``checks.passed``; gate files use it.
        name: name in the window, the report and on the command line.
        unit: unit of its values: SHARE (0 to 1; differences are shown in percentage points) or SCORE.
        higher_is_better: None where neither direction is better.
        by_system: value by the system name that may be shown now; only systems with a value.
        differences: by pair (a, b): b minus a on the prompts that both have; one order of each pair is
            enough.
        explanation: how it is computed; must not name a system.
        answers: by system: the value of each prompt behind its cell; empty for measures without prompts of
            the study.
        medians: whether values and differences are medians over prompts, else means.
        scale: factor by which values and differences are multiplied for display, such as 100 for chrF.
    """

    group: MeasureGroup
    key: str
    name: str
    unit: Unit
    higher_is_better: bool | None
    by_system: Mapping[str, MeasuredValue]
    differences: Mapping[tuple[str, str], PairedDifference]
    explanation: Explanation
    answers: Mapping[str, Mapping[PromptId, float]] = field(default_factory=dict)
    scale: float = 1.0
    medians: bool = False

    def difference(self, a: str, b: str) -> PairedDifference | None:
        """Value of b minus value of a on the prompts that both have; None where there are none."""
        found = self.differences.get((a, b))
        if found is not None:
            return found
        other = self.differences.get((b, a))
        return None if other is None else _turned(other)


def _turned(found: PairedDifference) -> PairedDifference:
    """The difference with its sign reversed."""
    return replace(
        found,
        mean_a=found.mean_b,
        mean_b=found.mean_a,
        difference=-found.difference,
        low=None if found.high is None else -found.high,
        high=None if found.low is None else -found.low,
    )


FindRows = Callable[[StudyFile, ProgressCallback], Sequence[MeasureRow]]


@dataclass(frozen=True, slots=True)
class MeasureSource:
    """The measures of one group.

    Args:
        begin: a sentence that says how to compute them, with the button or command; shown while there are no
            rows.
        rows: the rows by system; called only after unblinding, with a progress callback that may raise
            `stopped`.
        together: the rows pooled over all systems, with `TOGETHER` as the only system; None where pooled
            values would reveal systems or cannot be computed.
        details: further sections below the matrix, each shown as a card; called only after unblinding.
        waits: what is still to be computed, shown instead of ``begin`` where prompts already ask for these
            measures; empty where they do not.
        done: whether something is computed that is shown only after unblinding, for a source without
            ``together``; None where that is unknown.
    """

    group: MeasureGroup
    begin: str
    rows: FindRows
    together: FindRows | None = None
    details: Callable[[StudyFile, ProgressCallback], Sequence[Section]] | None = None
    waits: Callable[[StudyFile], str] | None = None
    done: Callable[[StudyFile], bool] | None = None

    def beginning(self, study: StudyFile) -> str:
        """How to compute these measures in a study that has none of them."""
        return (self.waits(study) if self.waits else "") or self.begin


def row_of_prompts(
    group: MeasureGroup,
    key: str,
    name: str,
    values: Mapping[str, Mapping[PromptId, float]],
    *,
    coarse: bool,
    explanation: Explanation,
    unit: Unit = Unit.SHARE,
    higher_is_better: bool | None = True,
    scale: float = 1.0,
    jumps: bool = False,
) -> MeasureRow | None:
    """Build the row of a measure that has a value for each prompt and system.

    Args:
        group: as in `MeasureRow`.
        key: as in `MeasureRow`.
        name: as in `MeasureRow`.
        values: by system in display order, then by prompt; 0 to 1.
        coarse: whether the measure takes few distinct values (see `paired_difference`).
        explanation: as in `MeasureRow`.
        unit: as in `MeasureRow`.
        higher_is_better: as in `MeasureRow`.
        scale: as in `MeasureRow`.
        jumps: whether the measure may differ strongly on few prompts (see `paired_difference`).

    Returns:
        The row; None where no system has a value.
    """
    own = {system: found for system, found in values.items() if found}
    if not own:
        return None
    keyed = {system: {str(prompt): v for prompt, v in found.items()} for system, found in own.items()}
    pairs = ((pair, _difference(keyed, pair, coarse=coarse, jumps=jumps)) for pair in combinations(own, 2))
    return MeasureRow(
        group,
        key,
        name,
        unit,
        higher_is_better,
        {system: _measured(found.values()) for system, found in own.items()},
        {pair: found for pair, found in pairs if found is not None},
        explanation,
        own,
        scale,
    )


def row_together(row: MeasureRow | None) -> MeasureRow | None:
    """A row of `TOGETHER` without the values by prompt, which stay withheld while the study is blinded."""
    return None if row is None else replace(row, answers={}, differences={})


def _difference(
    values: Mapping[str, Mapping[str, float]], pair: tuple[str, str], *, coarse: bool, jumps: bool
) -> PairedDifference | None:
    a, b = pair
    return paired_difference(values[a], values[b], coarse=coarse, jumps=jumps)


def _measured(values: Iterable[float]) -> MeasuredValue:
    found = prompt_mean(tuple(values))
    return MeasuredValue(found.value, found.low, found.high, found.prompts)
