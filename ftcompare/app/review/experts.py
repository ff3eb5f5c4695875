"""The experts who mark, correct and adjudicate in a study, and the pairs that they still have to rate."""

from __future__ import annotations

from dataclasses import dataclass

from ftcompare.app.study.description import packs_out
from ftcompare.core.annotations import ExpertId
from ftcompare.core.person_names import folded_name
from ftcompare.core.plurals import counted
from ftcompare.core.study import RaterId, RaterKind
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class StillToRate:
    """An expert who is also a rater with pairs left; reading answers as an expert ends blindness for them."""

    name: str  # the name as the study spells it
    # number of pairs handed out to the rater, here or in a pack, that are neither judged nor skipped
    pairs: int

    @property
    def words(self) -> str:
        """The warning before a page that shows answers."""
        return (
            f"{self.name} still has {counted(self.pairs, 'pair')} to rate. Answers read here are known when "
            "they are rated, and what they have in common may tell which system wrote them: rate first."
        )


def expert_names(study: StudyFile) -> tuple[str, ...]:
    return tuple(expert.name for expert in study.annotations.experts())


def find_expert(study: StudyFile, name: str) -> ExpertId | None:
    """The expert of this name, ignoring case; None for a person without annotations in the study."""
    wanted = folded_name(name)
    return next((one.id for one in study.annotations.experts() if folded_name(one.name) == wanted), None)


def names_by_expert(study: StudyFile) -> dict[ExpertId, str]:
    return {expert.id: expert.name for expert in study.annotations.experts()}


def still_to_rate(study: StudyFile, name: str) -> StillToRate | None:
    """The pairs that a person still has to rate; None when there are none or rating is over."""
    wanted = folded_name(name)
    people = (one for one in study.raters.all() if one.kind is RaterKind.HUMAN)
    rater = next((one for one in people if folded_name(one.name) == wanted), None)
    if rater is None or not study.settings.read().disclosure.rating_open:
        return None
    left = _left(study, rater.id)
    return StillToRate(rater.name, left) if left else None


def _left(study: StudyFile, rater: RaterId) -> int:
    here = study.judgments.progress(rater)
    away = study.packs.count_pairs(rater) if any(pack.rater.id == rater for pack in packs_out(study)) else 0
    return here.total - here.judged - here.skipped + away
