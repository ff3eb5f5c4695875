"""The people who may rate a study on this machine, and whom a study still waits for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ftcompare.app.study.description import packs_out
from ftcompare.core.person_names import folded_name
from ftcompare.core.study import Rater, RaterId, RaterKind
from ftcompare.store.pack.pack_file import PackFile
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class KnownRaters:
    """The names of the people who rate a study, in the order in which they were added."""

    names: tuple[str, ...]  # people who can rate in this file
    away: tuple[str, ...] = ()  # people who cannot rate here because all their pairs are in a rater pack

    def spelled(self, name: str) -> str:
        """The name as the study spells it, ignoring case; empty when nobody of that name can rate here."""
        wanted = folded_name(name)
        return next((known for known in self.names if folded_name(known) == wanted), "")


class Awaited(StrEnum):
    """Whom a study still waits for: nobody, people who rate on this machine, or rater packs."""

    NOBODY = "nobody"
    HERE = "here"
    PACKS = "packs"


def raters_of(file: StudyFile | PackFile) -> KnownRaters | None:
    """The people who may rate in the open file; None for a pack, which is made for one rater."""
    return known_raters(file) if isinstance(file, StudyFile) else None


def known_raters(study: StudyFile) -> KnownRaters:
    """The people who rated in a study or voted on its live page."""
    people = [rater for rater in study.raters.all() if rater.kind is RaterKind.HUMAN]
    away = {
        r.id for r in people if study.packs.count_pairs(r.id) and not study.judgments.progress(r.id).total
    }
    return KnownRaters(
        tuple(rater.name for rater in people if rater.id not in away),
        tuple(rater.name for rater in people if rater.id in away),
    )


def others_awaited(study: StudyFile, done: RaterId) -> Awaited:
    """Whom a study still waits for after one rater is done."""
    live_only = study.raters.live_only()
    others = [
        rater
        for rater in study.raters.all()
        if rater.kind is RaterKind.HUMAN and rater.id != done and rater.id not in live_only
    ]
    begun = [
        rater
        for rater in others
        if study.packs.count_pairs(rater.id) or study.judgments.progress(rater.id).judged
    ]
    if len(begun) + 1 < study.settings.design().raters or any(_at_work(study, rater) for rater in others):
        return Awaited.HERE
    return Awaited.PACKS if any(pack.rater.id != done for pack in packs_out(study)) else Awaited.NOBODY


def _at_work(study: StudyFile, rater: Rater) -> bool:
    here = study.judgments.progress(rater.id)
    return here.judged + here.skipped < here.total
