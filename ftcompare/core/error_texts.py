"""The texts of errors in the present language.

Errors are raised in English, often in another process, and with their values filled in. The text of the
catalog that one fits tells the values again, so that raising an error needs no mark for translation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property

from ftcompare.core.language import ENGLISH, Language, in_own_signs, language, texts_of_owners, tr, translated

FEWEST_LETTERS = 6
"""Of a text around its places: one with fewer would fit anything."""

_PLACE = re.compile(r"(?<!\{)\{(\w+)\}")
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+")


def translated_error(text: str) -> str:
    """Return the English text of an error in the present language; any other text as it is."""
    present = language()
    if present.code == ENGLISH or (known := translated(text)) != text:
        return text if present.code == ENGLISH else known
    for one in _texts_with_places(present):
        if text.startswith(one.parts[0]) and (fitting := one.pattern.fullmatch(text)):
            return tr(one.text, **{name: _value(value) for name, value in fitting.groupdict().items()})
    return text


def _value(value: str) -> str:
    """Return a value, which can be a part of a sentence; a word alone is a name."""
    if _THOUSANDS.fullmatch(value):
        return in_own_signs(value)
    return translated_error(value) if " " in value else value


@dataclass(frozen=True)
class _Text:
    text: str

    @cached_property
    def parts(self) -> list[str]:
        """Its literal parts, and the names of the places between them."""
        return [part.replace("{{", "{").replace("}}", "}") for part in _PLACE.split(self.text)]

    @property
    def letters(self) -> int:
        return sum(map(str.isalpha, "".join(self.parts[::2])))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        before = set[str]()
        made = re.escape(self.parts[0])
        for place, literal in zip(self.parts[1::2], self.parts[2::2], strict=True):
            made += f"(?P={place})" if place in before else f"(?P<{place}>.*?)"
            made += re.escape(literal)
            before.add(place)
        return re.compile(made, re.DOTALL)


@cache
def _texts_with_places(chosen: Language) -> list[_Text]:
    """Return the texts that an error can fit, the most specific first."""
    found = [_Text(text) for text in texts_of_owners(chosen) if _PLACE.search(text)]
    return sorted((one for one in found if one.letters >= FEWEST_LETTERS), key=lambda one: -one.letters)
