"""Errors, and what the engine reports, in the present language.

These messages are made in English, often in another process, and with their values filled in. The text of the
catalog that a message fits shows where its values are, so that making one needs no mark for translation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property

from ftcompare.core.language import (
    ENGLISH,
    Language,
    in_own_signs,
    language,
    texts_of_owners,
    tr,
    translated,
    translated_part,
)

FEWEST_LETTERS = 6
"""Of a text around its places: one with fewer could fit anything."""

_PLACE = re.compile(r"(?<!\{)\{(\w+)\}")
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+")


def translated_message(text: str) -> str:
    """Return an English message in the present language; any other text as it is."""
    if language().code == ENGLISH:
        return text
    known = translated(text)
    return _filled_anew(text, part=False) if known == text else known


def _filled_anew(text: str, *, part: bool) -> str:
    for one in _texts_with_places(language(), part=part):
        if text.startswith(one.around[0]) and (fitting := one.pattern.fullmatch(text)):
            values = {name: _value(name, value) for name, value in fitting.groupdict().items()}
            return tr(translated_part(one.text), **values) if part else tr(one.text, **values)
    return text


def _value(name: str, value: str) -> str:
    """Return a value, which can be a part of a sentence; a word alone is a name, but for some places."""
    if _THOUSANDS.fullmatch(value):
        return in_own_signs(value)
    if " " not in value and name not in ("noun", "elements"):
        return value
    known = translated_part(value)
    return known if known != value else _filled_anew(value, part=True)


@dataclass(frozen=True)
class _Text:
    text: str

    @cached_property
    def split(self) -> list[str]:
        """Its literal parts, and the names of the places between them."""
        return [part.replace("{{", "{").replace("}}", "}") for part in _PLACE.split(self.text)]

    @property
    def around(self) -> list[str]:
        return self.split[::2]

    @property
    def letters(self) -> int:
        return sum(map(str.isalpha, "".join(self.around)))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        before = set[str]()
        made = re.escape(self.around[0])
        for place, literal in zip(self.split[1::2], self.around[1:], strict=True):
            made += f"(?P={place})" if place in before else f"(?P<{place}>.*?)"
            made += re.escape(literal)
            before.add(place)
        return re.compile(made, re.DOTALL)


@cache
def _texts_with_places(chosen: Language, *, part: bool) -> list[_Text]:
    """Return the texts that a message can fit, the most specific first."""
    found = [_Text(text) for text in texts_of_owners(chosen, parts=part) if _PLACE.search(text)]
    fewest = 1 if part else FEWEST_LETTERS
    return sorted((one for one in found if one.letters >= fewest), key=lambda one: -one.letters)
