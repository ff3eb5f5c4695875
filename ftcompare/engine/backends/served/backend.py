"""Systems behind an OpenAI-compatible server (vLLM, llama.cpp, Ollama …), known by name only."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from ftcompare.core.errors import BugError, UserError
from ftcompare.core.run_record import SystemReport
from ftcompare.engine import protocol
from ftcompare.engine.backends import Backend, Emit, not_verified
from ftcompare.engine.backends.conversations import write_conversations
from ftcompare.engine.backends.served import http_client
from ftcompare.engine.backends.served.benchmark import benchmark
from ftcompare.engine.backends.served.consistency_monitor import ConsistencyMonitor
from ftcompare.engine.backends.served.generation import ServedGenerator, server_failed
from ftcompare.engine.backends.served.http_client import Json, Refused, Server, ServerFailed
from ftcompare.engine.backends.served.replies import NoResponse, as_object, whole_number
from ftcompare.engine.backends.served.request import (
    HELLO,
    ResponseRequest,
    ServedPrompt,
    ServedSystems,
    SupportedFields,
    check_settings,
    find_fields,
    find_prompt_format,
    opens_with,
    option_notes,
)
from ftcompare.engine.backends.served.scoring import score
from ftcompare.engine.backends.served.verification import served_name, verify
from ftcompare.engine.protocol import SystemRequest
from ftcompare.engine.server_address import KEY_VARIABLE, read_address, read_key, require_consent

OWNER = "llamacpp"  # in its list of models, the owner of each


@dataclass(frozen=True, slots=True)
class LoadedLora:
    """An adapter of llama.cpp's server, which has one model.

    Its list of models has only the base; ``GET /lora-adapters`` lists the adapters. The field ``lora`` of a
    request sets all scales for it: adapters that it does not name are off. Without the field, or with an
    empty list, the listed scales apply: those are 1 also after ``--lora-init-without-apply`` (version 0.5.0).

    The server's cache of prompts does not record which adapter computed them, so requests switch it off.
    """

    id: int
    path: str
    scale: float  # applied to requests that do not set it

    @property
    def name(self) -> str:
        """The name of its file, without the suffix."""
        return re.split(r"[\\/]", self.path)[-1].removesuffix(".gguf")

    def is_named(self, name: str) -> bool:
        return name in (self.path, self.name, f"{self.name}.gguf", str(self.id))


async def loaded_loras(
    server: Server, requests: Sequence[SystemRequest], models: Mapping[str, Json]
) -> tuple[LoadedLora, ...]:
    """Return the adapters of a server of llama.cpp; of others, which are not asked, none."""
    unlisted = any(request.adapter and request.adapter not in models for request in requests)
    if not unlisted and not any(one.get("owned_by") == OWNER for one in models.values()):
        return ()
    try:
        listed = (await server.get(f"{server.address.root}/lora-adapters")).get("data")
    except (Refused, ServerFailed):
        return ()
    entries = [as_object(one) for one in listed] if isinstance(listed, list) else []
    return tuple(
        LoadedLora(number, str(entry.get("path")), float(scale))
        for entry in entries
        if type(number := entry.get("id")) is int and isinstance(scale := entry.get("scale"), int | float)
    )


def select_loras(
    server: Server,
    requests: Sequence[SystemRequest],
    models: Mapping[str, Json],
    loras: Sequence[LoadedLora],
) -> dict[str, LoadedLora]:
    """Let requests select base and adapters by scales; return the adapters by their names in the study."""
    matches = {
        request.adapter: [lora for lora in loras if lora.is_named(request.adapter)]
        for request in requests
        if request.adapter and request.adapter not in models
    }
    chosen = {name: named[0] for name, named in matches.items() if len(named) == 1}
    for request in requests if chosen else ():
        server.selections[request.model] = _fields(loras, None)
        if lora := chosen.get(request.adapter):
            server.selections[request.adapter] = {"model": request.model, **_fields(loras, lora)}
    return chosen


def _fields(loras: Sequence[LoadedLora], on: LoadedLora | None) -> Json:
    scales = [{"id": one.id, "scale": (one.scale or 1.0) if one is on else 0.0} for one in loras]
    return {"lora": scales, "cache_prompt": False}


def lora_note(request: SystemRequest, loras: Sequence[LoadedLora], chosen: Mapping[str, LoadedLora]) -> str:
    """The note on how a system's adapters are switched, or that they are not; empty without adapters."""
    if lora := chosen.get(request.adapter):
        return f"Each request switches the adapter {lora.name} on, at scale {lora.scale or 1.0:g}."
    if chosen:
        return "Each request switches all adapters of the server off."
    active = ", ".join(lora.name for lora in loras if lora.scale)
    if not active or request.adapter:
        return ""
    return (
        f"The server applies {active} to every answer, so this is not the model alone. To compare both, name "
        f"the adapter: {request.url}#model={request.model}&adapter={active.partition(', ')[0]}."
    )


