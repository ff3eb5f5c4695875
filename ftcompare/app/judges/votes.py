"""Convert a judge's verdicts on a pair in both orders to votes.

A pair gets votes when both orders have a verdict: one vote for each order, so that a preference that changes
with the order counts as a tie. A pair with one verdict gets no vote, because a single order would include the
judge's position bias.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ftcompare.app.judges.judge_reply import read_reply
from ftcompare.core.hashing import digest
from ftcompare.core.judge import Judge, JudgeOutcome, JudgeReply, JudgeTry, JudgeVote
from ftcompare.core.study import ComparisonId
from ftcompare.store.study.study_file import StudyFile

_PREFERENCE = {JudgeOutcome.A: 0.0, JudgeOutcome.TIE: 0.5, JudgeOutcome.B: 1.0}


def outcome_of(verdict: str, *, a_first: bool) -> JudgeOutcome:
    """Convert a verdict by position (``A``, ``B``, ``tie``) to one by response."""
    if verdict == "tie":
        return JudgeOutcome.TIE
    return JudgeOutcome.A if (verdict == "A") == a_first else JudgeOutcome.B


def store_votes(study: StudyFile, judge: Judge, comparison: ComparisonId, *, now: datetime) -> int:
    """Store the votes of a pair if both orders have a verdict; return their number."""
    own = [reply for reply in study.judges.replies_on(comparison) if reply.judge == judge.id]
    said = {reply.a_first: reply for reply in own if reply.outcome in _PREFERENCE}
    if len(said) < len(_ORDERS):
        return 0
    votes = [_vote(judge, said[a_first]) for a_first in _in_order(study, comparison)]
    return study.judges.add_votes(judge, comparison, votes, now=now)


_ORDERS = (True, False)
"""The two orders of a pair's responses: whether ``a`` is first."""


def _in_order(study: StudyFile, comparison: ComparisonId) -> tuple[bool, ...]:
    """The two orders, sorted by the text that is first.

    If the order with ``a`` first always came first, the list of votes would reveal which system was added
    first.
    """
    a, b = study.judges.sides(comparison)
    names = {system.id: system.neutral_name for system in study.systems.all()}
    keys = [digest("vote-order", [*one.answers, names[one.system]]) for one in (a, b)]
    return _ORDERS if keys[0] <= keys[1] else _ORDERS[::-1]


def _vote(judge: Judge, reply: JudgeReply) -> JudgeVote:
    reason = read_reply(judge.spec, reply.tries[-1].text).reason if not judge.spec.members else ""
    return JudgeVote(reply.outcome.value, _PREFERENCE[reply.outcome], reply.a_first, reason)


def jury_reply(jury: Judge, members: Sequence[tuple[Judge, JudgeReply]]) -> JudgeReply:
    """A jury's reply, from its members' replies about one pair in one order, or about one response.

    The verdict is the most frequent one; a tie if two are equally frequent. A score is the mean of the
    members' scores. The reply is empty where no member gave a verdict or score.
    """
    first = members[0][1]
    tries = tuple(JudgeTry(f"{judge.name}: {_told(reply)}") for judge, reply in members)
    scores = [reply.score for _, reply in members if reply.score is not None]
    outcome = JudgeOutcome.SCORE if scores else _majority([reply.outcome for _, reply in members])
    score = sum(scores) / len(scores) if scores else None
    return JudgeReply(jury.id, outcome, tries, first.comparison, first.a_first, first.response, score)


def _told(reply: JudgeReply) -> str:
    return f"{reply.score:g}" if reply.score is not None else reply.outcome.value


def _majority(outcomes: Sequence[JudgeOutcome]) -> JudgeOutcome:
    given = [one for one in outcomes if one in _PREFERENCE]
    if not given:
        return JudgeOutcome.NONE
    counts = {one: given.count(one) for one in given}
    first = [one for one, count in counts.items() if count == max(counts.values())]
    return first[0] if len(first) == 1 else JudgeOutcome.TIE
