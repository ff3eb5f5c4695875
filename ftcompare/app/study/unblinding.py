"""The judgments that are still to come, and unblinding."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ftcompare.app.study.description import packs_out
from ftcompare.core.errors import UserError
from ftcompare.core.language import counted, listed, trn
from ftcompare.core.study import ComparisonId, RaterKind, Study
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

    The study's design says how many judgments a pair needs. If raters do not share the pairs, this is the
    larger of the number of planned raters and the number of people who rate, and at least 1.
    """
    counts, design = study.counts(), study.settings.design()
    live_only = study.raters.live_only()
    people = sum(r.kind is RaterKind.HUMAN and r.id not in live_only for r in study.raters.all())
    wanted = design.each or max(people, design.raters, 1)
    made: Counter[ComparisonId] = Counter()
    ordinary = 0
    for row in study.judgments.votes():
        ordinary += 1
        if row.rater.kind is RaterKind.HUMAN:
            made[row.pair.comparison] += 1
    inherited = study.inherited.pairs()
    lacking = [wanted - n for pair, n in made.items() if n < wanted and pair not in inherited]
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
    """Show the systems' names from now on. This cannot be undone; the reason is stored."""
    return require_answers(study).settings.unblind(reason.strip(), now=now)


def require_answers(study: StudyFile) -> StudyFile:
    """Return the study; raise ``nothing-to-unblind`` if it has no answers, as it could never be rated."""
    if study.responses.any():
        return study
    what, how = "The study has no answers yet, so there is nothing to unblind.", "Generate answers first."
    raise UserError(what, where=str(study.path), how=how, code="nothing-to-unblind")


@dataclass(frozen=True, slots=True)
class OpenJudging:
    """Judgments that are still to come. Hidden repeats, controls and gold items do not count."""

    # judgments planned for the written pairs, in total; 0 when no rater is planned and no pair was handed
    # out, for example when all judgments were imported
    planned: int
    each: int  # judgments that each written pair is to have; 0 likewise
    missing: int  # planned judgments that are neither given nor skipped
    pairs: int  # number of pairs with missing judgments
    packs: tuple[str, ...]  # names of the raters whose packs are not merged yet

    @property
    def finished(self) -> bool:
        return not self.missing and not self.packs

    @property
    def words(self) -> str:
        pairs, planned = counted(self.pairs, "pair"), counted(self.planned, "planned judgment")
        missing = trn("{number} of {planned} (is|are) open, on {pairs}", self.missing, planned, pairs)
        packs = trn(
            "{number} rater (pack is|packs are) out ({names})", len(self.packs), ", ".join(self.packs)
        )
        return listed([*([missing] if self.missing else []), *([packs] if self.packs else [])])


def open_judging(study: StudyFile) -> OpenJudging:
    """Count the judgments still to come from people who were handed pairs; skips count, as in a pack.

    With a sealed plan, its pairs count even if they were never generated.
    """
    sealed = [*study.audit.entries("sealed"), *study.audit.entries("seal-amended")]
    pairs = max([study.counts().pairs_written, *(_pairs(entry.detail["document"]) for entry in sealed[-1:])])
    design = study.settings.design()
    wanted = design.each or max(study.judgments.people_handed_pairs(), design.raters)
    answered, inherited = study.judgments.times_answered(), study.inherited.pairs()
    lacking = [wanted - n for pair, n in answered.items() if n < wanted and pair not in inherited]
    untouched = pairs - len(answered) if wanted else 0
    return OpenJudging(
        planned=pairs * wanted,
        each=wanted,
        missing=sum(lacking) + untouched * wanted,
        pairs=len(lacking) + untouched,
        packs=tuple(pack.rater.name for pack in packs_out(study)),
    )


def _pairs(document: Any) -> int:
    """The number of pairs in a sealed plan; read without `sealed_plan`, which loads scipy."""
    return int(document["study"]["pairs"])