SHOWN_NAMES = 20
UNKNOWN_WEIGHTS = "The server does not show which weights it serves under this name, so they have no seal."

Result = TypeVar("Result")


class ServedBackend(Backend):
    """Runs systems of a server after `verify`; the API key is read from ``environment``."""

    def __init__(
        self, environment: Mapping[str, str] = os.environ, *, retry: http_client.RetryPolicy | None = None
    ) -> None:
        super().__init__()
        self._environment = environment
        self._retry = retry
        # One event loop for all commands: connections are reused, and a slow name look-up does not delay a
        # cancel.
        self._loop = asyncio.new_event_loop()
        self._server: http_client.Server | None = None
        self._served: ServedSystems | None = None
        self._requests: tuple[protocol.SystemRequest, ...] = ()
        self._verified = False
        self._monitor: ConsistencyMonitor | None = None
        self._checked: protocol.GenerationSettings | None = None
        self._told = http_client.ReplyCount()
        self.is_alone = True  # as `Server.is_alone`

    @property
    def host(self) -> str:
        """Name and port of the server; empty without one."""
        return self._server.address.host if self._server else ""

    def close(self) -> None:
        self._release()
        self._loop.close()

    def load(self, command: protocol.Load) -> protocol.Loaded:
        """Connect, check that the names are served, and determine which fields the server accepts.

        Raises `Cancelled`; `UserError` ``bad-url``, ``bad-key``, ``server-not-local``,
        ``served-name-missing``, ``served-twice``, ``server-unfit``, ``server-key``,
        ``server-redirects``; `EnvironmentFault` ``server-gone``, ``server-busy``, ``server-failed``.
        """
        self._release()
        urls = {request.url for request in command.systems}
        if len(urls) != 1 or len({request.key for request in command.systems}) != len(command.systems):
            raise BugError(
                "The systems of one Load share one server and have keys of their own.", code="bad-load"
            )
        address = read_address(urls.pop())
        require_consent(address, allow_network=command.allow_network)
        key = read_key(self._environment)
        named = [(served_name(request), request.recipe) for request in command.systems]
        twice = next((name for name, recipe in named if named.count((name, recipe)) > 1), None)
        if twice is not None:
            what = "Two systems have the same name on the server, so they would be one system."
            how = "Give each the name of its model on the server, or different instructions."
            raise UserError(what, where=twice, how=how, code="served-twice")
        self.emit(protocol.Stage("Connecting to the server"))
        server = self._server = http_client.Server(address, key, self._retry)
        loaded = self._run(server, self._connect(server, command.systems))
        self._requests = command.systems
        return loaded

    def verify(self, items: Sequence[protocol.Item]) -> protocol.Verified:
        served = self._ready()
        self._verified = False
        work = verify(served, self._requests, items, self.emit)
        try:
            verifications, self._monitor = self._run(served.server, work)
        finally:
            self._tell_checks(served.server, http_client.ReplyCount())
        self._verified = all(verification.ok for verification in verifications)
        return protocol.Verified(verifications)

    def generate(self, items: Sequence[protocol.Item], settings: protocol.GenerationSettings) -> None:
        """Generate pairs.

        Raises as `load` does, and `UserError` ``proof-failed`` if the systems are not verified,
        ``setting-refused``, ``setting-ignored``, or ``system-changed`` if a name answers as another.
        """
        served = self._ready()
        if self._monitor is None or not self._verified:
            raise not_verified()
        if settings != self._checked:
            self._run(served.server, check_settings(served, settings, self.emit))
            self._checked = settings
        monitor, of_items = self._monitor, http_client.ReplyCount()

        def write(some: Sequence[protocol.Item], emit: Emit) -> None:
            self._run(served.server, ServedGenerator(served, settings, emit, monitor, of_items).write(some))

        try:
            write_conversations(items, self.emit, write)
        finally:
            self._tell_checks(served.server, of_items)

    def _tell_checks(self, server: http_client.Server, of_items: http_client.ReplyCount) -> None:
        """Emit the number of the server's replies since the last report that were not for items."""
        now, before = server.written, self._told
        checked = protocol.ServerChecked(
            now.requests - before.requests - of_items.requests,
            max(0, now.prompt_tokens - before.prompt_tokens - of_items.prompt_tokens),
            max(0, now.tokens - before.tokens - of_items.tokens),
        )
        self._told = replace(now)
        if checked.requests > 0:
            self.emit(checked)

    def score(self, texts: Sequence[protocol.TextToScore]) -> None:
        served = self._ready()
        self._run(served.server, score(served, texts, self.emit))

    def benchmark(
        self, items: Sequence[protocol.Item], settings: protocol.GenerationSettings, repeats: int = 1
    ) -> protocol.Benchmarked:
        served = self._ready()
        return self._run(served.server, benchmark(served, items, settings, self.emit, repeats))

    def evaluate(self, command: protocol.Evaluate) -> None:
        """Raise `UserError` ``evaluate-unsupported``: servers give no likelihoods for the harness."""
        what = "Only models on this machine can run benchmarks, not models on a server."
        raise UserError(what, where=command.task.name, code="evaluate-unsupported")

    def _ready(self) -> ServedSystems:
        if self._served is None:
            raise BugError("Nothing is loaded.", code="not-loaded")
        return self._served

    def _release(self) -> None:
        server, self._server, self._served = self._server, None, None
        self._verified, self._monitor, self._checked = False, None, None
        self._told = http_client.ReplyCount()
        if server is not None:
            self._loop.run_until_complete(server.close())

    def _run(self, server: http_client.Server, work: Coroutine[Any, Any, Result]) -> Result:
        server.is_alone = self.is_alone
        server.on_wait = lambda words: self.emit(protocol.Stage(words))
        server.on_other_model = lambda *names: self.emit(protocol.OtherModel(*names))
        try:
            return self._loop.run_until_complete(http_client.until_cancelled(work, self.is_cancelled))
        except http_client.ServerFailed as error:
            raise server_failed(server.address.host, error.words) from error
        except http_client.Refused as error:
            what = f"The server rejects the request: {error.short}"
            how = "Check that the address is that of an OpenAI-compatible server (it usually ends in /v1)."
            raise UserError(what, where=server.address.host, how=how, code="server-refuses") from error

    async def _connect(
        self, server: http_client.Server, requests: Sequence[protocol.SystemRequest]
    ) -> protocol.Loaded:
        with server.hurried():
            models = await _models(server)
            loras = await loaded_loras(server, requests, models)
            chosen = select_loras(server, requests, models, loras)
            models |= {one.adapter: models.get(one.model, {}) for one in requests if one.adapter in chosen}
            _require_served(server, requests, models, [lora.name for lora in loras])
            names = {request.key: served_name(request) for request in requests}
            lengths = [whole_number(models[name].get("max_model_len")) for name in names.values()]
            context = min((length for length in lengths if length), default=None)  # the smallest reported
            served = await _find_out(server, names, context)
            served = await _with_forms(served, requests)
            idle = {
                request.key: (
                    *filter(None, [lora_note(request, loras, chosen)]),
                    *await option_notes(served, request),
                )
                for request in requests
            }
            version = await _version(server)
        self._served = served
        reports = tuple(_report(request, served, models, idle[request.key]) for request in requests)
        reason = "The server chose it and does not report which it is."
        return protocol.Loaded("server", server.address.host, "unknown", reason, reports, version)


