"""What each answer to a prompt is called, and in which order they stand.

While it may not be told who wrote a text, answers go by letters, which each prompt assigns by itself: the
order comes from the texts alone. So the first answer to one prompt and the first to another say nothing of
each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
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


def lettered_order(key: str, texts: Sequence[tuple[int, str]], tie: Callable[[int], str]) -> list[int]:
    """The order of the answers to one prompt while writers are withheld.

    Args:
        key: of the prompt.
        texts: each answer's id and text.
        tie: decides between equal texts, by their ids, as nobody can foresee: ids follow systems.

    Returns:
        Places in ``texts``.
    """
    orders = [text_order(key, text) for _, text in texts]
    equal = len(set(orders)) < len(orders)
    return sorted(range(len(texts)), key=lambda at: (orders[at], tie(texts[at][0]) if equal else ""))


def in_text_order(key: str, responses: Sequence[Response], tie: Callable[[int], str]) -> tuple[Response, ...]:
    """The answers to one prompt in `lettered_order`; ``tie`` is `StudySettings.concealed_order`."""
    order = lettered_order(key, [(one.id, one.text) for one in responses], tie)
    return tuple(responses[place] for place in order)


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
