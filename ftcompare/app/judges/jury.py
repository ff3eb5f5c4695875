"""The votes of a jury, made from its members' verdicts once all have replied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from ftcompare.app.judges.questions import JudgeQuestion, PairChoice, chosen_pairs, questions, unanswered
from ftcompare.app.judges.votes import jury_reply, store_votes
from ftcompare.core.hashing import Json
from ftcompare.core.judge import Judge, JudgeReply, JudgeSpec
from ftcompare.core.study import ComparisonId, ResponseId
from ftcompare.store.study.engine_runs import JUDGED
from ftcompare.store.study.study_file import StudyFile

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
