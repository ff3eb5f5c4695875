"""Requests for responses: how a prompt is sent, the fields that the server applies, and the seed.

Test requests determine how prompts are sent. With token ids (or a plain text) every system gets exactly the
same prompt, whatever template a served adapter has. A server that accepts only messages builds the prompt
itself, from its template. Template options are sent to wherever the template is rendered, as
``chat_template_kwargs``.

Neutral values are sent explicitly, because servers have defaults of their own (vLLM uses a model's
``generation_config.json``; llama.cpp has top-k 40, min-p 0.05). A field that a server refuses by name is not
sent again: for a neutral value a note is emitted, for any other value it is a fault.

Many servers ignore fields that they do not know. Before the first pair, their responses show whether they
apply the settings. If three seeds give the same text at the highest temperature, the temperature is ignored.
With top-k 1 or min-p 1 only the likeliest token remains, whatever the seed: a server that then gives two
texts, neither of them the greedy one, ignores the field. A seed that is applied gives the same text twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeAlias

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import digest
from ftcompare.core.language import N_
from ftcompare.core.reasoning import Markers
from ftcompare.core.recipe import TemplateOption
from ftcompare.core.study import Message
from ftcompare.engine.backends import Emit, opens_reasoning, plain_prompt, unfit
from ftcompare.engine.backends.served.http_client import Json, Refused, Server, ServerFailed
from ftcompare.engine.backends.served.replies import NoResponse, Reply, read_reply
from ftcompare.engine.protocol import GenerationSettings, Note, Stage, SystemRequest

HELLO = (Message("user", "Say hello."),)  # the prompt of the test requests


Options: TypeAlias = tuple[tuple[str, TemplateOption], ...]  # name and value


class PromptFormat(Enum):
    """Ways to send prompts, with their notes."""

    TOKENIZE = N_("Prompts go to the server as token ids, made by the server's chat template.")
    APPLY_TEMPLATE = N_(
        "Prompts go to the server as token ids, made by the server's chat template in two steps."
    )
    CHAT = N_("Prompts go to the server as messages, which the server turns into the prompt.")
    PLAIN = N_("Prompts go to the server as plain text, because the model has no chat template.")


@dataclass(frozen=True, slots=True)
class ServedPrompt:
    """Prompt in the format of one server."""

    chat: bool  # whether it is sent to ``/chat/completions`` as ``messages``; else as ``prompt``
    value: object  # value of that field
    ids: tuple[int, ...] | None = None  # the token ids; None where the server makes them
    more: Json = field(default_factory=dict)  # additional fields of the request


async def make_prompt(
    server: Server,
    prompt_format: PromptFormat,
    name: str,
    messages: tuple[Message, ...],
    options: Options = (),
) -> ServedPrompt:
    """Build the prompt by the template of the served ``name``. Raises `Refused` for unfit messages."""
    if reason := unfit(messages):
        raise Refused(400, reason)
    if prompt_format is PromptFormat.PLAIN:
        try:
            return ServedPrompt(chat=False, value=plain_prompt(messages))
        except ValueError as error:
            raise Refused(400, f"The model's chat template rejects the prompt: {error}") from error
    more: Json = {"chat_template_kwargs": dict(options)} if options else {}
    turns = [message.turn for message in messages]
    if prompt_format is PromptFormat.CHAT:
        return ServedPrompt(chat=True, value=turns, more=more)
    body: Json = {"model": name, "messages": turns, "add_generation_prompt": True, **more}
    if prompt_format is PromptFormat.APPLY_TEMPLATE:
        text = await _filled_template(server, {"model": name, "messages": turns, **more})
        body = {"model": name, "content": text, "add_special": True, "parse_special": True}
    ids = read_ids(await server.post(f"{server.address.root}/tokenize", body))
    return ServedPrompt(chat=False, value=list(ids), ids=ids)


async def _filled_template(server: Server, body: Json) -> str:
    text = (await server.post(f"{server.address.root}/apply-template", body)).get("prompt")
    if not isinstance(text, str):
        raise ServerFailed("a template that makes no text")
    return text


def read_ids(answer: Json) -> tuple[int, ...]:
    """Read the token ids in the answer of ``/tokenize``. Raises `ServerFailed` if there are none."""
    found = answer.get("tokens")
    ids = tuple(one for one in found if type(one) is int) if isinstance(found, list) else ()
    if not ids or not isinstance(found, list) or len(ids) != len(found):
        raise ServerFailed("no token ids")
    return ids


async def text_ids(server: Server, prompt_format: PromptFormat, name: str, text: str) -> tuple[int, ...]:
    vllm: dict[str, object] = {"model": name, "prompt": text, "add_special_tokens": False}
    llama: dict[str, object] = {"model": name, "content": text, "add_special": False, "parse_special": False}
    body = vllm if prompt_format is PromptFormat.TOKENIZE else llama
    return read_ids(await server.post(f"{server.address.root}/tokenize", body))


async def opens_with(
    server: Server, prompt_format: PromptFormat, name: str, options: Options, own: Sequence[Markers]
) -> bool:
    """Return whether the template of a served model opens reasoning; False if unknown."""
    if prompt_format not in (PromptFormat.TOKENIZE, PromptFormat.APPLY_TEMPLATE):
        return False
    ids = (await make_prompt(server, prompt_format, name, HELLO, options)).ids
    body: Json = {"model": name, "tokens": list(ids or ())}
    try:
        answer = await server.post(f"{server.address.root}/detokenize", body)
    except (Refused, ServerFailed):
        return False
    text = answer.get("prompt", answer.get("content"))  # vLLM, llama.cpp
    return isinstance(text, str) and opens_reasoning(text, HELLO[-1].content, own)


async def find_prompt_format(
    server: Server, name: str, answers: Callable[[ServedPrompt], Coroutine[None, None, None]]
) -> PromptFormat:
    """Return the best format for which ``answers`` raises no error; else raise ``server-unfit``."""
    words = ""
    for prompt_format in PromptFormat:
        try:
            await answers(await make_prompt(server, prompt_format, name, HELLO))
        except Refused as error:
            words = error.short
        except ServerFailed as error:
            words = error.words
        else:
            return prompt_format
    what = f"The server supports neither chat nor text completions: {words.rstrip('.')}."
    how = "Check that the address is that of an OpenAI-compatible server (it usually ends in /v1)."
    raise UserError(what, where=server.address.host, how=how, code="server-unfit")


ALL_TOKENS = (-1, 0)  # top-k off: vLLM and llama.cpp; llama-cpp-python and newer vLLM

PENALTIES = ("repetition_penalty", "repeat_penalty")  # the field's names in vLLM and in llama.cpp

EXTRA = ("top_k", "min_p", *PENALTIES, "repeat_last_n", "seed")  # fields that not every server accepts

LIMITS = ("max_tokens", "max_completion_tokens")
BAD_REQUEST = frozenset({400, 422})
SEED_BITS = 31  # llama.cpp accepts 32 bits, of which the largest number means a random seed

GREEDY = GenerationSettings(max_new_tokens=1)


@dataclass(frozen=True, slots=True)
class SupportedFields:
    """Fields that a server accepts."""

    refused: frozenset[str] = frozenset()  # names of the fields of `EXTRA` that it refuses
    limit: str = LIMITS[0]  # its name for the maximum number of new tokens
    all_tokens: int = ALL_TOKENS[0]  # its value of top-k for all tokens

    @property
    def lost_settings(self) -> list[str]:
        lost: list[str] = [name for name in ("top_k", "min_p", "seed") if name in self.refused]
        return [*lost, "repetition_penalty"] if self.refused.issuperset(PENALTIES) else lost


@dataclass(frozen=True, slots=True)
class ServedSystems:
    server: Server
    names: dict[str, str]  # served name by system key, in the order of the request
    prompt_format: PromptFormat = PromptFormat.CHAT
    supported: SupportedFields = field(default_factory=SupportedFields)
    context: int | None = None  # maximum tokens of prompt and response together; None where not reported
    options: Mapping[str, Options] = field(default_factory=dict)  # by system key, for the chat template
    markers: Mapping[str, tuple[Markers, ...]] = field(default_factory=dict)  # of reasoning, by key
    opened: frozenset[str] = frozenset()  # keys of systems whose prompts are known to end inside reasoning

    @property
    def first(self) -> str:
        return next(iter(self.names.values()))

    async def prompt(
        self, messages: tuple[Message, ...], name: str = "", options: Options = ()
    ) -> ServedPrompt:
        """Return a prompt in the server's format, by the template of the first name by default."""
        return await make_prompt(self.server, self.prompt_format, name or self.first, messages, options)

    def options_for(self, key: str) -> Options:
        return self.options.get(key, ())

    async def respond(self, prompt: ServedPrompt, ask: ResponseRequest, more: Json | None = None) -> Reply:
        """Return a response; ``more`` are further fields of the request. Raises as `read_reply`."""
        body = request_body(ask, prompt, self.supported) | (more or {})
        answer = await self.server.post(url_for(self.server, prompt), body)
        return read_reply(answer, ask.settings.most_tokens)


