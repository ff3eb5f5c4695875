"""Unblinding a study, and what its owner should know before: what would then never be judged blind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from ftcompare.app.study.description import packs_out
from ftcompare.core.study import RaterKind, Study
from ftcompare.store.pack.repository import PackState as PackState
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class BeforeUnblinding:
    """How far the judging is.

    Args:
        judgments: standing judgments of any kind but live votes.
        open_pairs: written pairs that lack at least one of the judgments planned for them.
        missing: judgments that these pairs lack, all together.
        checks: of the judgments, those of hidden repeats, controls and gold items, which no result counts.
    """

    judgments: int
    open_pairs: int
    missing: int
    packs: tuple[PackState, ...]
    checks: int = 0


def before_unblinding(study: StudyFile) -> BeforeUnblinding:
    """Count what is still to come.

    A pair is to be judged as often as the study's design says; where raters do not share the pairs, once by
    each of the people who are planned for or have begun, and by one where there are neither.
    """
    counts, design = study.counts(), study.settings.design()
    live_only = study.raters.live_only()
    people = sum(r.kind is RaterKind.HUMAN and r.id not in live_only for r in study.raters.all())
    wanted = design.each or max(people, design.raters, 1)
    made: Counter[int] = Counter()
    ordinary = 0
    for row in study.judgments.votes():
        ordinary += 1
        if row.rater.kind is RaterKind.HUMAN:
            made[row.pair.comparison] += 1
    lacking = [wanted - n for n in made.values() if n < wanted]
    untouched = counts.pairs_written - len(made)
    return BeforeUnblinding(
        judgments=counts.judgments,
        open_pairs=len(lacking) + untouched,
        missing=sum(lacking) + untouched * wanted,
        packs=packs_out(study),
        checks=counts.judgments - ordinary,
    )


def all_judged(study: StudyFile) -> bool:
    """Whether every pair that is written has its judgments and no pack is out."""
    found = before_unblinding(study)
    return bool(found.judgments) and not found.open_pairs and not found.packs


def unblind(study: StudyFile, reason: str, *, now: datetime) -> Study:
    """Show the systems by name from now on. It cannot be undone, and is kept with its reason.

    Raises:
        UserError: no reason is given, or it is unblinded already.
    """
    return study.settings.unblind(reason.strip(), now=now)
