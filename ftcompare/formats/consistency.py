"""What a file says twice must be the same both times: prompts by their id, responses by their place."""

from __future__ import annotations

from hashlib import blake2b

from ftcompare.core.study import Message
from ftcompare.formats.record_fields import Record, shown


class PromptIds:
    """The prompt ids met so far, each with its prompt's digest and first line."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[bytes, int]] = {}

    def check(self, record: Record, prompt_id: str, messages: tuple[Message, ...]) -> None:
        """Refuse an id that stood with another prompt before."""
        if not prompt_id:
            return
        key = digest_of_prompt(messages)
        first, line = self._first.setdefault(prompt_id, (key, record.line))
        if first != key:
            what = f"prompt_id {shown(prompt_id)} stood with another prompt at line {line}."
            raise record.error(what, "Give each prompt an id of its own.")


class SeenResponses:
    """The responses met so far, each with its text's digest and first line."""

    def __init__(self) -> None:
        self._first: dict[bytes, tuple[bytes, int]] = {}

    def check(
        self, record: Record, messages: tuple[Message, ...], system: str, response: str, sample: int = 0
    ) -> None:
        """Refuse a second, different response of one system to one prompt under one sample's number."""
        key = _digest(record.label("prompt_id"), digest_of_prompt(messages).hex(), system, str(sample))
        text = _digest(response)
        first, line = self._first.setdefault(key, (text, record.line))
        if first != text:
            what = f"{shown(system)} gave another response to this prompt at line {line}."
            raise record.error(
                what, "Keep one response of each system to each prompt, or number its samples."
            )


def digest_of_prompt(messages: tuple[Message, ...]) -> bytes:
    """Equal for equal prompts; short, because there may be a million."""
    return _digest(*[part for message in messages for part in (message.role, message.content)])


def _digest(*parts: str) -> bytes:
    # With its length before it, no part runs into the next.
    spelled = "".join([f"{len(part)}:{part}" for part in parts])
    return blake2b(spelled.encode(), digest_size=16).digest()
