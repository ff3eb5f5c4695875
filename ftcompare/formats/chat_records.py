"""Conversations of other tools in the form ``[{"role", "content"}]`` with plain texts."""

from __future__ import annotations

from ftcompare.core.hashing import Json
from ftcompare.formats.record_fields import Record, shown


def chat(record: Record, name: str) -> list[Json]:
    """A field with a list of messages; other fields of a message are ignored.

    A content may be a text or a list of text parts.

    Raises:
        UserError: the field is no such list, or a content is not text.
    """
    turns = record.fields.get(name)
    if turns is None:
        raise record.missing(name)
    if not isinstance(turns, list) or not turns:
        raise record.error(f"{name} must be a list of messages, not {shown(turns)}.")
    return [_message(record, f"{name}, turn {n}", turn) for n, turn in enumerate(turns, start=1)]


def asked_and_answered(record: Record, name: str) -> tuple[list[Json], str]:
    """Split a conversation that ends with an answer into the messages before it and the answer.

    Raises:
        UserError: as `chat`, or the last message is not by the assistant.
    """
    *asked, answer = chat(record, name)
    if not isinstance(answer, dict) or answer["role"] != "assistant":
        raise record.error(f"{name}: the last message must be the assistant's.")
    return asked, str(answer["content"])


def text_of(content: Json) -> str | None:
    """A message's content as text; None for other contents."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    parts = [_part(part) for part in content]
    texts = [part for part in parts if part is not None]
    return "".join(texts) if len(texts) == len(parts) else None


def _message(record: Record, where: str, turn: Json) -> Json:
    if not isinstance(turn, dict):
        raise record.error(f"{where} must be an object, not {shown(turn)}.")
    for field in ("role", "content"):
        if turn.get(field) is None:
            raise record.error(f"{where}: {field} is missing.")
    text = text_of(turn["content"])
    if text is None:
        raise record.error(f"{where}: the content is no text.", "Only answers in text can be compared.")
    return {"role": turn.get("role"), "content": text}


def _part(part: Json) -> str | None:
    if isinstance(part, dict) and part.get("type") == "text":
        text = part.get("text")
        return text if isinstance(text, str) else None
    return part if isinstance(part, str) else None