async def _models(server: http_client.Server) -> dict[str, http_client.Json]:
    answer = await server.get(f"{server.address.api}/models")
    listed = answer.get("data")
    if not isinstance(listed, list):
        raise http_client.ServerFailed("no list of models")
    models = [as_object(one) for one in listed]
    return {str(one["id"]): one for one in models if isinstance(one.get("id"), str)}


def _require_served(
    server: http_client.Server,
    requests: Sequence[protocol.SystemRequest],
    models: Mapping[str, http_client.Json],
    loras: Sequence[str],
) -> None:
    wanted = dict.fromkeys(name for r in requests for name in (r.model, r.adapter) if name)
    missing = [name for name in wanted if name not in models]
    if missing:
        known = list(dict.fromkeys((*models, *loras)))
        there = ", ".join(repr(http_client.shortened(name)) for name in known[:SHOWN_NAMES]) or "nothing"
        more = f" and {len(known) - SHOWN_NAMES} more" if len(known) > SHOWN_NAMES else ""
        what = f"The server does not serve {', '.join(map(repr, missing))}. It serves {there}{more}."
        how = (
            "Use a name that it serves. vLLM serves adapters of --lora-modules NAME=PATH. llama-server names "
            "adapters of --lora FILE by the file."
        )
        raise UserError(what, where=server.address.host, how=how, code="served-name-missing")


