"""How prompts are handed to a server, found out by asking: token ids where it takes them.

With token ids (or a plain text) every system gets the same prompt, to the token, whatever template a
served adapter brings. A server that takes only messages makes the prompt itself, from its template.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import Enum

from ftcompare.core.errors import UserError
from ftcompare.core.study import Message
from ftcompare.engine.backends.plain_prompts import plain_prompt, unfit
from ftcompare.engine.backends.served.http_client import Json, Refused, Server, ServerFailed

HELLO = (Message("user", "Say hello."),)
"""The prompt that features are found out with."""


class PromptFormat(Enum):
    """How prompts are handed over; the values say it in words."""

    TOKENIZE = "as token ids, made by the server's chat template"
    APPLY_TEMPLATE = "as token ids, made by the server's chat template in two steps"
    CHAT = "as messages, of which the server makes the prompt"
    PLAIN = "as plain text, because the model has no chat template"


@dataclass(frozen=True, slots=True)
class ServedPrompt:
    """A prompt as one server takes it.

    Args:
        chat: whether it goes to ``/chat/completions``.
        field: ``prompt`` or ``messages``.
        value: of the field.
        ids: the token ids; None where the server makes them.
    """

    chat: bool
    field: str
    value: object
    ids: tuple[int, ...] | None = None


async def make_prompt(
    server: Server, prompt_format: PromptFormat, name: str, messages: tuple[Message, ...]
) -> ServedPrompt:
    """The prompt.

    Args:
        server: that is to answer.
        prompt_format: how it takes prompts.
        name: of the served model whose template is used.
        messages: of the item.

    Raises:
        Refused: the server's template, or ours, does not take it.
        ServerFailed, UserError, EnvironmentFault: see `Server.post`.
    """
    if reason := unfit(messages):
        raise Refused(400, reason)
    return await _MAKERS[prompt_format](server, name, messages)


_Maker = Callable[[Server, str, tuple[Message, ...]], Coroutine[None, None, ServedPrompt]]


def _turns(messages: tuple[Message, ...]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]


async def _tokenize(server: Server, name: str, messages: tuple[Message, ...]) -> ServedPrompt:
    body = {"model": name, "messages": _turns(messages), "add_generation_prompt": True}
    return _of_ids(await server.post(f"{server.address.root}/tokenize", body))


async def _apply_template(server: Server, name: str, messages: tuple[Message, ...]) -> ServedPrompt:
    root = server.address.root
    answer = await server.post(f"{root}/apply-template", {"model": name, "messages": _turns(messages)})
    text = answer.get("prompt")
    if not isinstance(text, str):
        raise ServerFailed("a template that makes no text")
    body = {"model": name, "content": text, "add_special": True, "parse_special": True}
    return _of_ids(await server.post(f"{root}/tokenize", body))


async def _chat(server: Server, name: str, messages: tuple[Message, ...]) -> ServedPrompt:  # noqa: ARG001  (as its fellows)
    return ServedPrompt(chat=True, field="messages", value=_turns(messages))


async def _plain(server: Server, name: str, messages: tuple[Message, ...]) -> ServedPrompt:  # noqa: ARG001  (as its fellows)
    try:
        text = plain_prompt(messages)
    except ValueError as error:
        raise Refused(400, f"The model's chat template refuses the prompt: {error}") from error
    return ServedPrompt(chat=False, field="prompt", value=text)


_MAKERS: dict[PromptFormat, _Maker] = {
    PromptFormat.TOKENIZE: _tokenize,
    PromptFormat.APPLY_TEMPLATE: _apply_template,
    PromptFormat.CHAT: _chat,
    PromptFormat.PLAIN: _plain,
}


def _of_ids(answer: Json) -> ServedPrompt:
    ids = read_ids(answer)
    return ServedPrompt(chat=False, field="prompt", value=list(ids), ids=ids)


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
    """The token ids of a text that follows a prompt.

    Raises:
        Refused, ServerFailed, UserError, EnvironmentFault: see `Server.post`.
    """
    vllm: dict[str, object] = {"model": name, "prompt": text, "add_special_tokens": False}
    llama: dict[str, object] = {"model": name, "content": text, "add_special": False, "parse_special": False}
    body = vllm if prompt_format is PromptFormat.TOKENIZE else llama
    return read_ids(await server.post(f"{server.address.root}/tokenize", body))


async def find_prompt_format(
    server: Server, name: str, answers: Callable[[ServedPrompt], Coroutine[None, None, None]]
) -> PromptFormat:
    """The first way, best first, in which the server answers.

    Args:
        server: to be asked.
        name: of a served model.
        answers: asks for a token after a prompt; raises `Refused` or `ServerFailed` where there is none.

    Raises:
        UserError: ``server-unfit``, if none does; the server's words on the last are quoted.
        UserError, EnvironmentFault: see `Server.post`.
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
    raise UserError(
        f"The server answers neither chat nor text completions: {words.rstrip('.')}.",
        where=server.address.host,
        how="Is the address that of an OpenAI-compatible server (it mostly ends in /v1)?",
        code="server-unfit",
    )
