"""Split a prompt into words or sentences, and leave one of them out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from ftcompare.core.study import Message
from ftcompare.terms.tokens import words

PartKind: TypeAlias = Literal["word", "sentence"]

WORDS_UP_TO = 120
"""A prompt with more words than this is split into sentences, unless words are asked for."""

_LINE = re.compile(r"\S(?:[^\n]*\S)?")
_CLOSING = "[\"'”’)\\]»」』）]*"
_SENTENCE = re.compile(rf"\S.*?(?:(?<![.!?…])[.!?…]+{_CLOSING}(?=\s)|[。！？]+{_CLOSING}|$)")
"""A sentence: up to a full stop, question or exclamation mark before a blank, or to the end of the line."""


@dataclass(frozen=True, slots=True)
class RemovablePart:
    """A word or a sentence of a prompt."""

    message: int  # index of the message that contains it, from 0
    start: int  # first character in that message's content
    end: int  # character after the last one; greater than ``start``
    text: str  # the word or sentence


def fitting_kind(messages: tuple[Message, ...]) -> PartKind:
    """The default kind of parts for a prompt."""
    count = sum(len(words(message.content)) for message in messages)
    return "word" if count <= WORDS_UP_TO else "sentence"


def removable_parts(messages: tuple[Message, ...], kind: PartKind) -> tuple[RemovablePart, ...]:
    """The parts of all messages, in their order; punctuation between words belongs to no part."""
    return tuple(
        RemovablePart(number, start, end, message.content[start:end])
        for number, message in enumerate(messages)
        for start, end in _spans(message.content, kind)
    )


def _spans(text: str, kind: PartKind) -> Iterator[tuple[int, int]]:
    if kind == "word":
        return ((word.start, word.end) for word in words(text))
    return (
        (line.start() + found.start(), line.start() + found.end())
        for line in _LINE.finditer(text)
        for found in _SENTENCE.finditer(line.group())
    )


def without_part(messages: tuple[Message, ...], part: RemovablePart) -> tuple[Message, ...]:
    """The prompt without one part; of two blanks that would then be adjacent, one is removed."""
    text = messages[part.message].content
    before, after = text[: part.start], text[part.end :]
    if after.startswith(" ") and (not before or before[-1].isspace()):
        after = after[1:]
    elif before.endswith(" "):
        before = before[:-1]
    changed = replace(messages[part.message], content=before + after)
    return (*messages[: part.message], changed, *messages[part.message + 1 :])