async def _find_out(server: http_client.Server, names: dict[str, str], context: int | None) -> ServedSystems:
    name = next(iter(names.values()))
    found = SupportedFields()

    async def answers(prompt: ServedPrompt) -> None:
        nonlocal found
        found = await find_fields(server, prompt, name)
        try:
            await ServedSystems(server, names, supported=found).respond(prompt, ResponseRequest(name))
        except NoResponse as error:
            raise http_client.Refused(0, error.reason) from error

    prompt_format = await find_prompt_format(server, name, answers)
    served = ServedSystems(server, names, prompt_format, found, context)
    prompt = await served.prompt(HELLO)
    for other in names.values():
        await _require_answer(served, prompt, other)
    return served


async def _with_forms(served: ServedSystems, requests: Sequence[protocol.SystemRequest]) -> ServedSystems:
    opened = set()
    for one in requests:
        options, own = one.template_options, one.reasoning_markers
        with suppress(http_client.Refused):  # of the options, which is reported where they are checked
            if await opens_with(served.server, served.prompt_format, served.first, options, own):
                opened.add(one.key)
    return replace(
        served,
        options={one.key: one.template_options for one in requests},
        markers={one.key: one.reasoning_markers for one in requests},
        opened=frozenset(opened),
    )


async def _require_answer(served: ServedSystems, prompt: ServedPrompt, name: str) -> None:
    """Require an answer: a listed name may not work, for example an adapter whose files were deleted."""
    with suppress(NoResponse):
        try:
            await served.respond(prompt, ResponseRequest(name))
        except http_client.Refused as error:
            what = f"The server lists {name!r} but does not answer with it: {error.short}"
            raise UserError(what, where=served.server.address.host, code="served-name-missing") from error


async def _version(server: http_client.Server) -> dict[str, str]:
    try:
        found = (await server.get(f"{server.address.root}/version")).get("version")
    except (http_client.Refused, http_client.ServerFailed):
        return {}
    return {"server": http_client.shortened(found)} if isinstance(found, str) else {}


def _report(
    request: protocol.SystemRequest,
    served: ServedSystems,
    models: Mapping[str, http_client.Json],
    idle: Sequence[str],
) -> SystemReport:
    said = models[served_name(request)]
    parameters = whole_number(as_object(said.get("meta")).get("n_params")) or 0
    notes = (UNKNOWN_WEIGHTS, *_notes(request, served, said.get("parent")), *idle)
    recipe = request.recipe
    return SystemReport(request.key, "served", parameters, None, (), "", "", "", notes, recipe_digest=recipe)


def _notes(request: protocol.SystemRequest, served: ServedSystems, parent: object) -> Iterator[str]:
    """Yield notes for the owner; ``parent`` is set where the server calls a name an adapter (vLLM)."""
    yield served.prompt_format.value
    if lost := served.supported.lost_settings:
        yield f"The server does not accept {', '.join(lost)}: its own defaults may apply."
    if isinstance(parent, str) and parent != request.model:
        under = "The server calls this an adapter: name the model under it as its base, to compare them."
        yield "The server calls this an adapter of another model than its base." if request.adapter else under
    server = served.server
    if server.has_key and not (server.address.local or server.address.secure):
        yield f"The key in {KEY_VARIABLE} and the prompts are sent unencrypted. Use https if possible."
