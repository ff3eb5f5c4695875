"""Speed of each served system alone: one prompt at a time, streamed, measured on the client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

from ftcompare.core.errors import UserError
from ftcompare.engine.backends import Emit, in_turn
from ftcompare.engine.backends.served import replies
from ftcompare.engine.backends.served.generation import against_prompt
from ftcompare.engine.backends.served.http_client import Json, Refused
from ftcompare.engine.backends.served.request import (
    ResponseRequest,
    ServedPrompt,
    ServedSystems,
    request_body,
    seed_for,
    url_for,
)
from ftcompare.engine.backends.speed import TimedResponse, system_speed
from ftcompare.engine.protocol import Benchmarked, GenerationSettings, Item, Note, Stage, SystemSpeed

BURST_TOKENS = 4  # responses with fewer tokens are too short to distinguish a burst from streaming

BURST_SHARE = 0.05
BURST_RATE = 1000
"""Share and tokens per second that distinguish a response held back and sent at once.

The time after its first text is less than this share of the time before it, at a higher rate than this: no
server generates that fast after such a slow start.
"""

AT_ONCE = (
    "The server sent answers in one piece, although streaming was requested. For these, the time to the "
    "first token and the tokens per second after it cannot be measured."
)


async def benchmark(
    served: ServedSystems, items: Sequence[Item], settings: GenerationSettings, emit: Emit, repeats: int = 1
) -> Benchmarked:
    """Measure each system alone, in turns. Raises `UserError` ``no-prompts``."""
    emit(Stage("Measuring the speed of each system separately"))
    meters = [_Meter(served, key, name, settings) for key, name in served.names.items()]
    for meter in meters:
        await meter.learn_to_stream(items)
    for repeat in range(repeats):
        for place, item in enumerate(items):
            for meter in in_turn(meters, place + repeat):
                await meter.answer(item, repeat)
    return Benchmarked(tuple(meter.speed(items, emit) for meter in meters))


@dataclass(slots=True)
class _Meter:
    """Measures one system; ``more`` are the fields that request a stream."""

    served: ServedSystems
    key: str
    name: str
    settings: GenerationSettings
    more: Json = field(default_factory=dict)
    responses: dict[tuple[str, int], TimedResponse] = field(default_factory=dict)
    reason: str = "There are none."

    async def answer(self, item: Item, repeat: int) -> None:
        """Measure one answer; an item that the system does not accept is left out."""
        try:
            self.responses[item.key, repeat] = await self._timed(item)
        except Refused as error:
            self.reason = against_prompt(self.served, error)
        except replies.NoResponse as error:
            self.reason = error.reason

    def speed(self, items: Sequence[Item], emit: Emit) -> SystemSpeed:
        if not self.responses:
            raise UserError(f"The server accepts none of the prompts. {self.reason}", code="no-prompts")
        if any(map(_at_once, self.responses.values())):
            emit(Note(AT_ONCE))
        timed = {request: _whole(one) if _at_once(one) else one for request, one in self.responses.items()}
        speed = system_speed(self.key, timed)
        if speed.prompts < len(items):
            left = len(items) - speed.prompts
            emit(Note(f"{left} of {len(items)} prompts were not measured: {self.reason}"))
        return speed

    async def learn_to_stream(self, items: Sequence[Item]) -> None:
        """Drop fields that the server refuses: first the token count in the stream, then streaming."""
        for more in ({"stream": True, "stream_options": {"include_usage": True}}, {"stream": True}, {}):
            self.more = dict(more)
            for item in items[:1]:
                try:
                    await self._timed(item)
                except (Refused, replies.NoResponse):
                    continue
                return

    async def _timed(self, item: Item) -> TimedResponse:
        served = self.served
        prompt = await served.prompt(item.messages_for(self.key), options=served.options_for(self.key))
        ask = ResponseRequest(self.name, self.settings, seed_for(self.settings, item.key, 0, self.key))
        if self.more:
            return await self._streamed(prompt, ask)
        begun = monotonic()
        reply = await served.respond(prompt, ask)
        rest, ended = monotonic() - begun, reply.finish_reason == "end"
        return TimedResponse(reply.prompt_tokens, reply.tokens, None, None, rest, ended)

    async def _streamed(self, prompt: ServedPrompt, ask: ResponseRequest) -> TimedResponse:
        served = self.served
        body = request_body(ask, prompt, served.supported) | self.more
        begun = monotonic()
        first: float | None = None
        last: Json = {}
        usage: Json = {}
        async with served.server.stream(url_for(served.server, prompt), body) as events:
            async for event in events:
                choice = replies.first_choice(event) or {}
                if first is None and (replies.piece(choice) or replies.reasoning_piece(choice)):
                    first = monotonic()
                usage = replies.as_object(event.get("usage")) or usage
                last = choice if choice.get("finish_reason") is not None else last
        end = monotonic()
        tokens = replies.written_tokens(usage, last, ask.settings.most_tokens)
        return TimedResponse(
            prompt_tokens=replies.read_tokens(usage),
            tokens=tokens,
            later=None if tokens is None else max(tokens - 1, 0),
            first=None if first is None else first - begun,
            rest=end - (begun if first is None else first),
            ended=replies.ENDS.get(str(last.get("finish_reason"))) == "end",
        )


def _at_once(timed: TimedResponse) -> bool:
    """Return whether a streamed response came in one burst, so that its timing does not show the speed."""
    if timed.first is None or not timed.tokens or timed.tokens < BURST_TOKENS:
        return False
    return timed.rest < timed.first * BURST_SHARE and timed.rest * BURST_RATE < timed.tokens - 1


def _whole(timed: TimedResponse) -> TimedResponse:
    return replace(timed, first=None, rest=(timed.first or 0.0) + timed.rest)
