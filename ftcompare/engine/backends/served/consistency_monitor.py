"""Whether one model answers under each name, all the time: a router may hand requests to servers that differ.

A name is asked the prompt of the proof on which it differs most from the others, several times at once and
with different seeds, so that neither one connection nor a cache answers them all. An answer is a stray if it
is nearer to what another name answered than to its own, or further from its own than a server's chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from ftcompare.core.errors import UserError
from ftcompare.engine.backends.served.concurrency import together
from ftcompare.engine.backends.served.logprob_probe import ROUNDS, Ear, Heard
from ftcompare.engine.backends.served.prompts import ServedPrompt
from ftcompare.engine.backends.served.replies import Reply
from ftcompare.engine.served_fingerprint import BOUND, NOISES, difference

AT_ONCE = 4
"""Askings of a name when it is proved, and at the end of a run."""

DURING = 2
"""Askings of a name at each look during a run."""

Gate: TypeAlias = "AbstractAsyncContextManager[object]"

EACH = 16
"""Prompts after which a running write looks again."""


@dataclass(frozen=True, slots=True)
class Mark:
    """By what a name is told from the others.

    Args:
        prompt: as the server takes it.
        own: what the name answered.
        others: what the other names answered.
        noise: nats that two askings of any of them were apart.
    """

    prompt: ServedPrompt
    own: Reply
    others: tuple[Reply, ...]
    noise: float


class Watch:
    """Looks at the names of one server again.

    Args:
        ear: asks them.
        marks: of each name that can be told from the others.
    """

    def __init__(self, ear: Ear, marks: Mapping[str, Mark]) -> None:
        self._ear = ear
        self._marks = dict(marks)
        self._since = 0

    async def strays(self, name: str, times: int, gate: Gate | None = None) -> int:
        """How many of so many answers are not the name's own.

        Args:
            name: that is asked.
            times: so often, at once as far as the gate lets requests through.
            gate: taken for each request.
        """
        mark = self._marks.get(name)
        if mark is None:
            return 0
        asked = (self._ask(mark, name, seed, gate or nullcontext()) for seed in range(1, times + 1))
        return sum(await together(asked))

    async def _ask(self, mark: Mark, name: str, seed: int, gate: Gate) -> bool:
        async with gate:
            reply = await self._ear.reply(mark.prompt, name, seed)
        return reply is not None and is_stray(reply, mark)

    def is_due(self) -> bool:
        """Counts a prompt that is done; whether it is time to look."""
        self._since += 1
        due = self._since >= EACH
        self._since = 0 if due else self._since
        return due

    async def look(self, times: int, gate: Gate) -> None:
        """At every name of the systems; see `strays`.

        Raises:
            UserError: ``system-changed``.
            Refused, ServerFailed, UserError, EnvironmentFault: see `Ear.reply`.
        """
        for name in self._ear.served.names.values():
            strays = await self.strays(name, times, gate)
            if strays:
                raise self._changed(name, strays, times)

    def _changed(self, name: str, strays: int, times: int) -> UserError:
        return UserError(
            f"Not one model alone answers under {name!r}: {strays} of {times} answers were not those that it "
            "gave when it was proved.",
            where=self._ear.served.server.address.host,
            how="See whether the server, or a router before it, hands requests to servers with other models. "
            f"What was written is kept; since the last look, {EACH} prompts or fewer before, it may be by "
            "another model, so that a new study is the safe way.",
            code="system-changed",
        )


def is_stray(reply: Reply, mark: Mark) -> bool:
    """Whether an answer is not the name's own."""
    if not (reply.positions and mark.own.positions):
        return reply.text != mark.own.text and reply.text in {other.text for other in mark.others}
    apart = difference(reply.positions, mark.own.positions, wary=True)
    nearest = min((difference(reply.positions, other.positions) for other in mark.others), default=apart)
    return apart > max(BOUND, NOISES * mark.noise) or nearest < apart > 2 * mark.noise


def find_marks(prompts: Sequence[ServedPrompt], heard: Mapping[str, Heard]) -> dict[str, Mark]:
    """For each name that can be known again, the prompt on which it differs most from all others."""
    found = ((name, _mark(prompts, name, heard)) for name in heard)
    return {name: mark for name, mark in found if mark}


def _mark(prompts: Sequence[ServedPrompt], name: str, heard: Mapping[str, Heard]) -> Mark | None:
    others = [one for other, one in heard.items() if other != name]
    noise = max(one.noise() for one in heard.values())
    best: Mark | None = None
    most = -1.0
    for number, prompt in enumerate(prompts):
        own = heard[name].rounds[0][number]
        theirs = [other.rounds[0][number] for other in others]
        signal = min((_signal(heard[name], other, number) for other in others), default=0.0)
        if own is not None and None not in theirs and signal > most:
            best, most = Mark(prompt, own, tuple(filter(None, theirs)), noise), signal
    return best


def _signal(one: Heard, other: Heard, number: int) -> float:
    """The least that any two rounds of two names differ by on a prompt; of texts alone 0 or 1."""
    mine, theirs = one.positions(0)[number], other.positions(0)[number]
    if not (mine and theirs):
        texts = one.stable()[number], other.stable()[number]
        return float(None not in texts and texts[0] != texts[1])
    return signal_at(one, other, number)


def signal_at(one: Heard, other: Heard, number: int) -> float:
    """Nats: the least that any two rounds of two names differ by on one prompt."""
    pairs = product(range(ROUNDS), repeat=2)
    return min(difference(one.positions(i)[number], other.positions(j)[number]) for i, j in pairs)
