"""The matrix of systems and measures of a study, from all its sources, without withheld values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ftcompare.app.results.matrix.registry import SOURCES
from ftcompare.app.results.measure_matrix import TOGETHER, MeasureGroup, MeasureRow, MeasureSource
from ftcompare.app.study.kept_findings import kept_until_changed
from ftcompare.app.study.shown_names import base_names, system_names
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.core.disclosure import Subject, Withheld
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class MeasureMatrix:
    """The matrix: systems as columns, measures as rows.

    Args:
        systems: names of the columns, bases first, then in the order in which they were added; `TOGETHER`
            alone while blinded.
        bases: names of the systems that others were made from.
        rows: the rows in the order of their groups.
        beginnings: for groups without rows: how to compute their measures.
        withheld: why there are no columns of single systems; None where there are.
        after_unblinding: groups with results that are shown only after unblinding.
    """

    systems: tuple[str, ...] = ()
    bases: frozenset[str] = frozenset()
    rows: tuple[MeasureRow, ...] = ()
    beginnings: Mapping[MeasureGroup, str] = field(default_factory=dict)
    withheld: Withheld | None = None
    after_unblinding: tuple[MeasureGroup, ...] = ()

    @property
    def groups(self) -> tuple[MeasureGroup, ...]:
        """The groups that have rows, instructions to compute them, or results after unblinding."""
        known = {row.group for row in self.rows} | {*self.beginnings, *self.after_unblinding}
        return tuple(group for group in MeasureGroup if group in known)

    def of_group(self, group: MeasureGroup) -> tuple[MeasureRow, ...]:
        """The rows of a group."""
        return tuple(row for row in self.rows if row.group is group)

    def row(self, key: str) -> MeasureRow | None:
        """The row of a key; None where there is none."""
        return next((row for row in self.rows if row.key == key), None)


@kept_until_changed
def study_matrix(
    study: StudyFile, told: ProgressCallback = ignore_progress, sources: tuple[MeasureSource, ...] = SOURCES
) -> MeasureMatrix:
    """Compute every measure of a study; ``told`` may cancel. While blinded, pooled over all systems."""
    ordered = sorted(sources, key=lambda source: [*MeasureGroup].index(source.group))
    withheld = study.settings.read().disclosure.withheld(Subject.AUTOMATIC_MEASURES)
    if withheld is not None:
        return _together(study, told, ordered, withheld)
    found = {source: tuple(source.rows(study, told)) for source in ordered}
    bases, names = base_names(study) or frozenset(), tuple(system_names(study).values())
    systems = tuple(sorted(names, key=lambda system: system not in bases))
    begin = {source.group: source.beginning(study) for source, rows in found.items() if not rows}
    return MeasureMatrix(systems, bases, sum(found.values(), ()), begin)


def _together(
    study: StudyFile, told: ProgressCallback, sources: Iterable[MeasureSource], withheld: Withheld
) -> MeasureMatrix:
    rows: list[MeasureRow] = []
    begin, after = {}, []
    for source in sources:
        if source.together is None:
            if source.done is None or source.done(study):
                after.append(source.group)
            else:
                begin[source.group] = source.beginning(study)
            continue
        own = [_of_all(row) for row in source.together(study, told)]
        rows += own
        if not own:
            begin[source.group] = source.beginning(study)
    return MeasureMatrix((TOGETHER,), frozenset(), tuple(rows), begin, withheld, tuple(after))


def _of_all(row: MeasureRow) -> MeasureRow:
    """Keep only the pooled values of a row, whatever else the source returned."""
    return replace(
        row,
        by_system={system: value for system, value in row.by_system.items() if system == TOGETHER},
        differences={},
        answers={},
    )
