"""Checks that the same model always answers under each name: a router may use servers with different models.

A name gets the verification prompt on which it differs most from the others, several times at once and with
different seeds, so that neither one connection nor a cache answers every request. An answer is a mismatch if
it is closer to another name's answer than to the name's own, or further from its own than by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from ftcompare.core.errors import UserError
from ftcompare.engine.backends.served.concurrency import gather_all
from ftcompare.engine.backends.served.logprob_probe import LogprobProbe, ProbeResult
from ftcompare.engine.backends.served.prompts import ServedPrompt
from ftcompare.engine.backends.served.replies import Reply
from ftcompare.engine.served_fingerprint import BOUND, EACH, NOISES, ROUNDS, difference

Gate: TypeAlias = "AbstractAsyncContextManager[object]"


@dataclass(frozen=True, slots=True)
class Signature:
    """The answers by which a name is distinguished from the others."""

    prompt: ServedPrompt  # in the format of the server
    own: Reply  # the name's own answer
    others: tuple[Reply, ...]  # the answers of the other names
    noise: float  # largest distance in nats of two identical requests to any of them


class ConsistencyMonitor:
    """Checks the names of one server again, by the signatures of those that can be distinguished."""

    def __init__(self, probe: LogprobProbe, signatures: Mapping[str, Signature]) -> None:
        self._probe = probe
        self._signatures = dict(signatures)
        self._since = 0

    async def mismatches(self, name: str, times: int, gate: Gate | None = None) -> int:
        """Number of mismatches among ``times`` answers, requested at once as far as the gate permits."""
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
        """Counts a finished prompt; returns whether a check is due."""
        self._since += 1
        due = self._since >= EACH
        self._since = 0 if due else self._since
        return due

    async def check(self, times: int, gate: Gate) -> None:
        """Check every name; see `mismatches`. Raises `UserError` ``system-changed``."""
        for name in dict.fromkeys(self._probe.served.names.values()):
            mismatches = await self.mismatches(name, times, gate)
            if mismatches:
                raise self._changed(name, mismatches, times)

    def _changed(self, name: str, mismatches: int, times: int) -> UserError:
        return UserError(
            f"Not one model alone answers under {name!r}: {mismatches} of {times} answers were not those "
            "that it gave when it was proved.",
            where=self._probe.served.server.address.host,
            how="See whether the server, or a router before it, hands requests to servers with other models. "
            f"What was written is kept; since the last look, {EACH} prompts or fewer before, it may be by "
            "another model, so that a new study is the safe way.",
            code="system-changed",
        )


def is_mismatch(reply: Reply, signature: Signature) -> bool:
    """Whether an answer does not match the name's own."""
    if not (reply.positions and signature.own.positions):
        return reply.text != signature.own.text and reply.text in {other.text for other in signature.others}
    apart = difference(reply.positions, signature.own.positions, stop_at_partial=True)
    nearest = min((difference(reply.positions, other.positions) for other in signature.others), default=apart)
    return apart > max(BOUND, NOISES * signature.noise) or nearest < apart > 2 * signature.noise


def find_signatures(
    prompts: Sequence[ServedPrompt], results: Mapping[str, ProbeResult]
) -> dict[str, Signature]:
    """For each distinguishable name, the prompt on which it differs most from all others."""
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
    """The smallest difference of any two rounds of two names on a prompt; 0 or 1 for texts only."""
    mine, theirs = one.positions(0)[number], other.positions(0)[number]
    if not (mine and theirs):
        texts = one.stable()[number], other.stable()[number]
        return float(None not in texts and texts[0] != texts[1])
    return signal_at(one, other, number)


def signal_at(one: ProbeResult, other: ProbeResult, number: int) -> float:
    """The smallest difference in nats of any two rounds of two names on one prompt."""
    pairs = product(range(ROUNDS), repeat=2)
    return min(difference(one.positions(i)[number], other.positions(j)[number]) for i, j in pairs)
