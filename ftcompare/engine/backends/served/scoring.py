"""Log-probabilities of given texts, from a server that echoes a prompt of token ids (llama.cpp does not)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from ftcompare.core.errors import UserError
from ftcompare.engine.backends import Emit
from ftcompare.engine.backends.served import request
from ftcompare.engine.backends.served.generation import against_prompt
from ftcompare.engine.backends.served.http_client import Json, Refused, ServerFailed, gather_all
from ftcompare.engine.backends.served.replies import as_object, first_choice, is_finite
from ftcompare.engine.protocol import ItemFailed, Progress, Scored, TextScore, TextToScore

TEXTS = 8  # number of texts scored at a time
FAR = 16  # characters within which a completely decoded token is searched after one that is not


async def score(served: request.ServedSystems, texts: Sequence[TextToScore], emit: Emit) -> None:
    """Emit a `Scored` or an `ItemFailed` for each text. Raises `UserError` ``score-unsupported``."""
    await _require_echo(served)
    todo = iter(texts)
    done = count(1)

    async def work() -> None:
        for text in todo:
            emit(await _outcome(served, text))
            emit(Progress(next(done), len(texts), 0.0))

    await gather_all(work() for _ in range(TEXTS))


async def _outcome(served: request.ServedSystems, text: TextToScore) -> Scored | ItemFailed:
    try:
        return await _scored(served, text)
    except Refused as error:
        return ItemFailed(text.key, f"The server rejects the text: {against_prompt(served, error)}")


async def _require_echo(served: request.ServedSystems) -> None:
    words = "It does not accept token ids."
    if served.prompt_format in (request.PromptFormat.TOKENIZE, request.PromptFormat.APPLY_TEMPLATE):
        try:
            await _scored(served, TextToScore("", request.HELLO, "hello"))
        except Refused as error:
            words = error.short
        except ServerFailed as error:
            words = f"It returns {error.words}."
        else:
            return
    what = f"The server does not return log-probabilities of a given text. {words}"
    how = "Use vLLM, or load the model on this machine."
    raise UserError(what, where=served.server.address.host, how=how, code="score-unsupported")


async def _scored(served: request.ServedSystems, text: TextToScore) -> Scored:
    if not text.text:
        return Scored(text.key, tuple(TextScore(key, (), ()) for key in served.names))
    ids = await request.text_ids(served.server, served.prompt_format, served.first, text.text)
    scores = []
    for key, name in served.names.items():
        messages = text.own.get(key, text.messages)
        prompt = await served.prompt(messages, options=served.options_for(key))
        whole = (*(prompt.ids or ()), *ids)
        if served.context is not None and len(whole) >= served.context:
            raise Refused(
                400, f"Prompt and text have {len(whole)} tokens, and the context has {served.context}."
            )
        sent = request.ServedPrompt(chat=False, value=list(whole), ids=whole)
        body = request.request_body(request.ResponseRequest(name), sent, served.supported) | {
            "echo": True,
            "logprobs": 1,
        }
        answer = await served.server.post(f"{served.server.address.api}/completions", body)
        scores.append(_text_score(key, answer, text.text, len(whole) - len(ids), len(ids)))
    return Scored(text.key, tuple(scores))


def _text_score(key: str, answer: Json, text: str, begin: int, count: int) -> TextScore:
    found = as_object(as_object(first_choice(answer)).get("logprobs"))
    tokens, logprobs = found.get("tokens"), found.get("token_logprobs")
    if not isinstance(tokens, list) or not isinstance(logprobs, list):
        raise ServerFailed("no log-probabilities")
    mine, own = tokens[begin : begin + count], logprobs[begin : begin + count]
    if len(mine) != count or not all(is_finite(value) for value in own) or len(own) != count:
        raise ServerFailed("no log-probabilities of the prompt")
    starts = token_starts([str(token) for token in mine], text)
    return TextScore(key, starts, tuple(min(0.0, float(value)) for value in own))


def token_starts(tokens: Sequence[str], text: str) -> tuple[int, ...]:
    """Return, for each token, the index of the character at which it starts, ascending.

    A token that is part of a character cannot be decoded: its start is the end of the last token, and the
    next decodable token is searched within `FAR` characters.
    """
    starts, at, lost = [], 0, False
    for token in tokens:
        found = text.find(token, at, at + len(token) + (FAR if lost else 0))
        if token and found >= 0:
            starts.append(found)
            at, lost = found + len(token), False
        else:
            starts.append(at)
            lost = True
    return tuple(starts)
