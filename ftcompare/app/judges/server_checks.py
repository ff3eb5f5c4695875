"""Requests that verify a judge's server: the expected number, and the actual number.

Before the first question, the server is sent prompts of the study, fixed prompts, and requests that test its
settings. During the run and after each batch of questions, requests check that its answers stay the same.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ftcompare.core.hashing import Json
from ftcompare.core.judge import Judge
from ftcompare.engine.served_fingerprint import AT_ONCE, DURING, EACH, FIXED, LONGEST, ROUNDS
from ftcompare.store.study.study_file import StudyFile

SERVER_VERIFIED = "judge-server-verified"
"""Kind of the audit-log entry with the cost of verifying a judge's server."""

SETTLING = 8
"""Number of requests that test prompts, settings and log-probabilities."""


@dataclass(frozen=True, slots=True)
class ServerChecks:
    """The cost of verifying a server."""

    requests: int = 0  # number of requests, in addition to the questions
    prompt_tokens: int = 0  # input tokens, as far as reported; ``tokens`` are the output tokens
    tokens: int = 0

    def __bool__(self) -> bool:
        return self.requests > 0

    def __add__(self, other: ServerChecks) -> ServerChecks:
        return ServerChecks(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.tokens + other.tokens,
        )

    def to_json(self) -> dict[str, Json]:
        """The JSON form, as the command-line reference describes it."""
        return {**asdict(self)}


def expected_checks(prompts: int, questions: int, at_once: int, tokens_of_a_prompt: float) -> ServerChecks:
    """Estimate the cost; it depends on what the server reports. The output tokens are an upper limit."""
    if not questions:
        return ServerChecks()
    first = SETTLING + ROUNDS * (prompts + len(FIXED)) + AT_ONCE
    later = DURING * (questions // EACH) + AT_ONCE * -(-questions // at_once)
    requests = first + later
    return ServerChecks(requests, round(requests * tokens_of_a_prompt), requests * LONGEST)


def checks_so_far(study: StudyFile, judge: Judge) -> ServerChecks:
    """The cost of verifying a judge's server in all runs, from the audit log."""
    found = ServerChecks()
    for entry in study.audit.entries(SERVER_VERIFIED):
        if entry.detail.get("judge") == judge.id:
            found += ServerChecks(
                *(_number(entry.detail.get(name)) for name in ("requests", "prompt_tokens", "tokens"))
            )
    return found


def _number(value: Json) -> int:
    return value if isinstance(value, int) else 0