@dataclass(frozen=True, slots=True)
class ResponseRequest:
    """Name, settings and seed of a request, without the prompt."""

    name: str
    settings: GenerationSettings = GREEDY
    seed: int = 0


def request_body(ask: ResponseRequest, prompt: ServedPrompt, supported: SupportedFields) -> Json:
    settings = ask.settings
    body: Json = {
        "model": ask.name,
        "messages" if prompt.chat else "prompt": prompt.value,
        supported.limit: settings.most_tokens,
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "top_k": settings.top_k or supported.all_tokens,
        "min_p": settings.min_p,
        **dict.fromkeys(PENALTIES, settings.repetition_penalty),
        "repeat_last_n": -1,
        "seed": ask.seed,
        **prompt.more,
    }
    if settings.stop:
        body["stop"] = list(settings.stop)
    return {name: value for name, value in body.items() if name not in supported.refused}


def url_for(server: Server, prompt: ServedPrompt) -> str:
    return f"{server.address.api}/{'chat/completions' if prompt.chat else 'completions'}"


async def find_fields(server: Server, prompt: ServedPrompt, name: str) -> SupportedFields:
    """Find the accepted fields by requesting one token. Raises `Refused` for the prompt itself."""
    supported = SupportedFields()
    while True:
        try:
            await server.post(url_for(server, prompt), request_body(ResponseRequest(name), prompt, supported))
        except (Refused, ServerFailed) as error:
            less = _without_what_is_refused(supported, error)
            if less is None:
                raise
            supported = less
        else:
            return supported


