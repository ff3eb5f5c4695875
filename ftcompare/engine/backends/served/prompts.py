"""How prompts are sent to a server, determined by test requests: as token ids where the server accepts them.

With token ids (or a plain text) every system gets exactly the same prompt, whatever template a served adapter
has. A server that accepts only messages builds the prompt itself, from its template. Template options are
sent to wherever the template is rendered, as ``chat_template_kwargs``.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from ftcompare.core.errors import UserError
from ftcompare.core.reasoning import Markers
from ftcompare.core.recipe import TemplateOption
from ftcompare.core.study import Message
from ftcompare.engine.backends import opens_reasoning, plain_prompt, unfit
from ftcompare.engine.backends.served.http_client import Json, Refused, Server, ServerFailed

HELLO = (Message("user", "Say hello."),)  # the prompt of the test requests


Options: TypeAlias = tuple[tuple[str, TemplateOption], ...]
"""Options of a chat template, as pairs of name and value."""


class PromptFormat(Enum):
    """How prompts are sent; the values describe it in words."""

    TOKENIZE = "as token ids, made by the server's chat template"
    APPLY_TEMPLATE = "as token ids, made by the server's chat template in two steps"
    CHAT = "as messages, of which the server makes the prompt"
    PLAIN = "as plain text, because the model has no chat template"


@dataclass(frozen=True, slots=True)
class ServedPrompt:
    """A prompt in the format of one server."""

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
    """The prompt, by the template of the served model ``name``, rendered with the options.

    Raises:
        Refused: the server's template, or ours, refuses the messages.
    """
    if reason := unfit(messages):
        raise Refused(400, reason)
    if prompt_format is PromptFormat.PLAIN:
        try:
            return ServedPrompt(chat=False, value=plain_prompt(messages))
        except ValueError as error:
            raise Refused(400, f"The model's chat template refuses the prompt: {error}") from error
    more: Json = {"chat_template_kwargs": dict(options)} if options else {}
    turns = [{"role": message.role, "content": message.content} for message in messages]
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
    """The token ids in the answer of ``/tokenize``.

    Raises:
        ServerFailed: there are none.
    """
    found = answer.get("tokens")
    ids = tuple(one for one in found if type(one) is int) if isinstance(found, list) else ()
    if not ids or not isinstance(found, list) or len(ids) != len(found):
        raise ServerFailed("no token ids")
    return ids


async def text_ids(server: Server, prompt_format: PromptFormat, name: str, text: str) -> tuple[int, ...]:
    """The token ids of a text that follows a prompt."""
    vllm: dict[str, object] = {"model": name, "prompt": text, "add_special_tokens": False}
    llama: dict[str, object] = {"model": name, "content": text, "add_special": False, "parse_special": False}
    body = vllm if prompt_format is PromptFormat.TOKENIZE else llama
    return read_ids(await server.post(f"{server.address.root}/tokenize", body))


async def opens_with(
    server: Server, prompt_format: PromptFormat, name: str, options: Options, own: Sequence[Markers]
) -> bool:
    """Whether the template of a served model opens reasoning; False where that is not known."""
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
    """The first format, best first, that the server accepts.

    ``answers`` requests a token after a prompt; it raises `Refused` or `ServerFailed` where there is none.

    Raises:
        UserError: ``server-unfit``, if none works; the server's last message is quoted.
    """
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
    what = f"The server answers neither chat nor text completions: {words.rstrip('.')}."
    how = "Is the address that of an OpenAI-compatible server (it mostly ends in /v1)?"
    raise UserError(what, where=server.address.host, how=how, code="server-unfit")
