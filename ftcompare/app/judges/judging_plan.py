"""Preview of a judge's run: its cost, and the agreements that it needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from ftcompare.app.generate.engine_run import VERIFICATION_PROMPTS
from ftcompare.app.judges.judge_overview import ServerChecks, expected_checks, systems_named_alike
from ftcompare.app.judges.judge_prompt import ShownTexts, judge_messages
from ftcompare.app.judges.questions import (
    AT_ONCE,
    JudgeQuestion,
    PairChoice,
    chosen_pairs,
    questions,
    unanswered,
)
from ftcompare.app.setup.consent import agree_to_hosts, host_is_agreed, models_to_ask
from ftcompare.core.hashing import Json
from ftcompare.core.judge import Judge, JudgeKind, JudgeMode, JudgeSpec
from ftcompare.core.plurals import counted
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.engine.server_address import Address, read_address
from ftcompare.store.study.study_file import StudyFile

LOOKED_AT = 100
"""Number of evenly spaced questions from which the tokens of all are estimated."""

ANSWERS_LOOKED_AT = 2_000
USUAL_CHARACTERS = 4.0
"""Characters per token, where the study's answers have no token counts."""


@dataclass(frozen=True, slots=True)
class JudgingCost:
    """The estimated cost of one judge's remaining questions."""

    judge: str  # name of the judge
    pairs: int  # number of pairs to judge
    questions: int  # number of questions about them: two orders for each pair, or one for each response
    open: int  # number of these that are not asked yet
    prompt_tokens: int  # estimated input tokens
    reply_tokens: int | None  # estimated output tokens, from its earlier replies; None before the first reply
    # maximum output tokens over all attempts; 0 for a reward model, which generates none
    most_reply_tokens: int
    host: str  # host of the server to which texts are sent; empty where they stay on this machine
    # number of orders in which each pair is asked: 2, or 0 for a judge that scores single responses
    orders: int
    # estimated cost of verifying a server, in addition; zero requests without a server
    checks: ServerChecks = field(default_factory=ServerChecks)

    def to_json(self) -> dict[str, Json]:
        return {
            "judge": self.judge,
            "pairs": self.pairs,
            "orders": self.orders,
            "questions": self.questions,
            "open": self.open,
            "prompt_tokens": self.prompt_tokens,
            "reply_tokens": self.reply_tokens,
            "most_reply_tokens": self.most_reply_tokens,
            "sent_to": self.host,
            "server_checks": self.checks.to_json(),
        }


def judging_costs(
    study: StudyFile, specs: Sequence[JudgeSpec], choice: PairChoice
) -> tuple[JudgingCost, ...]:
    """The cost of the judge, or of each member of a jury. Raises as `JudgingRun`, but for agreements."""
    pairs = chosen_pairs(study, choice)
    found = []
    for spec in specs:
        known = study.judges.known(spec)
        if spec.kind is not JudgeKind.JURY:
            asked = questions(spec, pairs)
            left = unanswered(study, known, asked)
            found.append(_cost(study, spec, known, len(pairs), len(asked), left))
    return tuple(found)


def cost_lines(cost: JudgingCost) -> tuple[str, ...]:
    """The cost in sentences: the questions and, if any are open, the tokens and where texts are sent."""
    pairs = counted(cost.pairs, "pair") + (f" × {cost.orders} orders" if cost.orders else "")
    done = cost.questions - cost.open
    first = f"{pairs}: {counted(cost.questions, 'question')}; {done:,} answered before, {cost.open:,} to ask."
    if not cost.open:
        return (first,)
    before = "" if cost.reply_tokens is None else f"about {cost.reply_tokens:,}, "
    written = f" and {before}at most {cost.most_reply_tokens:,} to write" if cost.most_reply_tokens else ""
    lines = [first, f"About {cost.prompt_tokens:,} tokens to read{written}."]
    if checks := cost.checks:
        lines.append(
            f"About {checks.requests:,} additional requests verify that the server answers as the same "
            "model, before and during the run. They use prompts of the study and fixed prompts: about "
            f"{checks.prompt_tokens:,} tokens to read and at most {checks.tokens:,} to write."
        )
    if cost.host:
        lines.append(f"Prompts and answers leave this machine: they are sent to {cost.host}.")
    return tuple(lines)


def _cost(
    study: StudyFile,
    spec: JudgeSpec,
    known: Judge | None,
    pairs: int,
    questions: int,
    left: tuple[JudgeQuestion, ...],
) -> JudgingCost:
    read, written = _tokens_before(study, known)
    if read is None:
        read = _characters(study, spec, left) / _characters_of_a_token(study)
    most = 0 if spec.kind is JudgeKind.REWARD else spec.settings.most_tokens * spec.tries * len(left)
    replies = None if written is None else round(written * len(left))
    host, orders = _host(spec.url), 2 if spec.mode is JudgeMode.PAIRWISE else 0
    tokens = round(read * len(left))
    checks = _checks(study, len(left)) if spec.url else ServerChecks()
    return JudgingCost(spec.name, pairs, questions, len(left), tokens, replies, most, host, orders, checks)


