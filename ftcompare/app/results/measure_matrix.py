"""The matrix of systems and measures, which window, report, command line and gate read.

A row is one measure with the value of every system and the differences of each two; its cells are computed of
the answers themselves and never pooled with what people judged.

To add a measure: have the source of its group return one more `MeasureRow`. To add a group's source: write a
module in `ftcompare.app.results.matrix` that gives a `MeasureSource`, and put it into
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
"""The one column while a study is blinded."""


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


@dataclass(frozen=True, slots=True)
class MeasuredValue:
    """The value of one system.

    Args:
        low: lower end of its 95% interval; None, as ``high``, without one.
        count: prompts, or tasks' items, that it is a mean of.
    """

    value: float
    low: float | None
    high: float | None
    count: int


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One measure of all systems.

    Args:
        key: stays the same whatever the measure is called, such as ``checks.passed``; gates name it.
        name: in the window, the report and on the command line.
        unit: of its values: SHARE, 0 to 1, whose differences are told in points; or SCORE.
        higher_is_better: None where neither is.
        by_system: by the name that may be shown now; of those that have a value.
        differences: by pair (a, b), b less a on what both have; of each two systems one order is enough.
        explanation: how it is computed; it names no system.
        answers: by system, the value of each prompt behind its cell; empty where no prompts of the study are.
        scale: what its values and differences are multiplied with to be told, such as 100 for chrF.
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

    def difference(self, a: str, b: str) -> PairedDifference | None:
        """The value of b less that of a on what both have; None where nothing is."""
        found = self.differences.get((a, b))
        if found is not None:
            return found
        other = self.differences.get((b, a))
        return None if other is None else _turned(other)


def _turned(found: PairedDifference) -> PairedDifference:
    """The same difference the other way round."""
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
        begin: a sentence: how to get them, with the button or the command; shown while there is no row.
        rows: of each system; called only after unblinding, with a callback that may raise `stopped`.
        together: the rows of all systems together, with the values of `TOGETHER` alone; None where they
            would not be safe to tell, or cannot be computed so.
        details: what else there is to show below the matrix, each in a card; asked only after unblinding.
        waits: in place of ``begin`` where prompts ask for these measures already: what is still to come.
            Empty where they do not.
        done: whether something is computed that is told after unblinding alone, of a source without
            ``together``; None where that is not known.
    """

    group: MeasureGroup
    begin: str
    rows: FindRows
    together: FindRows | None = None
    details: Callable[[StudyFile, ProgressCallback], Sequence[Section]] | None = None
    waits: Callable[[StudyFile], str] | None = None
    done: Callable[[StudyFile], bool] | None = None

    def beginning(self, study: StudyFile) -> str:
        """How to get these measures in a study that has none of them."""
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
    """A measure that has a value for each prompt and system.

    Args:
        group: as in `MeasureRow`; so ``key``, ``name``, ``explanation``, ``unit``, ``higher_is_better`` and
            ``scale``.
        key: as above.
        name: as above.
        values: by system in the order in which they are shown, then by prompt; 0 to 1.
        coarse: the measure has few values (`paired_difference`).
        explanation: as above.
        unit: as above.
        higher_is_better: as above.
        scale: as above.
        jumps: the measure may differ much on few prompts (`paired_difference`).

    Returns:
        None where no system has a value.
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
    """A row of `TOGETHER` without the prompts behind it, which stay untold while the study is blinded."""
    return None if row is None else replace(row, answers={}, differences={})


def _difference(
    values: Mapping[str, Mapping[str, float]], pair: tuple[str, str], *, coarse: bool, jumps: bool
) -> PairedDifference | None:
    a, b = pair
    return paired_difference(values[a], values[b], coarse=coarse, jumps=jumps)


def _measured(values: Iterable[float]) -> MeasuredValue:
    found = prompt_mean(tuple(values))
    return MeasuredValue(found.value, found.low, found.high, found.prompts)
