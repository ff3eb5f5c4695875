"""The order of a study's comparisons: those that show the effect of fine-tuning come first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ftcompare.app.setup.recipes import is_prompted_base
from ftcompare.core.disclosure import Subject
from ftcompare.core.study import RaterKind, System
from ftcompare.stats.summary import PairSummary, Summary
from ftcompare.store.study.study_file import StudyFile


def in_order(study: StudyFile, summary: Summary) -> Summary:
    """Sort comparisons: first those with one fine-tuned system, and people's before programs'.

    Among these, comparisons with a plain base precede those with a prompted base. Others keep the order in
    which systems were added. All keep it while it is withheld which systems are fine-tuned.
    """
    told = study.settings.read().disclosure
    if not (told.order_told and told.tells(Subject.SYSTEM_DETAILS)):
        return summary
    systems = {system.name: system for system in study.systems.all()}
    return replace(summary, comparisons=_sorted(summary.comparisons, systems))


def _sorted(pairs: Sequence[PairSummary], systems: Mapping[str, System]) -> tuple[PairSummary, ...]:
    def place(pair: PairSummary) -> tuple[bool, int]:
        return pair.rater_kind is not RaterKind.HUMAN, _rank(systems[pair.a], systems[pair.b])

    return tuple(sorted(pairs, key=place))


def _rank(a: System, b: System) -> int:
    """Sort key from 0 (fine-tune against plain base) to 3 (none or both fine-tuned)."""
    if a.spec.fine_tuned == b.spec.fine_tuned:
        return 3
    other = b if a.spec.fine_tuned else a
    if not other.spec.is_base:
        return 2
    return int(is_prompted_base(other))
