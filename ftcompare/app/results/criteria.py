"""What raters said beside the whole, gathered from a study under the names that may be shown now."""

from __future__ import annotations

from collections.abc import Mapping

from ftcompare.app.study.shown_names import system_names
from ftcompare.core.disclosure import Subject
from ftcompare.core.study import SystemId
from ftcompare.stats.criteria import CriteriaResults, DetailedVote, details
from ftcompare.stats.summary import AskedPairs
from ftcompare.store.study.judgment_queries import VoteRow
from ftcompare.store.study.study_file import StudyFile


def study_details(study: StudyFile, asked: AskedPairs | None = None) -> CriteriaResults:
    """Criteria, strengths and reasons of the ordinary comparisons; empty where they are withheld.

    Args:
        study: whose judgments.
        asked: the pairs of systems that are wanted; None for all.
    """
    settings, names = study.settings.read(), system_names(study)
    if not settings.disclosure.tells(Subject.SLICES):
        return CriteriaResults()
    votes = (_vote(row, names) for row in study.judgments.votes())
    given = (vote for vote in votes if asked is None or {vote.a, vote.b} in asked)
    return details(given, scale=settings.scale, systems=[*names.values()])


def _vote(row: VoteRow, names: Mapping[SystemId, str]) -> DetailedVote:
    return DetailedVote(
        prompt=str(row.pair.prompt),
        rater=row.rater.name,
        a=names[row.pair.a],
        b=names[row.pair.b],
        choice=row.choice,
        strength=row.strength,
        criteria=row.criteria,
        reasons=row.reasons,
        rater_kind=row.rater.kind,
    )
