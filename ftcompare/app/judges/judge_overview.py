"""The judges of a study with their numbers of replies: totals only, so they are never withheld."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import cast

from ftcompare.app.judges.own_systems import own_system_warning
from ftcompare.app.judges.server_checks import ServerChecks, checks_so_far
from ftcompare.core.hashing import Json
from ftcompare.core.judge import Judge, JudgeKind, JudgeOutcome, JudgeSpec
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class JudgeTotals:
    """The number of one judge's replies so far."""

    judge: Judge
    replies: int  # number of replies to questions; a pair has two, one for each order
    without_verdict: int  # number of replies from which no verdict could be read
    pairs: int  # number of pairs with votes of this judge
    tries: int  # number of attempts that the replies took
    prompt_tokens: int  # input tokens as far as counted; ``tokens`` are the output tokens
    tokens: int
    warning: str  # warning to show with all its figures; may be empty
    # for a reward model, the number of answers in the study's pairs without a score; None for other judges
    without_score: int | None = None
    # requests and tokens used to verify its server; zero without a server
    checks: ServerChecks = field(default_factory=ServerChecks)


def judge_totals(study: StudyFile) -> tuple[JudgeTotals, ...]:
    """The totals of every judge of a study, in the order in which they were added."""
    return tuple(_totals(study, judge) for judge in study.judges.all())


def _totals(study: StudyFile, judge: Judge) -> JudgeTotals:
    replies = unread = tries = read = written = 0
    for reply in study.judges.replies(judge.id):
        replies += 1
        unread += reply.outcome is JudgeOutcome.NONE
        tries += len(reply.tries)
        read += sum(one.prompt_tokens or 0 for one in reply.tries)
        written += sum(one.tokens or 0 for one in reply.tries)
    voted = len(study.judges.voted(judge))
    warning = own_system_warning(study, judge)
    unscored, checks = _unscored(study, judge), checks_so_far(study, judge)
    return JudgeTotals(judge, replies, unread, voted, tries, read, written, warning, unscored, checks)


def _unscored(study: StudyFile, judge: Judge) -> int | None:
    if judge.spec.kind is not JudgeKind.REWARD:
        return None
    answers = {answer for pair in study.judges.pairs() for answer in (pair.a, pair.b)}
    return len(answers - study.judges.scores(judge.id).keys())


def judge_words(spec: JudgeSpec) -> str:
    if spec.members:
        return f"jury of {', '.join(spec.members)}"
    adapter = f" with {spec.adapter}" if spec.adapter else ""
    place = f" at {spec.url}" if spec.url else ""
    return f"{spec.kind.value} {spec.model}{adapter}{place}"


def totals_json(found: JudgeTotals) -> dict[str, Json]:
    """One entry of ``judges --json``, as the command-line reference describes it."""
    spec = found.judge.spec
    told: dict[str, Json] = {
        "name": spec.name,
        "kind": spec.kind.value,
        "mode": spec.mode.value,
        "model": spec.model,
        "adapter": spec.adapter,
        "url": spec.url,
        "members": [*spec.members],
        "rubric": spec.rubric,
        "rubric_digest": spec.rubric_digest,
        "settings": cast("dict[str, Json]", asdict(spec.settings)),
        "digest": found.judge.digest,
    }
    counts = (
        "replies",
        "without_verdict",
        "pairs",
        "tries",
        "prompt_tokens",
        "tokens",
        "warning",
        "without_score",
    )
    counted: dict[str, Json] = {name: getattr(found, name) for name in counts}
    return {**told, **counted, "server_checks": found.checks.to_json()}
