"""Unblind a study, and count beforehand what would then remain unjudged."""

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
    """The state of the judging before unblinding."""

    judgments: int  # number of standing judgments, live votes excluded
    open_pairs: int  # number of written pairs that lack at least one planned judgment
    missing: int  # number of judgments that these pairs lack, in total
    packs: tuple[PackState, ...]  # rater packs with judgments that are not merged yet
    # number of the judgments that are of hidden repeats, controls and gold items; results do not count them
    checks: int = 0


def before_unblinding(study: StudyFile) -> BeforeUnblinding:
    """Count what is still to be judged.

    The study's design says how many judgments a pair needs. Where raters do not share the pairs, this is the
    larger of the number of planned raters and the number of people who rate, and at least 1.
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
    """Whether there are judgments, every written pair has all of its own, and every pack is merged."""
    found = before_unblinding(study)
    return bool(found.judgments) and not found.open_pairs and not found.packs


def unblind(study: StudyFile, reason: str, *, now: datetime) -> Study:
    """Show the systems' names from now on. This cannot be undone; the reason is stored.

    Raises:
        UserError: no reason is given, or the study is unblinded already.
    """
    return study.settings.unblind(reason.strip(), now=now)