def _checks(study: StudyFile, questions: int) -> ServerChecks:
    asked = [prompt.spec.text for prompt in study.prompts.all()[:VERIFICATION_PROMPTS]]
    characters = sum(map(len, asked)) / len(asked) if asked else 0.0
    return expected_checks(len(asked), questions, AT_ONCE, characters / _characters_of_a_token(study))


def _host(url: str) -> str:
    if not url:
        return ""
    address = read_address(url)
    return "" if address.local else address.host


def _tokens_before(study: StudyFile, known: Judge | None) -> tuple[float | None, float | None]:
    """Mean input and output tokens of its earlier questions; None each where not counted."""
    replies = study.judges.replies(known.id) if known else iter(())
    tries = [reply.tries for reply in islice(replies, ANSWERS_LOOKED_AT)]
    read = [sum(one.prompt_tokens or 0 for one in each) for each in tries]
    written = [sum(one.tokens or 0 for one in each) for each in tries]
    return _mean(read), _mean(written)


def _mean(counts: Sequence[int]) -> float | None:
    return sum(counts) / len(counts) if any(counts) else None


def _characters(study: StudyFile, spec: JudgeSpec, left: Sequence[JudgeQuestion]) -> float:
    chosen = left[:: max(len(left) // LOOKED_AT, 1)][:LOOKED_AT]
    lengths = [*_lengths(study, spec, chosen)]
    return sum(lengths) / len(lengths) if lengths else 0.0


def _lengths(study: StudyFile, spec: JudgeSpec, chosen: Sequence[JudgeQuestion]) -> Iterator[int]:
    prompts = {prompt.id: prompt.spec for prompt in study.prompts.all()}
    responses = study.judges.responses({one for question in chosen for one in question.shown})
    for question in chosen:
        shown = ShownTexts(prompts[question.prompt], tuple(responses[one] for one in question.shown))
        yield sum(len(message.content) for message in judge_messages(spec, shown))


def _characters_of_a_token(study: StudyFile) -> float:
    """Characters per token, measured on the study's answers."""
    counted = [one for one in islice(study.responses.all(), ANSWERS_LOOKED_AT) if one.tokens and one.text]
    tokens = sum(one.tokens or 0 for one in counted)
    return sum(len(one.text) for one in counted) / tokens if tokens else USUAL_CHARACTERS


SERVER_AGREED = "judge-server-agreed"
"""Kind of the audit-log entry."""


@dataclass(frozen=True, slots=True)
class JudgingAnswer:
    """The owner's decisions before a run."""

    specs: tuple[JudgeSpec, ...]  # the judges as `read_judge_file` returns them
    pairs: PairChoice  # the pairs to judge
    own_system: bool = False  # whether a judge that is one of the systems may judge
    agreed: tuple[str, ...] = ()  # addresses of servers to which texts may be sent
    downloaded: tuple[str, ...] = ()  # hub ids of models that may be downloaded


@dataclass(frozen=True, slots=True)
class JudgingPlan:
    """The preview of a run."""

    costs: tuple[JudgingCost, ...]  # cost of the judge, or of each member of a jury
    own: tuple[str, ...]  # names of the judges that name the model of a system of the study
    # whether a judge is loaded on this machine; whether its files are those of a system is known only after
    # loading
    on_this_machine: bool
    # servers on other machines without agreement, each with its address as in the judge's file
    far: tuple[tuple[str, Address], ...]
    # hub ids of models without agreement to download; they may already be on this machine
    hub: tuple[str, ...] = ()


def judging_plan(study: StudyFile, specs: Sequence[JudgeSpec], choice: PairChoice) -> JudgingPlan:
    """Preview a run of these judges on these pairs. Raises `UserError` as `judging_costs`."""
    return JudgingPlan(
        judging_costs(study, specs, choice),
        tuple(spec.name for spec in specs if systems_named_alike(study, spec)),
        any(spec.kind is JudgeKind.MODEL for spec in specs),
        tuple((url, place) for url, place in _far(specs) if not host_is_agreed(url)),
        tuple(
            models_to_ask(
                SystemSpec(one.name, SystemKind.MODEL, one.model, one.adapter, one.url) for one in specs
            )
        ),
    )


def _far(specs: Iterable[JudgeSpec]) -> Iterator[tuple[str, Address]]:
    for url in dict.fromkeys(spec.url for spec in specs if spec.url):
        place = read_address(url)
        if not place.local:
            yield url, place


def agree_to_servers(
    study: StudyFile, specs: Iterable[JudgeSpec], agreed: Iterable[str], *, now: datetime
) -> None:
    """Store the agreement to send texts to these judges' servers elsewhere, here and in the audit log.

    Servers of other judges are ignored. Raises ``bad-url``, or as `Agreements.add`.
    """
    wanted = {read_address(url).host for url in agreed}
    far = [(url, place.host) for url, place in _far(specs) if place.host in wanted]
    agree_to_hosts(*(url for url, _ in far))
    kept = {entry.detail.get("host") for entry in study.audit.entries(SERVER_AGREED)}
    for host in dict.fromkeys(host for _, host in far):
        if host not in kept:
            study.audit.append(SERVER_AGREED, {"host": host}, now=now)
