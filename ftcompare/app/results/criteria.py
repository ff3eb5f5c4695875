"""What raters said beside the whole, gathered from a study under the names that may be shown now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ftcompare.app.study.shown_names import system_names
from ftcompare.core.study import SystemId
from ftcompare.stats.criteria import CriteriaResults, DetailedVote, details
from ftcompare.stats.summary import AskedPairs
from ftcompare.store.study.judgment_queries import VoteRow
from ftcompare.store.study.study_file import StudyFile


def study_details(study: StudyFile, asked: AskedPairs | None = None) -> CriteriaResults:
    """Criteria, strengths and reasons of the ordinary comparisons; empty where there are none.

    Args:
        study: whose judgments.
        asked: the pairs of systems that are wanted; None for all.
    """
    names = [*system_names(study).values()]
    systems = sorted(names) if study.study().blinded else names
    given = (vote for vote in detailed_votes(study) if asked is None or {vote.a, vote.b} in asked)
    return details(given, scale=study.study().scale, systems=systems)


def detailed_votes(study: StudyFile) -> Iterator[DetailedVote]:
    """The standing judgments. While blinded, names and their order are neutral, as in the results."""
    names, blinded = system_names(study), study.study().blinded
    for row in study.vote_rows():
        vote = _vote(row, names)
        # By stored order the base would come first every time.
        yield vote.turned() if blinded and vote.a > vote.b else vote


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