def _without_what_is_refused(
    supported: SupportedFields, error: Refused | ServerFailed
) -> SupportedFields | None:
    """Drop the fields that the error names, whatever its status (llama-cpp-python 0.3.36: 500), or all."""
    if isinstance(error, Refused) and error.status not in BAD_REQUEST:
        return None
    if supported.limit == LIMITS[0] and re.search(r"\bmax_tokens\b", error.words):
        return replace(supported, limit=LIMITS[1])
    left = frozenset(EXTRA) - supported.refused
    named = {name for name in left if re.search(rf"\b{name}\b", error.words)}
    if "top_k" in named and supported.all_tokens == ALL_TOKENS[0]:
        return replace(supported, all_tokens=ALL_TOKENS[1])
    if isinstance(error, ServerFailed):
        left = frozenset()
    return replace(supported, refused=supported.refused | (named or left)) if named or left else None


def refused_setting(settings: GenerationSettings, supported: SupportedFields) -> str:
    neutral = {"top_k": 0, "min_p": 0, "repetition_penalty": 1}
    lost = supported.lost_settings
    return next((name for name in neutral if name in lost and getattr(settings, name) != neutral[name]), "")


def setting_refused(name: str, words: str, where: str) -> UserError:
    what = f"The server does not accept {name}: {words}" if words else f"The server does not accept {name}."
    how = "Leave it at its neutral value for this study, or use another server."
    return UserError(what, where=where, how=how, code="setting-refused")


def seed_for(settings: GenerationSettings, item: str, sample: int, system: str) -> int:
    """Return the seed of one response, below 2**31; "coupled" systems get the same seed."""
    key = system if settings.coupling == "independent" else ""
    drawn = digest("served-seed", [settings.seed, item, sample, key])
    return int(drawn[:16], 16) & ((1 << SEED_BITS) - 1)


LOOK = GenerationSettings(max_new_tokens=16)
ASKED = (Message("user", "Tell me about a town that you make up."),)  # a prompt with many possible answers
HOTTEST = 2.0  # the highest temperature that OpenAI's interface allows
HARSH = 2.0  # a repetition penalty that changes any text in which a token is repeated


