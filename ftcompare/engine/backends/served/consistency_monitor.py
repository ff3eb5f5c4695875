"""Checks that the same model always answers under each name: a router may mix servers.

A name gets the verification prompt on which it differs most from the others, at temperature 0, several times
at once and with different seeds, so that neither one connection nor a cache answers every request. An answer
is a mismatch if it is closer to another name's answer than to the name's own, or too far from its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeAlias

from ftcompare.core.errors import UserError
from ftcompare.core.run_record import FixedAnswer, Position
from ftcompare.core.study import Message
from ftcompare.engine.backends.served.http_client import Json, Refused, ServerFailed, gather_all
from ftcompare.engine.backends.served.replies import NoResponse, Reply
from ftcompare.engine.backends.served.request import HELLO, ResponseRequest, ServedPrompt, ServedSystems
from ftcompare.engine.protocol import GenerationSettings
from ftcompare.engine.served_fingerprint import (
    BOUND,
    EACH,
    FIXED,
    LONGEST,
    NOISES,
    ROUNDS,
    Answers,
    difference,
)

LIKELIEST = 5  # Log-probabilities requested per token; OpenAI's older interface gives no more.

SEEN = GenerationSettings(max_new_tokens=8)  # compared by log-probabilities
READ = GenerationSettings(max_new_tokens=LONGEST)  # compared by text alone


@dataclass(frozen=True, slots=True)
class ProbeResult:
    rounds: tuple[tuple[Reply | None, ...], ...]  # by round and prompt; None without a reply

    @property
    def answered(self) -> int:
        return sum(None not in replies for replies in zip(*self.rounds, strict=True))

    def positions(self, number: int) -> list[tuple[Position, ...]]:
        return [reply.positions if reply else () for reply in self.rounds[number]]

    def stable(self) -> list[str | None]:
        """Return, for each prompt, the text of every round; None where texts differ or are missing."""
        rounds = zip(*self.rounds, strict=True)
        texts = [{reply.text if reply else None for reply in replies} for replies in rounds]
        return [one.pop() if len(one) == 1 else None for one in texts]

    def noise(self) -> float:
        """Return the distance of two rounds in nats."""
        both = zip(self.positions(0), self.positions(1), strict=True)
        return max((difference(one, other, stop_at_partial=True) for one, other in both), default=0.0)


@dataclass(frozen=True, slots=True)
class LogprobProbe:
    """Sends the requests; ``with_logprobs`` where the server gives log-probabilities."""

    served: ServedSystems
    with_logprobs: bool

    async def ask(self, prompts: Sequence[ServedPrompt], name: str) -> ProbeResult:
        """Ask one prompt at a time, so that a server's batches are the same each time."""
        rounds = []
        for _ in range(ROUNDS):
            rounds.append(tuple([await self.reply(prompt, name) for prompt in prompts]))
        return ProbeResult(tuple(rounds))

    async def reply(self, prompt: ServedPrompt, name: str, seed: int = 0) -> Reply | None:
        """Return the reply, or None without one; a seed only makes requests differ for a cache."""
        served = self.served
        ask = ResponseRequest(name, SEEN if self.with_logprobs else READ, seed)
        try:
            return await served.respond(prompt, ask, self._more(prompt))
        except NoResponse:
            return None
        except Refused as error:
            if error.concerns_name:
                raise
            return None
        except ServerFailed:
            await require_sound(served)
            return None

    def _more(self, prompt: ServedPrompt) -> Json:
        if not self.with_logprobs:
            return {}
        return {"logprobs": True, "top_logprobs": LIKELIEST} if prompt.chat else {"logprobs": LIKELIEST}

    async def fixed(self, name: str) -> Answers:
        prompts = []
        for text in FIXED:
            with suppress(Refused):
                prompts.append((text, await self.served.prompt((Message("user", text),))))
        results = await self.ask([prompt for _, prompt in prompts], name)
        rounds = zip(*results.rounds, strict=True)
        found = (self._answer(text, *replies) for (text, _), replies in zip(prompts, rounds, strict=True))
        return tuple(answer for answer in found if answer)

    def _answer(self, prompt: str, first: Reply | None, second: Reply | None) -> FixedAnswer | None:
        """Return None without an answer, or where texts without log-probabilities are not repeated."""
        if first is None or second is None or (not first.positions and first.text != second.text):
            return None
        noise = difference(first.positions, second.positions, stop_at_partial=True)
        return FixedAnswer(prompt, first.text, first.positions, noise)


async def make_probe(served: ServedSystems, prompts: Sequence[ServedPrompt]) -> LogprobProbe:
    """Return a probe; the first prompt with an answer shows whether log-probabilities are available."""
    probe = LogprobProbe(served, with_logprobs=True)
    without_logprobs = replace(probe, with_logprobs=False)
    for prompt in prompts:
        reply = await probe.reply(prompt, served.first)
        if reply is not None:
            return probe if reply.positions else without_logprobs
        if await without_logprobs.reply(prompt, served.first) is not None:
            break
    return without_logprobs


