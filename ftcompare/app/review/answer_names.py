"""What each answer to a prompt is called, and in which order they stand.

While it may not be told who wrote a text, answers go by letters that each prompt gives anew: the order comes
from the texts alone. So the first answer to one prompt and the first to another say nothing of each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from string import ascii_uppercase

from ftcompare.core.study import Response, SystemId


def letter_of(place: int) -> str:
    """``A`` to ``Z`` for 0 to 25, then ``AA``, ``AB`` and so on."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, len(ascii_uppercase))
        name = ascii_uppercase[rest] + name
    return name


def lettered(place: int) -> str:
    """The name of the answer at a place, counted from 0: ``Answer A``."""
    return f"Answer {letter_of(place)}"


def text_order(key: str, text: str) -> bytes:
    """By what answers to a prompt are ordered while writers are withheld: it says nothing but the text.

    Args:
        key: of the prompt, so that equal texts do not have the same place in every prompt.
        text: of the answer.
    """
    return hashlib.sha256(f"{key}\0{text}".encode("utf-8", "surrogatepass")).digest()


def in_text_order(key: str, responses: Iterable[Response]) -> tuple[Response, ...]:
    """The answers to one prompt as they stand while writers are withheld."""
    return tuple(sorted(responses, key=lambda one: (text_order(key, one.text), one.id)))


def answer_names(responses: Sequence[Response], systems: Mapping[SystemId, str] | None) -> tuple[str, ...]:
    """The names of answers to one prompt, in their order.

    Args:
        responses: in the order in which they stand.
        systems: names of the systems; None while it may not be told who wrote what.
    """
    if systems is None:
        return tuple(map(lettered, range(len(responses))))
    several = any(one.sample for one in responses)
    return tuple(named_answer(systems[one.system], one.sample, several=several) for one in responses)


def named_answer(system: str, sample: int, *, several: bool) -> str:
    """An answer by its system; by its number, too, where the prompt has several of one system."""
    return f"{system}, sample {sample + 1}" if several else system
