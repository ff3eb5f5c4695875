"""A request for a response: its fields, which of them the server accepts, and its seed.

Neutral values are sent explicitly, because servers have defaults of their own (vLLM uses a model's
``generation_config.json``; llama.cpp has top-k 40, min-p 0.05). A field that a server refuses by name is not
sent again: for a neutral value a note is emitted, for any other value it is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import digest
from ftcompare.core.reasoning import Markers
from ftcompare.core.study import Message
from ftcompare.engine.backends.served.http_client import Json, Refused, Server, ServerFailed
from ftcompare.engine.backends.served.prompts import Options, PromptFormat, ServedPrompt, make_prompt
from ftcompare.engine.backends.served.replies import Reply, read_reply
from ftcompare.engine.protocol import GenerationSettings

ALL_TOKENS = (-1, 0)
"""Values that switch top-k off: for vLLM and llama.cpp; for llama-cpp-python and newer vLLM."""

PENALTIES = ("repetition_penalty", "repeat_penalty")  # the field's names in vLLM and in llama.cpp

EXTRA = ("top_k", "min_p", *PENALTIES, "repeat_last_n", "seed")
"""Fields besides OpenAI's common ones, or not accepted everywhere."""

LIMITS = ("max_tokens", "max_completion_tokens")
BAD_REQUEST = frozenset({400, 422})
SEED_BITS = 31  # llama.cpp accepts 32 bits, of which the largest number means a random seed

GREEDY = GenerationSettings(max_new_tokens=1)


@dataclass(frozen=True, slots=True)
class SupportedFields:
    """The fields that a server accepts."""

    refused: frozenset[str] = frozenset()  # names of the fields of `EXTRA` that it refuses
    limit: str = LIMITS[0]  # its name for the maximum number of new tokens
    all_tokens: int = ALL_TOKENS[0]  # its value of top-k for all tokens

    @property
    def lost_settings(self) -> list[str]:
        lost: list[str] = [name for name in ("top_k", "min_p", "seed") if name in self.refused]
        return [*lost, "repetition_penalty"] if self.refused.issuperset(PENALTIES) else lost


@dataclass(frozen=True, slots=True)
class ServedSystems:
    """Systems behind one server."""

    server: Server
    names: dict[str, str]  # served name by system key, in the order of the request
    prompt_format: PromptFormat = PromptFormat.CHAT
    supported: SupportedFields = field(default_factory=SupportedFields)
    # maximum number of tokens of prompt and response together; None where the server does not report it
    context: int | None = None
    # by system key, options for the chat template, where there are any
    options: Mapping[str, Options] = field(default_factory=dict)
    # by system key, markers of reasoning in addition to the known ones
    markers: Mapping[str, tuple[Markers, ...]] = field(default_factory=dict)
    # keys of the systems whose prompts are known to end inside reasoning
    opened: frozenset[str] = frozenset()

    @property
    def first(self) -> str:
        """The first served name, whose template builds the prompts."""
        return next(iter(self.names.values()))

    async def prompt(
        self, messages: tuple[Message, ...], name: str = "", options: Options = ()
    ) -> ServedPrompt:
        """A prompt in the server's format, by the template of the first name unless another is given."""
        return await make_prompt(self.server, self.prompt_format, name or self.first, messages, options)

    def options_for(self, key: str) -> Options:
        return self.options.get(key, ())

    async def respond(self, prompt: ServedPrompt, ask: ResponseRequest, more: Json | None = None) -> Reply:
        """A response; ``more`` are further fields of the request.

        Raises:
            NoResponse: see `read_reply`.
        """
        body = request_body(ask, prompt, self.supported) | (more or {})
        answer = await self.server.post(url_for(self.server, prompt), body)
        return read_reply(answer, ask.settings.most_tokens)


@dataclass(frozen=True, slots=True)
class ResponseRequest:
    """A request's name, settings and seed, without the prompt."""

    name: str
    settings: GenerationSettings = GREEDY
    seed: int = 0


def request_body(ask: ResponseRequest, prompt: ServedPrompt, supported: SupportedFields) -> Json:
    """The body of a request, without fields that the server refuses."""
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
    """Determine the accepted fields by requesting one token with all of them.

    Raises:
        Refused: the server refuses the prompt even without them.
    """
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
    """Fewer fields: without those that the error names, else without all; None where none are left.

    A failure counts as a refusal if it names a field: llama-cpp-python 0.3.36 answers with status 500.
    """
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
    """A setting in use that the server refuses; "" where there is none."""
    neutral = {"top_k": 0, "min_p": 0, "repetition_penalty": 1}
    lost = supported.lost_settings
    return next((name for name in neutral if name in lost and getattr(settings, name) != neutral[name]), "")


def setting_refused(name: str, words: str, where: str) -> UserError:
    """The fault for a setting that the server does not accept."""
    what = f"The server does not take {name}{f': {words}' if words else '.'}"
    how = "Leave it at its neutral value for this study, or use another server."
    return UserError(what, where=where, how=how, code="setting-refused")


def seed_for(settings: GenerationSettings, item: str, sample: int, system: str) -> int:
    """The seed of one response, below 2**31.

    "Coupled" systems get the same seed; how a server uses it is not controlled here.
    """
    key = system if settings.coupling == "independent" else ""
    drawn = digest("served-seed", [settings.seed, item, sample, key])
    return int(drawn[:16], 16) & ((1 << SEED_BITS) - 1)