async def check_settings(served: ServedSystems, settings: GenerationSettings, emit: Emit) -> None:
    """Emit notes on ignored settings. Raises `UserError` ``setting-refused``, ``setting-ignored``."""
    emit(Stage("Checking whether the server accepts the settings"))
    where = served.server.address.host
    if name := refused_setting(settings, served.supported):
        raise setting_refused(name, "", where)
    check = _Look(served, await served.prompt(ASKED))
    try:
        await check.text(replace(settings, max_new_tokens=1), 0)
    except Refused as error:
        raise setting_refused("these settings", error.short, where) from error
    for name in await check.ignored(settings):
        what = f"The server accepts {name} and ignores it."
        how = "Leave it at its neutral value for this study, or use another server."
        raise UserError(what, where=where, how=how, code="setting-ignored")
    for words in await check.doubts(settings):
        emit(Note(words))


@dataclass(frozen=True, slots=True)
class _Look:
    served: ServedSystems
    prompt: ServedPrompt

    async def text(self, settings: GenerationSettings, seed: int) -> str:
        ask = ResponseRequest(self.served.first, settings, seed)
        try:
            return (await self.served.respond(self.prompt, ask)).text
        except NoResponse:
            return ""

    async def _texts(self, settings: GenerationSettings, seeds: int) -> set[str]:
        return {await self.text(settings, seed) for seed in range(1, seeds + 1)} - {""}

    async def ignored(self, settings: GenerationSettings) -> list[str]:
        """Return settings in use that have no effect where they must have one."""
        hot = replace(LOOK, temperature=HOTTEST)
        if settings.temperature > 0 and len(await self._texts(hot, 3)) == 1:
            return ["temperature"]
        found = []
        if settings.top_k and not await self._is_greedy(replace(hot, top_k=1)):
            found.append("top_k")
        if settings.min_p and not await self._is_greedy(replace(hot, min_p=1.0)):
            found.append("min_p")
        return found

    async def _is_greedy(self, settings: GenerationSettings) -> bool:
        """Return whether the text is the greedy one, or at least the same with another seed."""
        texts = await self._texts(settings, 2)
        return len(texts) < 2 or await self.text(LOOK, 1) in texts

    async def doubts(self, settings: GenerationSettings) -> list[str]:
        found = []
        if settings.repetition_penalty != 1 and not await self._penalises():
            found.append("FTCompare cannot determine whether the server applies the repetition penalty.")
        if settings.temperature > 0 and not await self._repeats():
            found.append(
                "The server does not reproduce its samples for a seed, so responses cannot be generated "
                "again."
            )
        if settings.temperature == 0 and len(await self._texts(LOOK, 2)) > 1:
            found.append("At temperature 0, the server does not write the same text twice: it still samples.")
        return found

    async def _penalises(self) -> bool:
        harsh = replace(LOOK, repetition_penalty=HARSH)
        return await self.text(harsh, 1) != await self.text(LOOK, 1)

    async def _repeats(self) -> bool:
        if "seed" in self.served.supported.refused:
            return False
        settings = replace(LOOK, temperature=1.0)
        return await self.text(settings, 1) == await self.text(settings, 1)


UNSEEN = (
    "The server renders the chat template itself, so FTCompare cannot see whether it applies the "
    "options {options}."
)


async def option_notes(served: ServedSystems, request: SystemRequest) -> tuple[str, ...]:
    """Return notes on options without effect. Raises `UserError` ``template-option`` if refused."""
    options = request.template_options
    if not options:
        return ()
    listed = ", ".join(f"{name} = {value}" for name, value in options)
    if served.prompt_format is PromptFormat.PLAIN:
        return (f"The model has no chat template: the options {listed} change nothing.",)
    try:
        ids = await _asked(served, served.names[request.key], options)
    except Refused as error:
        what = f"The server does not accept options of the chat template ({listed}): {error.short}"
        how = "Remove them from the system's instructions, or use another server."
        raise UserError(what, where=served.server.address.host, how=how, code="template-option") from error
    if ids is None:
        return (UNSEEN.format(options=listed),)
    idle = [
        f"The chat template's option {one[0]} = {one[1]} changes nothing in a prompt."
        for one in options
        if (await served.prompt(HELLO, options=tuple(o for o in options if o != one))).ids == ids
    ]
    return tuple(idle)


async def _asked(served: ServedSystems, name: str, options: Options) -> tuple[int, ...] | None:
    """Return token ids of an answered prompt with these options; None if the server builds the prompt."""
    prompt = await served.prompt(HELLO, options=options)
    if prompt.chat:
        with suppress(NoResponse):
            await served.respond(prompt, ResponseRequest(name))
    return prompt.ids
