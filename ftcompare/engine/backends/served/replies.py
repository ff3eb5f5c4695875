"""Reads servers' answers: OpenAI's two formats, in the variants of vLLM, llama.cpp and others."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeGuard, cast

from ftcompare.core.run_record import Position
from ftcompare.core.trace import UNNAMED, steps, stored_step
from ftcompare.engine.backends.served.http_client import Json, ServerFailed, shortened
from ftcompare.engine.protocol import End

ENDS: dict[str, End] = {"stop": "end", "length": "length", "eos": "end", "end_turn": "end"}
CALLS = ("tool_calls", "function_call")  # fields of a message that calls tools
WITHHELD = {
    "content_filter": "The server's filter withheld the response.",
    **dict.fromkeys(CALLS, "The model called a tool instead of answering."),
}
"""Finish reasons without a response that can be judged."""


class NoResponse(Exception):
    """Raised for a prompt without a response that can be judged; ``reason`` is one sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Reply:
    content: str  # as the server gives it, without trailing white space, like local responses
    finish_reason: End  # as in `Written`
    tokens: int | None  # number written; None where the server does not report it
    prompt_tokens: int | None  # number read; None where the server does not report it
    positions: tuple[Position, ...]  # empty without log-probabilities
    reasoning: str = ""  # reasoning that the server gives in a separate field
    reasoning_tokens: int | None = None  # tokens of the reasoning; None where not reported
    steps: tuple[str, ...] = ()  # the message if it calls tools, as `stored_step`; the content is then empty

    @property
    def text(self) -> str:
        return f"{self.reasoning}\n{self.content}" if self.reasoning else self.content


TEXT_PARTS = frozenset({"text", "output_text"})  # of the chat interface and of the newer interface

QUOTED = 100  # maximum number of characters of a model's refusal that is quoted
MOST_PROMPT_TOKENS = 1_000_000_000  # a larger count of tokens read is ignored: no model reads as many


def read_reply(answer: Json, most: int) -> Reply:
    """Read the response in an answer to ``/completions`` or ``/chat/completions``.

    A token count above the requested maximum ``most`` is ignored. Raises `NoResponse` for a filtered
    response, refusal or content that is no text, and `ServerFailed` for an unexpected structure. Null is
    accepted where the response was cut, or is reasoning: the answer has not begun.
    """
    choice = first_choice(answer)
    if choice is None:
        raise ServerFailed("an answer without a choice")
    finish = str(choice.get("finish_reason"))
    step = _calls(choice)
    if finish in WITHHELD and not step:
        raise NoResponse(WITHHELD[finish])
    if finish not in (*ENDS, *WITHHELD):
        raise ServerFailed(f"an answer that ended with {finish!r}")
    text = "" if step else piece(choice)
    usage = as_object(answer.get("usage"))
    details = as_object(usage.get("completion_tokens_details"))
    reasoning = sound_text(reasoning_piece(choice)).strip()
    reasoning_tokens = _at_most(details.get("reasoning_tokens"), most)
    missing = _value(choice, "text", "content") is None and not step
    if missing and not (reasoning or reasoning_tokens or finish == "length"):
        raise NoResponse("The server's answer contains null instead of text.")
    return Reply(
        content=sound_text(text).rstrip(),
        finish_reason="no_answer" if missing else ENDS.get(finish, "end"),
        tokens=written_tokens(usage, choice, most),
        prompt_tokens=read_tokens(usage),
        positions=read_positions(choice),
        reasoning=reasoning,
        reasoning_tokens=reasoning_tokens,
        steps=(step,) if step else (),
    )


def _calls(choice: Json) -> str:
    """Return the message that calls tools as a step of a trace, without other fields; "" if it calls none."""
    message = as_object(choice.get("message"))
    called: dict[str, Any] = {name: one for name in CALLS if (one := message.get(name))}
    names = [step.name for step in steps([stored_step(called)])]
    if not names or UNNAMED in names:
        return ""
    content = message.get("content")
    said = sound_text(content) if isinstance(content, str) else None
    return sound_text(stored_step({"role": "assistant", "content": said, **called}))


def as_object(value: object) -> Json:
    return cast("Json", value) if isinstance(value, dict) else {}


def whole_number(value: object) -> int | None:
    return value if type(value) is int and value >= 0 else None


