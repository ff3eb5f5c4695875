"""From a judge's verdicts on a pair in both orders to the votes of its rater.

A pair gets votes once both orders have a verdict: one in each order, so that a preference that changes with
the order is a tie on balance. A pair of which one order has none gets no vote: a single order would carry the
judge's preference for a place.
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
    """A verdict by the order of the answers (``A``, ``B``, ``tie``) as one by response."""
    if verdict == "tie":
        return JudgeOutcome.TIE
    return JudgeOutcome.A if (verdict == "A") == a_first else JudgeOutcome.B


def store_votes(study: StudyFile, judge: Judge, comparison: ComparisonId, *, now: datetime) -> int:
    """Adds the votes of a pair where both orders have a verdict; returns how many."""
    own = [reply for reply in study.judges.replies_on(comparison) if reply.judge == judge.id]
    said = {reply.a_first: reply for reply in own if reply.outcome in _PREFERENCE}
    if len(said) < len(_ORDERS):
        return 0
    votes = [_vote(judge, said[a_first]) for a_first in _in_order(study, comparison)]
    return study.judges.add_votes(judge, comparison, votes, now=now)


_ORDERS = (True, False)
"""Of a pair's responses: whether ``a`` comes first."""


def _in_order(study: StudyFile, comparison: ComparisonId) -> tuple[bool, ...]:
    """The two orders as they are written, by the text that comes first.

    Were that of ``a`` always first, the list of votes would tell which system was added first.
    """
    a, b = study.judges.sides(comparison)
    names = {system.id: system.neutral_name for system in study.systems.all()}
    keys = [digest("vote-order", [*one.answers, names[one.system]]) for one in (a, b)]
    return _ORDERS if keys[0] <= keys[1] else _ORDERS[::-1]


def _vote(judge: Judge, reply: JudgeReply) -> JudgeVote:
    reason = read_reply(judge.spec, reply.tries[-1].text).reason if not judge.spec.members else ""
    return JudgeVote(reply.outcome.value, _PREFERENCE[reply.outcome], reply.a_first, reason)


def jury_reply(jury: Judge, members: Sequence[tuple[Judge, JudgeReply]]) -> JudgeReply:
    """What a jury says where its members said this of one pair in one order, or of one response.

    The verdict that most of those who gave one gave; a tie where two share the first place. Of scores the
    mean. Nothing where no member gave any.
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
