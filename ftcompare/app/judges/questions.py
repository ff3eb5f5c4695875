"""The pairs that a judge is asked about, the open questions, and the votes that the replies give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import cast

from ftcompare.app.judges.judge_prompt import read_reply
from ftcompare.app.study.shown_names import system_names
from ftcompare.core.blinding import seeded
from ftcompare.core.errors import UserError
from ftcompare.core.generation_settings import LARGEST_SEED as LARGEST_SEED
from ftcompare.core.hashing import Json, digest
from ftcompare.core.judge import Judge, JudgeMode, JudgeOutcome, JudgeReply, JudgeSpec, JudgeTry, JudgeVote
from ftcompare.core.study import ComparisonId, PromptId, ResponseId
from ftcompare.store.study.engine_runs import JUDGED
from ftcompare.store.study.judges import PairToJudge
from ftcompare.store.study.study_file import StudyFile

AT_ONCE = 64
"""Number of questions in progress at a time; stopping loses at most their unfinished attempts."""


@dataclass(frozen=True, slots=True)
class PairChoice:
    """Which of a study's ordinary pairs are judged."""

    between: tuple[str, ...] = ()  # current names of two systems, to judge only their pairs; empty for all
    only_judged: bool = False  # whether only pairs that a person has judged are included
    sample: int | None = None  # maximum number of pairs, drawn at random from these; None for all
    seed: int = 0  # seed of this draw

    def to_json(self) -> dict[str, Json]:
        return cast("dict[str, Json]", asdict(self))


ALL_PAIRS = PairChoice()


@dataclass(frozen=True, slots=True)
class JudgeQuestion:
    """One question to a judge: a pair in one order, or one response."""

    prompt: PromptId  # the prompt that was answered
    shown: tuple[ResponseId, ...]  # the responses, in the order in which they are shown
    # the pair, and whether its ``a`` is shown first; None for a single response
    order: tuple[ComparisonId, bool] | None = None

    @property
    def key(self) -> str:
        """A key that is unique among the questions to one judge; it seeds the sampling of the reply."""
        if self.order is None:
            return f"response {self.shown[0]}"
        comparison, a_first = self.order
        return f"pair {comparison} {'ab' if a_first else 'ba'}"


def chosen_pairs(study: StudyFile, choice: PairChoice) -> tuple[PairToJudge, ...]:
    """The pairs of a choice, in the order of their creation. Raises ``no-system``, ``no-pairs``."""
    systems = {name: system for system, name in system_names(study).items()}
    for name in choice.between:
        if name not in systems:
            raise UserError("The study has no such system.", where=name, code="no-system")
    wanted = {systems[name] for name in choice.between}
    found = [
        pair
        for pair in study.judges.pairs()
        if (not wanted or wanted == {pair.system_a, pair.system_b})
        and (pair.by_people or not choice.only_judged)
    ]
    if not found:
        how = "Generate or import answers of two systems first, or judge other pairs."
        raise UserError("There are no such pairs to judge.", where=study.path.name, how=how, code="no-pairs")
    if choice.sample is None or choice.sample >= len(found):
        return tuple(found)
    drawn = seeded(f"judge sample/{choice.seed}").sample(range(len(found)), choice.sample)
    return tuple(found[place] for place in sorted(drawn))


def questions(spec: JudgeSpec, pairs: Iterable[PairToJudge]) -> tuple[JudgeQuestion, ...]:
    """All questions about these pairs: each pair in both orders, or each of their responses once."""
    if spec.mode is JudgeMode.PAIRWISE:
        return tuple(
            JudgeQuestion(pair.prompt, shown, (pair.comparison, a_first))
            for pair in pairs
            for a_first, shown in ((True, (pair.a, pair.b)), (False, (pair.b, pair.a)))
        )
    responses = {one: pair.prompt for pair in pairs for one in (pair.a, pair.b)}
    return tuple(JudgeQuestion(prompt, (one,)) for one, prompt in responses.items())


def unanswered(
    study: StudyFile, judge: Judge | None, asked: Sequence[JudgeQuestion]
) -> tuple[JudgeQuestion, ...]:
    """The questions that a judge has not answered; all where the study has no such judge yet."""
    if judge is None:
        return tuple(asked)
    orders, scores = study.judges.orders_judged(judge.id), study.judges.scores(judge.id)
    return tuple(
        one for one in asked if (one.shown[0] not in scores if one.order is None else one.order not in orders)
    )


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
    """The two orders, sorted by text: ``a`` always first would reveal which system was added first."""
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
    said = (f"{reply.score:g}" if reply.score is not None else reply.outcome.value for _, reply in members)
    tries = tuple(JudgeTry(f"{judge.name}: {one}") for (judge, _), one in zip(members, said, strict=True))
    scores = [reply.score for _, reply in members if reply.score is not None]
    outcome = JudgeOutcome.SCORE if scores else _majority([reply.outcome for _, reply in members])
    score = sum(scores) / len(scores) if scores else None
    return JudgeReply(jury.id, outcome, tries, first.comparison, first.a_first, first.response, score)


def _majority(outcomes: Sequence[JudgeOutcome]) -> JudgeOutcome:
    given = [one for one in outcomes if one in _PREFERENCE]
    if not given:
        return JudgeOutcome.NONE
    counts = {one: given.count(one) for one in given}
    first = [one for one, count in counts.items() if count == max(counts.values())]
    return first[0] if len(first) == 1 else JudgeOutcome.TIE


JURY_VOTES_AT_ONCE = 500
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
    for start in range(0, len(ready), JURY_VOTES_AT_ONCE):
        with study.atomic():
            for question in ready[start : start + JURY_VOTES_AT_ONCE]:
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
