"""Votes of judges: a judge's verdicts on a pair in both orders, and those of a jury from its members'.

A pair gets votes when both orders have a verdict: one vote for each order, so that a preference that changes
with the order counts as a tie. A pair with one verdict gets no vote, because a single order would include the
judge's position bias.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from ftcompare.app.judges.judge_reply import read_reply
from ftcompare.app.judges.questions import JudgeQuestion, PairChoice, chosen_pairs, questions, unanswered
from ftcompare.core.hashing import Json, digest
from ftcompare.core.judge import Judge, JudgeOutcome, JudgeReply, JudgeSpec, JudgeTry, JudgeVote
from ftcompare.core.study import ComparisonId, ResponseId
from ftcompare.store.study.engine_runs import JUDGED
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


AT_ONCE = 500
"""Number of replies stored in one transaction."""

_Asked = tuple[ComparisonId, bool] | ResponseId


def jury_votes(
    study: StudyFile, spec: JudgeSpec, choice: PairChoice, *, clock: Callable[[], datetime]
) -> int:
    """Store a jury's reply to every question that all members have answered; return their number."""
    members = [member for name in spec.members if (member := study.judges.named(name)) is not None]
    said = [{_asked(reply): reply for reply in study.judges.replies(one.id)} for one in members]
    left = unanswered(study, study.judges.known(spec), questions(spec, chosen_pairs(study, choice)))
    ready = [question for question in left if all(_key(question) in one for one in said)]
    if not ready or len(members) < len(spec.members):
        return 0
    jury = study.judges.add(spec, now=clock())
    record: dict[str, Json] = {
        "judge": jury.id,
        "judge_digest": jury.digest,
        "members": [[one.name, one.digest] for one in members],
        "pairs": choice.to_json(),
        "questions": len(ready),
    }
    examination = study.scores.add_examination(JUDGED, record, now=clock())
    for start in range(0, len(ready), AT_ONCE):
        with study.atomic():
            for question in ready[start : start + AT_ONCE]:
                found = [(one, replies[_key(question)]) for one, replies in zip(members, said, strict=True)]
                _store(study, jury, found, examination, clock())
    return len(ready)


def _store(
    study: StudyFile,
    jury: Judge,
    members: Sequence[tuple[Judge, JudgeReply]],
    examination: int,
    now: datetime,
) -> None:
    reply = jury_reply(jury, members)
    study.judges.add_reply(reply, examination=examination)
    if reply.comparison is not None:
        store_votes(study, jury, reply.comparison, now=now)


def _key(question: JudgeQuestion) -> _Asked:
    return question.shown[0] if question.order is None else question.order


def _asked(reply: JudgeReply) -> _Asked:
    if reply.comparison is not None and reply.a_first is not None:
        return reply.comparison, reply.a_first
    return ResponseId(reply.response or 0)
