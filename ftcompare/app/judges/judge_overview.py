"""Judges of a study: what each was asked, its server's verification, and whether it is a system it judges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

from ftcompare.app.setup.consent import looks_like_hub_id
from ftcompare.app.setup.recipes import prompt_called
from ftcompare.app.study.shown_names import system_names
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json, fields_json
from ftcompare.core.judge import Judge, JudgeKind, JudgeOutcome, JudgeReply, JudgeSpec, JudgeTry
from ftcompare.core.language import N_, tr
from ftcompare.core.run_record import SystemReport, newest_reports, read_runs
from ftcompare.core.study import System, SystemId, SystemSpec
from ftcompare.engine.protocol import ServerChecked
from ftcompare.engine.served_fingerprint import AT_ONCE, DURING, EACH, FIXED, LONGEST, ROUNDS
from ftcompare.store.study.engine_runs import JUDGED
from ftcompare.store.study.judges import PairToJudge
from ftcompare.store.study.study_file import StudyFile

SERVER_VERIFIED = "judge-server-verified"
"""Kind of the audit-log entry with the cost of verifying a judge's server."""

SETTLING = 8
"""Number of requests that test prompts, settings and log-probabilities."""


def expected_checks(prompts: int, questions: int, at_once: int, tokens_of_a_prompt: float) -> ServerChecked:
    """Estimate the cost; it depends on what the server reports. The output tokens are an upper limit."""
    if not questions:
        return ServerChecked()
    first = SETTLING + ROUNDS * (prompts + len(FIXED)) + AT_ONCE
    later = DURING * (questions // EACH) + AT_ONCE * -(-questions // at_once)
    requests = first + later
    return ServerChecked(requests, round(requests * tokens_of_a_prompt), requests * LONGEST)


def checks_so_far(study: StudyFile, judge: Judge) -> ServerChecked:
    """The cost of verifying a judge's server in all runs, from the audit log."""
    found = ServerChecked()
    for entry in study.audit.entries(SERVER_VERIFIED):
        if entry.detail.get("judge") == judge.id:
            stored = [entry.detail.get(name) for name in ("requests", "prompt_tokens", "tokens")]
            found += ServerChecked(*(value if isinstance(value, int) else 0 for value in stored))
    return found


OWN_SYSTEMS = "own_systems"
"""Key in the record of a judging run: the numbers of the systems that the judge is."""

WARNING = N_(
    "This judge is one of the systems that it judges. Models prefer their own answers, so its votes say "
    "little about that system."
)
"""Source: Panickssery et al. 2024, "LLM evaluators recognize and favor their own generations"."""


def systems_named_alike(study: StudyFile, spec: JudgeSpec) -> tuple[System, ...]:
    """The systems with the same model and adapter, at the same place, as a judge."""
    own = _place(spec)
    return tuple(system for system in study.systems.all() if spec.model and _place(system.spec) == own)


def systems_of_digest(study: StudyFile, loaded: Iterable[SystemReport]) -> tuple[System, ...]:
    """The systems that generated with exactly the files that were loaded for a judge."""
    digests = {report.digest for report in loaded if report.digest}
    reports = newest_reports(read_runs(study.runs.all()))
    written = {key for key, report in reports.items() if report.digest in digests}
    return tuple(system for system in study.systems.all() if str(system.id) in written)


def _place(spec: JudgeSpec | SystemSpec) -> tuple[str, str, str]:
    if spec.url:
        return spec.url.rstrip("/").casefold(), spec.model, spec.adapter
    return "", _folder(spec.model), _folder(spec.adapter)


def _folder(name: str) -> str:
    """A normalized folder path; hub ids stay unchanged."""
    return name if not name or looks_like_hub_id(name) else str(Path(name).resolve())


def judged_own(study: StudyFile, judge: Judge) -> tuple[SystemId, ...]:
    """The systems that a judge was found to be when it judged them."""
    records = (record for record in study.scores.examinations(JUDGED) if record.get("judge") == judge.id)
    stored = (record.get(OWN_SYSTEMS) for record in records)
    numbers = {one for row in stored if isinstance(row, list) for one in row if isinstance(one, int)}
    return tuple(SystemId(system) for system in sorted(numbers))


def own_system_warning(study: StudyFile, judge: Judge) -> str:
    """The warning if a judge, or a member of a jury, is one of the systems it judges; else empty."""
    members = [study.judges.named(name) for name in judge.spec.members]
    own = any(judged_own(study, one) for one in (judge, *members) if one is not None)
    return tr(WARNING) if own else ""


@dataclass(frozen=True, slots=True)
class JudgeTotals:
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
    checks: ServerChecked = field(default_factory=ServerChecked)


def judge_totals(study: StudyFile) -> tuple[JudgeTotals, ...]:
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
        return tr("jury of {judges}", ", ".join(spec.members))
    words = f"{tr(_KINDS[spec.kind])} {spec.model}"
    if spec.adapter:
        words = tr("{model} with {adapter}", words, spec.adapter)
    return tr("{model} at {url}", words, spec.url) if spec.url else words


_KINDS = {JudgeKind.MODEL: N_("model"), JudgeKind.SERVED: N_("served"), JudgeKind.REWARD: N_("reward")}
_KINDS |= {JudgeKind.CODE: N_("code")}


def totals_json(totals: JudgeTotals) -> dict[str, Json]:
    spec = totals.judge.spec
    told: dict[str, Json] = {
        **fields_json(spec, "name", "kind", "mode", "model", "adapter", "url", "members"),
        **fields_json(spec, "rubric", "rubric_digest"),
        "settings": cast("dict[str, Json]", asdict(spec.settings)),
        "digest": totals.judge.digest,
    }
    told |= fields_json(totals, "replies", "without_verdict", "pairs", "tries", "prompt_tokens", "tokens")
    return {
        **told,
        **fields_json(totals, "warning", "without_score"),
        "server_checks": asdict(totals.checks),
    }


@dataclass(frozen=True, slots=True)
class ShownReply:
    judge: str
    systems: tuple[str, ...]  # systems of the shown responses, in the order shown
    outcome: str  # ``tie``, ``none``, the name of the preferred system, or a score
    tries: tuple[JudgeTry, ...]  # all attempts, verbatim

    def to_json(self) -> dict[str, Json]:
        tries: list[Json] = [
            {"text": one.text, "reasoning": one.reasoning, "problem": one.problem} for one in self.tries
        ]
        return {**fields_json(self, "judge", "systems", "outcome"), "replies": tries}


def shown_replies(study: StudyFile, prompt: str, judge: str = "") -> tuple[ShownReply, ...]:
    """Judges' replies to the answers to a prompt. Raises ``still-blinded``, ``no-prompt``, ``no-judge``."""
    study.settings.read().disclosure.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    number = prompt_called(study, prompt).id
    if judge and study.judges.named(judge) is None:
        raise UserError("The study has no judge with this name.", where=judge, code="no-judge")
    wanted = study.judges.named(judge) if judge else None
    found: dict[tuple[object, ...], ShownReply] = {}
    for pair in study.judges.pairs():
        if pair.prompt == number:
            # judges in the order in which they were added, then the order with ``a`` first
            replies = study.judges.replies_on(pair.comparison)
            for reply in sorted(replies, key=lambda one: (one.judge, not one.a_first, one.response or 0)):
                if wanted is None or reply.judge == wanted.id:
                    key = (reply.judge, reply.comparison, reply.a_first, reply.response)
                    found[key] = _shown(study, pair, reply)
    return tuple(found.values())


def _shown(study: StudyFile, pair: PairToJudge, reply: JudgeReply) -> ShownReply:
    names = system_names(study)
    a, b = names[pair.system_a], names[pair.system_b]
    judge = next(one.name for one in study.judges.all() if one.id == reply.judge)
    if reply.response is not None:
        systems: tuple[str, ...] = (a if reply.response == pair.a else b,)
    else:
        systems = (a, b) if reply.a_first else (b, a)
    said = {JudgeOutcome.A: a, JudgeOutcome.B: b, JudgeOutcome.SCORE: f"{reply.score or 0:g}"}
    return ShownReply(judge, systems, said.get(reply.outcome, reply.outcome.value), reply.tries)