async def require_sound(served: ServedSystems) -> None:
    """Check after a failure that the server answers another prompt; raise its error if not."""
    with served.server.hurried(), suppress(NoResponse):
        prompt = await served.prompt(HELLO)
        await served.respond(prompt, ResponseRequest(served.first))


Gate: TypeAlias = "AbstractAsyncContextManager[object]"


@dataclass(frozen=True, slots=True)
class Signature:
    """Answers that distinguish a name from the others."""

    prompt: ServedPrompt  # in the format of the server
    own: Reply  # the name's own answer
    others: tuple[Reply, ...]  # the answers of the other names
    noise: float  # largest distance in nats of two identical requests to any of them


class ConsistencyMonitor:
    """Checks the distinguishable names of one server again, by their signatures."""

    def __init__(self, probe: LogprobProbe, signatures: Mapping[str, Signature]) -> None:
        self._probe = probe
        self._signatures = dict(signatures)
        self._since = 0

    async def mismatches(self, name: str, times: int, gate: Gate | None = None) -> int:
        """Count mismatches among ``times`` answers, requested at once as far as the gate permits."""
        signature = self._signatures.get(name)
        if signature is None:
            return 0
        answers = (self._ask(signature, name, seed, gate or nullcontext()) for seed in range(1, times + 1))
        return sum(await gather_all(answers))

    async def _ask(self, signature: Signature, name: str, seed: int, gate: Gate) -> bool:
        async with gate:
            reply = await self._probe.reply(signature.prompt, name, seed)
        return reply is not None and is_mismatch(reply, signature)

    def is_due(self) -> bool:
        self._since += 1
        due = self._since >= EACH
        self._since = 0 if due else self._since
        return due

    async def check(self, times: int, gate: Gate) -> None:
        """Check every name. Raises `UserError` ``system-changed``."""
        for name in dict.fromkeys(self._probe.served.names.values()):
            mismatches = await self.mismatches(name, times, gate)
            if mismatches:
                raise self._changed(name, mismatches, times)

    def _changed(self, name: str, mismatches: int, times: int) -> UserError:
        return UserError(
            f"More than one model answers under {name!r}: {mismatches} of {times} answers differed from "
            "those during verification.",
            where=self._probe.served.server.address.host,
            how="Check whether the server, or a router before it, sends requests to servers with other "
            "models. Everything written so far is saved. Responses since the last check, at most "
            f"{EACH} prompts ago, may be from another model. A new study is safest.",
            code="system-changed",
        )


def is_mismatch(reply: Reply, signature: Signature) -> bool:
    if not (reply.positions and signature.own.positions):
        return reply.text != signature.own.text and reply.text in {other.text for other in signature.others}
    apart = difference(reply.positions, signature.own.positions, stop_at_partial=True)
    nearest = min((difference(reply.positions, other.positions) for other in signature.others), default=apart)
    return apart > max(BOUND, NOISES * signature.noise) or nearest < apart > 2 * signature.noise


def find_signatures(
    prompts: Sequence[ServedPrompt], results: Mapping[str, ProbeResult]
) -> dict[str, Signature]:
    """Return, for each distinguishable name, the prompt on which it differs most from all others."""
    found = ((name, _signature(prompts, name, results)) for name in results)
    return {name: signature for name, signature in found if signature}


def _signature(
    prompts: Sequence[ServedPrompt], name: str, results: Mapping[str, ProbeResult]
) -> Signature | None:
    others = [one for other, one in results.items() if other != name]
    noise = max(one.noise() for one in results.values())
    best: Signature | None = None
    most = -1.0
    for number, prompt in enumerate(prompts):
        own = results[name].rounds[0][number]
        theirs = [other.rounds[0][number] for other in others]
        signal = min((_signal(results[name], other, number) for other in others), default=0.0)
        if own is not None and None not in theirs and signal > most:
            best, most = Signature(prompt, own, tuple(filter(None, theirs)), noise), signal
    return best


def _signal(one: ProbeResult, other: ProbeResult, number: int) -> float:
    """Return the smallest difference of any two rounds on a prompt; 0 or 1 for texts only."""
    mine, theirs = one.positions(0)[number], other.positions(0)[number]
    if not (mine and theirs):
        texts = one.stable()[number], other.stable()[number]
        return float(None not in texts and texts[0] != texts[1])
    return signal_at(one, other, number)


def signal_at(one: ProbeResult, other: ProbeResult, number: int) -> float:
    """Return the smallest difference in nats of any two rounds of two names on one prompt."""
    pairs = product(range(ROUNDS), repeat=2)
    return min(difference(one.positions(i)[number], other.positions(j)[number]) for i, j in pairs)
