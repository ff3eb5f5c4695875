"""Speed of one system, from the times of its responses, however they were measured."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from statistics import median

from ftcompare.engine.backends import known_sum
from ftcompare.engine.protocol import AnswerTime, SystemSpeed


@dataclass(frozen=True, slots=True)
class TimedResponse:
    prompt_tokens: int | None  # None where the server does not report it; ``tokens`` and ``later`` likewise
    tokens: int | None
    later: int | None  # tokens after the first, generated in ``rest``
    first: float | None  # seconds to the first text; None where it is not streamed or there was none
    rest: float  # seconds from the first text to the end
    ended: bool  # whether it ended before the limit


def system_speed(
    key: str, timed: Mapping[tuple[str, int], TimedResponse], memory: int | None = None
) -> SystemSpeed:
    """Summarize responses by item and repeat; ``memory`` is the maximum in bytes, including the weights."""
    once = {item: one for (item, _), one in reversed([*timed.items()])}.values()
    firsts = [one.first for one in timed.values() if one.first is not None]
    return SystemSpeed(
        system=key,
        prompts=len(once),
        prompt_tokens=known_sum([one.prompt_tokens for one in once]),
        tokens=known_sum([one.tokens for one in once]),
        first_token_seconds=median(firsts) if firsts else None,
        tokens_per_second=_rate(timed.values()),
        memory_bytes=memory,
        ended=sum(one.ended for one in once),
        answers=tuple(AnswerTime(*of, one.first, _rate([one]) or None) for of, one in timed.items()),
    )


def _rate(responses: Collection[TimedResponse]) -> float | None:
    streamed = [one for one in responses if one.first is not None]
    tokens, seconds = known_sum([one.later for one in streamed]), sum(one.rest for one in streamed)
    return None if tokens is None or seconds <= 0 else tokens / seconds
