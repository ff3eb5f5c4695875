"""The name of each answer to a prompt, and the order of a prompt's answers.

While writers are withheld, answers are called by letters. Each prompt assigns its letters from its texts
alone, so that equal letters in two prompts say nothing about the writers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from string import ascii_uppercase

from ftcompare.core.study import Prompt, Response, SystemId
from ftcompare.store.study.study_file import StudyFile


def letter_of(place: int) -> str:
    """``A`` to ``Z`` for 0 to 25, then ``AA``, ``AB`` and so on."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, len(ascii_uppercase))
        name = ascii_uppercase[rest] + name
    return name


def lettered(place: int) -> str:
    """The name of the answer at a position, counted from 0: ``Answer A``."""
    return f"Answer {letter_of(place)}"


def text_order(key: str, text: str) -> bytes:
    """Sort key of an answer while writers are withheld: a SHA-256 digest that depends on the text alone.

    Args:
        key: the prompt's key, so that equal texts do not have the same position in every prompt.
    """
    return hashlib.sha256(f"{key}\0{text}".encode("utf-8", "surrogatepass")).digest()


def lettered_order(key: str, texts: Sequence[tuple[int, str]], tie: Callable[[int], str]) -> list[int]:
    """The order of the answers to one prompt while writers are withheld.

    Args:
        tie: sort key for the ids of equal texts. It must be unpredictable, because ids follow the order of
            systems.

    Returns:
        Indices into ``texts``, in order.
    """
    orders = [text_order(key, text) for _, text in texts]
    equal = len(set(orders)) < len(orders)
    return sorted(range(len(texts)), key=lambda at: (orders[at], tie(texts[at][0]) if equal else ""))


def named_answers(
    study: StudyFile, prompt: Prompt, systems: Mapping[SystemId, str] | None
) -> list[tuple[Response, str]]:
    """The answers to a prompt that may be shown, each with its name, in the order in which they are shown.

    While writers are withheld (``systems`` is None), these are the answers that stand in a pair, in
    `lettered_order`: one without a partner would reveal which system has written more.
    """
    stored = study.answers.of_prompt(prompt.id)
    shown = [one.response for one in stored if systems is not None or one.compared]
    if systems is None:
        texts = [(one.id, one.text) for one in shown]
        order = lettered_order(prompt.spec.key, texts, study.settings.concealed_order)
        shown = [shown[place] for place in order]
    return list(zip(shown, answer_names(shown, systems), strict=True))


def answer_names(responses: Sequence[Response], systems: Mapping[SystemId, str] | None) -> tuple[str, ...]:
    """The names of the answers to one prompt, in the given order."""
    if systems is None:
        return tuple(map(lettered, range(len(responses))))
    several = any(one.sample for one in responses)
    return tuple(named_answer(systems[one.system], one.sample, several=several) for one in responses)


def named_answer(system: str, sample: int, *, several: bool) -> str:
    """An answer's name made of its system and, if the system gave several answers, the answer's number."""
    return f"{system}, sample {sample + 1}" if several else system
