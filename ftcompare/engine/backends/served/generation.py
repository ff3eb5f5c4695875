"""Generates responses through a server: several requests at a time, with reasoning apart from the answer."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.core.reasoning import split_reasoning
from ftcompare.core.study import UNKNOWN, Message
from ftcompare.engine.backends import Emit
from ftcompare.engine.backends.served.consistency_monitor import ConsistencyMonitor
from ftcompare.engine.backends.served.http_client import Refused, ReplyCount, ServerFailed, gather_all
from ftcompare.engine.backends.served.replies import NoResponse, Reply
from ftcompare.engine.backends.served.request import (
    HELLO,
    Options,
    PromptFormat,
    ResponseRequest,
    ServedPrompt,
    ServedSystems,
    seed_for,
    text_ids,
)
from ftcompare.engine.protocol import End, GenerationSettings, Item, ItemFailed, Note, Pair, Progress, Written
from ftcompare.engine.served_fingerprint import AT_ONCE, DURING

REQUESTS = 8  # default number of simultaneous requests

MOST_REQUESTS = 64
TOGETHER = "The server does not count the tokens of reasoning separately: the counts of answers include them."
SHARED = "A server cannot limit reasoning separately: reasoning and answer share {tokens} tokens there."
_Form: TypeAlias = tuple[tuple[Message, ...], Options]
UNCOUNTED = "The server does not count tokens, so their numbers and the speed are 0."


class ServedGenerator:
    """Answers the items of one `Generate`, and regularly checks that each name answers as itself."""

    def __init__(
        self,
        served: ServedSystems,
        settings: GenerationSettings,
        emit: Emit,
        monitor: ConsistencyMonitor,
        replies: ReplyCount,
    ) -> None:
        self._served = served
        self._settings = settings
        self._emit = emit
        self._monitor = monitor
        # In strict mode no two requests share a batch; else all systems of several prompts do.
        several = min(settings.batch_prompts * len(served.names) or REQUESTS, MOST_REQUESTS)
        self._width = 1 if settings.strict else several
        self._gate = asyncio.Semaphore(self._width)
        self._prompts: dict[str, dict[_Form, asyncio.Task[ServedPrompt]]] = {}
        self._left: Counter[str] = Counter()
        self._failed: set[str] = set()
        self._done = self._tokens = self._total = 0
        self._told: set[str] = set()
        self._reasoning = set(served.opened)
        self._begun = time.monotonic()
        self._replies = replies

    async def write(self, items: Sequence[Item]) -> None:
        """Answer all items; after a single one, as from the live page, the names are not checked."""
        if self._settings.max_reasoning_tokens:
            self._emit(Note(SHARED.format(tokens=self._settings.most_tokens)))
        self._total = len(items)
        self._left = Counter({item.key: len(item.samples) for item in items})
        units = ((item, sample) for item in items for sample in item.samples)
        try:
            await gather_all(self._work(units) for _ in range(self._width))
            if len(items) > 1:
                await self._monitor.check(AT_ONCE, self._gate)
        finally:
            tasks = [task for forms in self._prompts.values() for task in forms.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, units: Iterator[tuple[Item, int]]) -> None:
        for item, sample in units:
            if item.key in self._failed:
                continue
            try:
                pair = await self._pair(item, sample)
            except NoResponse as error:
                self._fail(item, error.reason)
            else:
                self._finish(item, pair)
                if item.key not in self._failed and not self._left[item.key] and self._monitor.is_due():
                    await self._monitor.check(DURING, self._gate)

    def _fail(self, item: Item, reason: str) -> None:
        if item.key not in self._failed:
            self._failed.add(item.key)
            self._emit(ItemFailed(item.key, reason))
            self._tell(item)

    def _finish(self, item: Item, pair: Pair) -> None:
        if item.key in self._failed:
            return
        self._emit(pair)
        self._left[item.key] -= 1
        if not self._left[item.key]:
            self._tell(item)

    def _tell(self, item: Item) -> None:
        self._prompts.pop(item.key, None)
        self._done += 1
        seconds = time.monotonic() - self._begun
        self._emit(Progress(self._done, self._total, self._tokens / seconds if seconds > 0 else 0.0))

    async def _pair(self, item: Item, sample: int) -> Pair:
        names = self._served.names
        prompts = await gather_all(self._prompt(item, key) for key in names)
        settings = self._within_context(prompts)
        written = await gather_all(
            self._written(key, name, item, sample, prompt, settings)
            for (key, name), prompt in zip(names.items(), prompts, strict=True)
        )
        return Pair(item.key, tuple(written), sample)

    async def _prompt(self, item: Item, key: str) -> ServedPrompt:
        """Return the prompt, created once for all samples of an item and all systems that are asked alike."""
        form = (item.messages_for(key), self._served.options_for(key))
        made = self._prompts.setdefault(item.key, {})
        task = made.get(form)
        if task is None:
            task = made[form] = asyncio.ensure_future(self._make_prompt(*form))
        return await asyncio.shield(task)

    async def _make_prompt(self, messages: tuple[Message, ...], options: Options) -> ServedPrompt:
        served = self._served
        async with self._gate:
            try:
                return await served.prompt(messages, options=options)
            except Refused as error:
                raise NoResponse(f"The server rejects the prompt: {error.short}") from error
            except ServerFailed as error:
                raise await self._whose_fault(error) from error

    def _within_context(self, prompts: Sequence[ServedPrompt]) -> GenerationSettings:
        """Limit the tokens to what a long prompt leaves of the context, as on this machine."""
        context, longest = self._served.context, max(len(prompt.ids or ()) for prompt in prompts)
        if context is None or not longest:
            return self._settings
        if longest >= context:
            raise NoResponse(f"The prompt has {longest} tokens, and the model's context has {context}.")
        limit = min(self._settings.most_tokens, context - longest)
        return replace(self._settings, max_new_tokens=limit, max_reasoning_tokens=0)

    async def _written(
        self, key: str, name: str, item: Item, sample: int, prompt: ServedPrompt, settings: GenerationSettings
    ) -> Written:
        ask = ResponseRequest(name, settings, seed_for(settings, item.key, sample, key))
        async with self._gate:
            reply, parts = await self._parts(key, prompt, ask)
        self._tell_uncounted(reply, parts)
        self._tokens += reply.tokens or 0
        return Written(
            key,
            parts.answer,
            parts.finish_reason,
            parts.tokens or 0,
            f"{UNKNOWN} {self._served.server.address.host}",
            parts.reasoning,
            reply.prompt_tokens,
            parts.reasoning_tokens,
            reply.steps,
        )

    async def _parts(self, key: str, prompt: ServedPrompt, ask: ResponseRequest) -> tuple[Reply, ReplyParts]:
        """Split the reply. Servers apply stop texts in reasoning too, so they are applied here instead."""
        stop = ask.settings.stop
        freely = replace(ask, settings=replace(ask.settings, stop=()))
        if stop and key not in self._reasoning:
            reply = await self._reply(prompt, ask)
            parts = await parts_of(self._served, key, reply, ())
            if not parts.reasoning:
                return reply, parts
            self._reasoning.add(key)
        reply = await self._reply(prompt, freely)
        return reply, await parts_of(self._served, key, reply, stop)

    def _tell_uncounted(self, reply: Reply, parts: ReplyParts) -> None:
        for applies, note in ((reply.tokens is None, UNCOUNTED), (parts.uncounted, TOGETHER)):
            if applies and note not in self._told:
                self._told.add(note)
                self._emit(Note(note))

    async def _reply(self, prompt: ServedPrompt, ask: ResponseRequest) -> Reply:
        served = self._served
        try:
            reply = await served.respond(prompt, ask)
        except Refused as error:
            words = against_prompt(served, error)
            raise NoResponse(f"The server rejects the prompt: {words}") from error
        except ServerFailed as error:
            raise await self._whose_fault(error) from error
        self._replies.add(reply.prompt_tokens, reply.tokens)
        return reply

    async def _whose_fault(self, error: ServerFailed) -> Exception:
        """Return the item's failure if the server answers another prompt; else the server's fault."""
        served = self._served
        try:
            with served.server.hurried():
                prompt = await served.prompt(HELLO)
                await served.respond(prompt, ResponseRequest(served.first))
        except (Refused, NoResponse, ServerFailed):
            return server_failed(served.server.address.host, error.words)
        return NoResponse(f"The server fails with this prompt: {error.words}")


def against_prompt(served: ServedSystems, error: Refused) -> str:
    """Return the message about a prompt. Raises `UserError` ``served-name-missing`` if the name is gone."""
    if not error.concerns_name:
        return error.short
    what = f"The server no longer has a model: {error.short}"
    how = "Start the server with all models of the study. Everything written so far is saved."
    raise UserError(what, where=served.server.address.host, how=how, code="served-name-missing")


def server_failed(host: str, words: str) -> EnvironmentFault:
    how = "See the messages of the server. Everything written so far is saved."
    return EnvironmentFault(f"The server failed: {words}", where=host, how=how, code="server-failed")


@dataclass(frozen=True, slots=True)
class ReplyParts:
    reasoning: str
    answer: str
    finish_reason: End
    tokens: int | None  # of the answer; of reasoning and answer where ``reasoning_tokens`` is None
    reasoning_tokens: int | None

    @property
    def uncounted(self) -> bool:
        return bool(self.reasoning) and self.reasoning_tokens is None


async def parts_of(served: ServedSystems, key: str, reply: Reply, stop: tuple[str, ...]) -> ReplyParts:
    """Split a reply into reasoning and answer; ``stop`` are stop texts that were not sent to the server."""
    opened = key in served.opened and not reply.reasoning
    found = split_reasoning(reply.content, served.markers.get(key, ()), opened=opened)
    reasoning = "\n\n".join(part for part in (reply.reasoning, found.reasoning) if part)
    places = [place for one in stop if one and (place := found.answer.find(one)) >= 0]
    answer, end = found.answer[: min(places, default=None)], reply.finish_reason
    if answer != found.answer:
        answer, end = answer.rstrip(), "end"
    reasoned = reasoning or reply.reasoning_tokens
    if reply.steps:
        end = "end"
    elif not found.closed or (reasoned and not answer and (end == "length" or not found.marked)):
        end = "no_answer"
    counted = await _count(served, reply, reasoning)
    tokens = reply.tokens
    if tokens is not None and counted is not None:
        counted = tokens if end == "no_answer" else min(counted, tokens)
        tokens -= counted
    return ReplyParts(reasoning, answer, end, tokens, counted)


async def _count(served: ServedSystems, reply: Reply, reasoning: str) -> int | None:
    """Return the reasoning's token count, from the server or of its text; None if unknown."""
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
