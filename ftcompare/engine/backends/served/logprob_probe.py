"""Requests to a served name at temperature 0, with log-probabilities if available, for verification."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from ftcompare.core.run_record import FixedAnswer, Position
from ftcompare.core.study import Message
from ftcompare.engine.backends.served.http_client import Json, Refused, ServerFailed
from ftcompare.engine.backends.served.prompts import HELLO, ServedPrompt
from ftcompare.engine.backends.served.replies import NoResponse, Reply
from ftcompare.engine.backends.served.request import ResponseRequest, ServedSystems
from ftcompare.engine.protocol import GenerationSettings
from ftcompare.engine.served_fingerprint import FIXED, LONGEST, ROUNDS, Answers, difference

LIKELIEST = 5  # Log-probabilities requested per token; OpenAI's older interface gives no more.

SEEN = GenerationSettings(max_new_tokens=8)
READ = GenerationSettings(max_new_tokens=LONGEST)
"""Tokens compared by their log-probabilities, and by the text alone."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """A name's answers."""

    # for each round and prompt, the reply; None where there was none to this prompt
    rounds: tuple[tuple[Reply | None, ...], ...]

    @property
    def answered(self) -> int:
        """Number of prompts with a reply in every round."""
        return sum(None not in replies for replies in zip(*self.rounds, strict=True))

    def positions(self, number: int) -> list[tuple[Position, ...]]:
        """The token positions of one round, for each prompt."""
        return [reply.positions if reply else () for reply in self.rounds[number]]

    def stable(self) -> list[str | None]:
        """For each prompt, the text that every round gave; None where texts differ or are missing."""
        return [_shared_text(replies) for replies in zip(*self.rounds, strict=True)]

    def noise(self) -> float:
        """Distance of two rounds in nats."""
        both = zip(self.positions(0), self.positions(1), strict=True)
        return max((difference(one, other, stop_at_partial=True) for one, other in both), default=0.0)


def _shared_text(replies: Sequence[Reply | None]) -> str | None:
    texts = {reply.text if reply else None for reply in replies}
    return texts.pop() if len(texts) == 1 else None


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
        """The reply; None where the name gives no response to this prompt.

        The seed has no effect at temperature 0, but makes requests different for a cache.

        Raises:
            Refused: the name is not served.
        """
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
        """The name's answers to the fixed prompts that it accepts."""
        prompts = []
        for text in FIXED:
            with suppress(Refused):
                prompts.append((text, await self.served.prompt((Message("user", text),))))
        results = await self.ask([prompt for _, prompt in prompts], name)
        rounds = zip(*results.rounds, strict=True)
        found = (self._answer(text, *replies) for (text, _), replies in zip(prompts, rounds, strict=True))
        return tuple(answer for answer in found if answer)

    def _answer(self, prompt: str, first: Reply | None, second: Reply | None) -> FixedAnswer | None:
        """None where there is none, or where texts without log-probabilities are not repeated."""
        if first is None or second is None or (not first.positions and first.text != second.text):
            return None
        noise = difference(first.positions, second.positions, stop_at_partial=True)
        return FixedAnswer(prompt, first.text, first.positions, noise)


async def make_probe(served: ServedSystems, prompts: Sequence[ServedPrompt]) -> LogprobProbe:
    """A probe; the first prompt with an answer shows whether log-probabilities are available."""
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
    """After a failure, check whether the server can answer another prompt.

    Raises:
        ServerFailed, Refused, UserError, EnvironmentFault: it cannot.
    """
    with served.server.hurried(), suppress(NoResponse):
        prompt = await served.prompt(HELLO)
        await served.respond(prompt, ResponseRequest(served.first))