def first_choice(answer: Json) -> Json | None:
    """Return the first choice; None where there is none, as in the last event of a stream."""
    choices = answer.get("choices")
    return as_object(choices[0]) if isinstance(choices, list) and choices else None


def piece(choice: Json) -> str:
    """Return the text of a choice, complete or streamed. Raises `NoResponse` for other content."""
    if _value(choice, "tool_calls", "function_call"):
        raise NoResponse(WITHHELD["tool_calls"])
    refusal = _value(choice, "refusal")
    content = [{"type": "refusal", "refusal": refusal}] if refusal else _value(choice, "text", "content")
    parts = content if isinstance(content, list) else [] if content is None else [content]
    return "".join(map(_part_text, parts))


def _value(choice: Json, *names: str) -> object:
    """Return the first non-empty value under these names; else "" or []; None if all are null or missing."""
    holders = (choice, as_object(choice.get("message")), as_object(choice.get("delta")))
    values = [value for holder in holders for name in names if (value := holder.get(name)) is not None]
    return next((value for value in values if value not in ("", [])), values[0] if values else None)


def _part_text(part: object) -> str:
    if isinstance(part, str):
        return part
    kind = as_object(part).get("type")
    text = as_object(part).get("text")
    if kind in TEXT_PARTS and isinstance(text, str):
        return text
    if kind == "refusal":
        words = str(as_object(part).get("refusal") or text or "")
        raise NoResponse(f"The model refused to answer: “{shortened(words, QUOTED)}”")
    what = f"a part of type “{shortened(str(kind))}”" if kind else _JSON_TYPES.get(type(part), "an object")
    raise NoResponse(f"The server's answer contains {what} instead of text.")


_JSON_TYPES = {bool: "true or false", int: "a number", float: "a number", list: "a list", type(None): "null"}


def reasoning_piece(choice: Json) -> str:
    """Return the reasoning of a choice, complete or streamed, where it has a separate field."""
    for holder in (as_object(choice.get("message")), as_object(choice.get("delta"))):
        for name in ("reasoning_content", "reasoning"):
            if isinstance(text := holder.get(name), str) and text:
                return text
    return ""


def sound_text(text: str) -> str:
    """Replace halves of surrogate pairs, which no file can hold, by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def read_tokens(usage: Json) -> int | None:
    return _at_most(usage.get("prompt_tokens"), MOST_PROMPT_TOKENS)


def _at_most(value: object, most: int) -> int | None:
    count = whole_number(value)
    return count if count is not None and count <= most else None


def written_tokens(usage: Json, choice: Json, most: int) -> int | None:
    """Return the tokens written, without the end token where it is known to be included.

    vLLM includes it, and reports ``stop_reason: null`` where a response ended with it. None without a
    count, or for a count above ``most`` and an end token.
    """
    tokens = _at_most(usage.get("completion_tokens"), most + 1)
    by_end_token = choice.get("finish_reason") == "stop" and choice.get("stop_reason", "") is None
    return max(tokens - 1, 0) if tokens is not None and by_end_token else tokens


def read_positions(choice: Json) -> tuple[Position, ...]:
    """Read log-probabilities in the older format (parallel lists) or the newer (objects)."""
    found = as_object(choice.get("logprobs"))
    content = found.get("content")
    if isinstance(content, list):
        return tuple(_newer(as_object(entry)) for entry in content)
    tokens, top = found.get("tokens"), found.get("top_logprobs")
    if not isinstance(tokens, list) or not isinstance(top, list):
        return ()
    own = found.get("token_logprobs")
    own = own if isinstance(own, list) else [None] * len(tokens)
    return tuple(
        Position(str(token), _numbers([(str(token), logprob), *as_object(others).items()]))
        for token, logprob, others in zip(tokens, own, top, strict=False)
    )


def _newer(entry: Json) -> Position:
    top = entry.get("top_logprobs")
    others = [as_object(other) for other in top] if isinstance(top, list) else []
    pairs = ((str(other.get("token")), other.get("logprob")) for other in (*others, entry))
    return Position(str(entry.get("token")), _numbers(pairs))


def _numbers(pairs: Iterable[tuple[str, object]]) -> dict[str, float]:
    return {token: float(value) for token, value in pairs if is_finite(value)}


def is_finite(value: object) -> TypeGuard[float]:
    """Return whether it is a number that JSON can hold; a boolean is none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
