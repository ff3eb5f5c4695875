"""Reasoning in a server's replies: in a separate field, or between markers in the text."""

from __future__ import annotations

from dataclasses import dataclass

from ftcompare.core.reasoning import split_reasoning
from ftcompare.engine.backends.served.http_client import Refused, ServerFailed
from ftcompare.engine.backends.served.prompts import PromptFormat, text_ids
from ftcompare.engine.backends.served.replies import Reply
from ftcompare.engine.backends.served.request import ServedSystems
from ftcompare.engine.protocol import End


@dataclass(frozen=True, slots=True)
class ReplyParts:
    """The parts of one system's reply."""

    reasoning: str
    answer: str
    finish_reason: End
    tokens: int | None  # of the answer; of reasoning and answer where ``reasoning_tokens`` is None
    reasoning_tokens: int | None

    @property
    def uncounted(self) -> bool:
        """Whether the reasoning's tokens are not counted separately from the answer's."""
        return bool(self.reasoning) and self.reasoning_tokens is None


async def parts_of(served: ServedSystems, key: str, reply: Reply, stop: tuple[str, ...]) -> ReplyParts:
    """Reasoning and answer of a reply; ``stop`` are stop texts that were not sent to the server."""
    opened = key in served.opened and not reply.reasoning
    found = split_reasoning(reply.content, served.markers.get(key, ()), opened=opened)
    reasoning = "\n\n".join(part for part in (reply.reasoning, found.reasoning) if part)
    answer, end = cut_at(found.answer, stop), reply.finish_reason
    if answer != found.answer:
        answer, end = answer.rstrip(), "end"
    reasoned = reasoning or reply.reasoning_tokens
    if not found.closed or (reasoned and not answer and (end == "length" or not found.found)):
        end = "no_answer"
    counted = await _count(served, reply, reasoning)
    tokens = reply.tokens
    if tokens is not None and counted is not None:
        counted = tokens if end == "no_answer" else min(counted, tokens)
        tokens -= counted
    return ReplyParts(reasoning, answer, end, tokens, counted)


def cut_at(text: str, stop: tuple[str, ...]) -> str:
    """The text before the first of the stop texts."""
    places = [place for one in stop if one and (place := text.find(one)) >= 0]
    return text[: min(places)] if places else text


async def _count(served: ServedSystems, reply: Reply, reasoning: str) -> int | None:
    """The reasoning's token count: from the server, or of its text; None if unknown."""
    if not reasoning:
        return 0
    if reply.reasoning_tokens is not None:
        return reply.reasoning_tokens
    if served.prompt_format not in (PromptFormat.TOKENIZE, PromptFormat.APPLY_TEMPLATE):
        return None
    try:
        return len(await text_ids(served.server, served.prompt_format, served.first, reasoning))
    except (Refused, ServerFailed):
        return None
