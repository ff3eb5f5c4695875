"""Requests that verify a judge's server beside its questions: how many to expect, and how many there were.

Before the first question the server is asked prompts of the study and fixed ones, and whether it takes the
settings; during the run and at the end of each lot of questions, whether it still answers as itself.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ftcompare.core.hashing import Json
from ftcompare.core.judge import Judge
from ftcompare.engine.served_fingerprint import AT_ONCE, DURING, EACH, FIXED, LONGEST, ROUNDS
from ftcompare.store.study.study_file import StudyFile

SERVER_VERIFIED = "judge-server-verified"
"""The kind of the audit log's entry that says what verifying a judge's server took."""

SETTLING = 8
"""Requests that show how the server takes prompts and settings, and whether it gives log-probabilities."""


@dataclass(frozen=True, slots=True)
class ServerChecks:
    """What verifying a server takes or took.

    Args:
        requests: beside the questions.
        prompt_tokens: read, as far as told; ``tokens`` written likewise.
    """

    requests: int = 0
    prompt_tokens: int = 0
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
        """As documented for the command line."""
        return {**asdict(self)}


def expected_checks(prompts: int, questions: int, at_once: int, tokens_of_a_prompt: float) -> ServerChecks:
    """An estimate: how many there are depends on what the server can tell; the tokens written are the most.

    Args:
        prompts: of the study that the server is verified by.
        questions: that it is asked, ``at_once`` under way together.
        at_once: so many.
        tokens_of_a_prompt: of the study, on average.
    """
    if not questions:
        return ServerChecks()
    first = SETTLING + ROUNDS * (prompts + len(FIXED)) + AT_ONCE
    later = DURING * (questions // EACH) + AT_ONCE * -(-questions // at_once)
    requests = first + later
    return ServerChecks(requests, round(requests * tokens_of_a_prompt), requests * LONGEST)


def checks_so_far(study: StudyFile, judge: Judge) -> ServerChecks:
    """What verifying a judge's server took in all runs, as the audit log has it."""
    found = ServerChecks()
    for entry in study.audit.entries(SERVER_VERIFIED):
        if entry.detail.get("judge") == judge.id:
            found += ServerChecks(
                *(_number(entry.detail.get(name)) for name in ("requests", "prompt_tokens", "tokens"))
            )
    return found


def _number(value: Json) -> int:
    return value if isinstance(value, int) else 0
