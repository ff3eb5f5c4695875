"""Finds text that identifies a model: "as an AI language model", "my training data", a system's own name.

A find is no proof: it shows where a rater could have recognized a system, for the owner to look at. Ordinary
words of a subject must not be found, so every phrase requires a context: the first person, or words that are
only used of models.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from ftcompare.checks.refusal_rule import phrases_text

SHORTEST_NAME = 3


class GiveawayKind(StrEnum):
    """How a text identifies a model: it says that it is one, mentions its training, or names a system."""

    SELF = "self"
    TRAINING = "training"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Giveaway:
    """Find: character offsets into the given text, end exclusive, the words there, and the kind."""

    start: int
    end: int
    text: str
    kind: GiveawayKind


FEW_NAMES = 32  # with more names, only those whose first word is in the text are searched

_WORD, _PLACE = re.compile(r"\w+"), re.compile(r"\{([a-z]\w*)\}")
_Pattern = tuple[GiveawayKind, tuple[str, ...], re.Pattern[str]]


@cache
def _phrases() -> tuple[_Pattern, ...]:
    """Each phrase's kind, words of which a text must contain one to be searched, and the pattern."""
    kinds = tomllib.loads(phrases_text("giveaway_phrases.toml"))
    words: dict[str, str] = kinds.pop("words")
    return tuple(
        (GiveawayKind(kind), tuple(one["needs"]), _phrase(pattern, words | {"needs": "|".join(one["needs"])}))
        for kind, phrases in kinds.items()
        for one in phrases
        for pattern in one["patterns"]
    )


def _phrase(pattern: str, words: Mapping[str, str]) -> re.Pattern[str]:
    while place := _PLACE.search(pattern):  # words may contain others
        pattern = pattern.replace(place[0], words[place[1]])
    return _bounded(pattern.replace(" ?", r"\s*").replace(" ", r"\s+"))


class GiveawayFinder:
    """Finds text that identifies a model. Built once for many texts.

    ``names`` are those of systems and of model folders. A name that could be ordinary words, such as
    ``base`` or ``heart-failure``, is found only where a text calls itself by it; so is a name that occurs
    in the ``ordinary`` texts of the study, which no model wrote (its prompts).
    """

    def __init__(self, names: Iterable[str] = (), *, ordinary: Iterable[str] = ()) -> None:
        known = dict.fromkeys(name.strip() for name in names if len(name.strip()) >= SHORTEST_NAME)
        common = _present((name for name in known if _is_distinct(name)), ordinary)
        own = {name for name in known if _is_distinct(name) and name not in common}
        self._names: list[_Pattern] = []
        self._by_word: dict[str, list[int]] = {}
        for place, name in enumerate(known):
            pattern = _whole(name) if name in own else _as_own_name(name)
            self._names.append((GiveawayKind.NAME, (name.lower(),), pattern))
            self._by_word.setdefault(next(iter(_WORD.findall(name.lower())), ""), []).append(place)

    def find(self, text: str, *, prompt: str = "") -> tuple[Giveaway, ...]:
        """Return disjoint finds in order, the longest at each place; none that repeat the ``prompt``."""
        in_prompt = _folded(prompt)
        chosen: list[Giveaway] = []
        for giveaway in sorted(self._all(text), key=lambda g: (g.start, -g.end)):
            if (not chosen or giveaway.start >= chosen[-1].end) and _folded(giveaway.text) not in in_prompt:
                chosen.append(giveaway)
        return tuple(chosen)

    def _all(self, text: str) -> Iterator[Giveaway]:
        plain = text.replace("\u2019", "'")
        lower = plain.lower()
        for kind, needs, pattern in (*_phrases(), *self._possible(lower)):
            for match in pattern.finditer(plain) if any(word in lower for word in needs) else ():
                yield Giveaway(match.start(), match.end(), text[match.start() : match.end()], kind)

    def _possible(self, lower: str) -> list[_Pattern]:
        """Return the patterns to search: all of a few; of many, those with their first word in the text."""
        if len(self._names) <= FEW_NAMES:
            return self._names
        words = {"", *_WORD.findall(lower)}
        places = sorted(place for word in words & self._by_word.keys() for place in self._by_word[word])
        return [self._names[place] for place in places]


def _is_distinct(name: str) -> bool:
    """Return whether a name cannot be ordinary words: it has a digit, ``_`` or a capital within a word."""
    return bool(re.search(r"[\d_]|[a-z][A-Z]", name))


def _present(names: Iterable[str], texts: Iterable[str]) -> frozenset[str]:
    patterns = {name: _whole(name) for name in names}
    lower = {name: name.lower() for name in patterns}
    return frozenset(
        name
        for text, plain in ((text, text.lower()) for text in texts)
        for name, pattern in patterns.items()
        if lower[name] in plain and pattern.search(text)
    )


def _folded(text: str) -> str:
    return " ".join(text.replace("\u2019", "'").casefold().split())


def _whole(name: str) -> re.Pattern[str]:
    return _bounded(re.escape(name))


def _as_own_name(name: str) -> re.Pattern[str]:
    """Match a text that calls itself by a name: "I am NAME.", "as the NAME model", "NAME adapter"."""
    called = rf"(?:I\s+am|I'm|my\s+name\s+is|call\s+me)\s+{re.escape(name)}(?=\s*(?:[,.;:!?]|$))"
    spoken_of = (
        rf"(?:I\s+am|I'm|as|this\s+is)\s+(?:the|your|an?)\s+{re.escape(name)}"
        r"\s+(?:fine-?\s?tuned?\b|adapter|model|checkpoint|assistant)"
    )
    return _bounded(f"{called}|{spoken_of}")


def _bounded(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE | re.MULTILINE)
