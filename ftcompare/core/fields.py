"""Settings described once for forms, files, commands, docs: declared by `setting`, see `fields_of`."""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from ftcompare.core.language import in_own_signs, tr

T = TypeVar("T")

_KEY = "field"
Choice = tuple[str, str | bool | None]


class FieldKind(Enum):
    """The kind of value. SHARE: 0 to 1 in files, per cent in forms. LIST: only its reader checks it."""

    TEXT = auto()
    TEXTS = auto()
    LIST = auto()
    FLAG = auto()
    WHOLE = auto()
    SHARE = auto()
    NUMBER = auto()
    CHOICE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    key: str  # name in files
    attribute: str = ""  # name of the record's attribute
    title: str  # title in a few words
    help: str  # meaning in one or two sentences
    kind: FieldKind
    default: Any = None  # the value where none is given; None where the setting is then not used
    low: float = -math.inf  # smallest allowed number, as in files; ``high`` is the largest
    high: float = math.inf
    above: bool = False  # whether ``low`` itself is not allowed; ``below`` likewise for ``high``
    below: bool = False
    # smallest number that a form offers where that is not ``low``; ``form_high`` likewise
    form_low: float | None = None
    form_high: float | None = None
    step: float = 1  # by how much the arrows of a form change the number
    lowest: str = ""  # what a form shows for the smallest number, such as "all"; empty for the number
    usual: Any = None  # initial value when the setting is first enabled
    elements: str = "texts"  # what a list consists of, for messages
    choices: tuple[Choice, ...] = ()  # of a choice: each option's title and value; None: not written
    path: str = ""  # of a text that is a path: ``folder``, or the patterns of files
    section: str = ""  # heading under which forms and examples list it
    example: bool = False  # whether the example file sets it to ``usual``; else it is commented out
    rule: Any = None  # whatever the record needs to apply the setting

    @property
    def is_number(self) -> bool:
        return self.kind in (FieldKind.WHOLE, FieldKind.SHARE, FieldKind.NUMBER)

    @property
    def form_range(self) -> tuple[float, float]:
        """The smallest and largest number that a form offers."""
        low = self.low if self.form_low is None else self.form_low
        return low, self.high if self.form_high is None else self.form_high

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value for _, value in self.choices if isinstance(value, str)))

    def accepts(self, value: object) -> bool:
        match self.kind:
            case FieldKind.WHOLE:
                return type(value) is int and self.in_range(value)
            case FieldKind.SHARE | FieldKind.NUMBER:
                return type(value) in (int, float) and self.in_range(cast("float", value))
            case FieldKind.FLAG:
                return isinstance(value, bool)
            case FieldKind.TEXT:
                return isinstance(value, str)
            case FieldKind.LIST:
                return isinstance(value, list | tuple)
            case FieldKind.TEXTS:
                return isinstance(value, list | tuple) and all(isinstance(text, str) for text in value)
        return any(value == one and type(value) is type(one) for _, one in self.choices)

    def in_range(self, number: float) -> bool:
        over = number > self.low if self.above else number >= self.low
        under = number < self.high if self.below else number <= self.high
        return over and under and abs(number) != math.inf

    @property
    def range_words(self) -> str:
        """The limits as they follow “a number”: ``from 0 to 1``."""
        low, high = (in_own_signs(f"{end:,.10g}") for end in (self.low, self.high))
        if math.isinf(self.high):
            return tr("above {low}", low) if self.above else tr("of at least {low}", low)
        if math.isinf(self.low):
            return tr("below {high}", high) if self.below else tr("of at most {high}", high)
        if not self.above:
            return tr("from {low} to {high}", low, high)
        if self.below:
            return tr("above {low} and below {high}", low, high)
        return tr("above {low} and up to {high}", low, high)


def setting(
    default: T, title: str, meaning: str, *, kind: FieldKind | None = None, key: str = "", **more: Any
) -> T:
    """Declare an attribute of a dataclass with its description; `more` are fields of `Field`.

    The kind follows from the default, unless that is None or there are ``choices``, for which the default of
    an enumeration offers its members. A SHARE has the limits 0 and 1 unless others are given.
    """
    if isinstance(default, StrEnum) and kind is None:
        more.setdefault("choices", word_choices(default, *type(default)))
    kind = kind or (FieldKind.CHOICE if more.get("choices") else _KINDS[type(default)])
    limits = {"low": 0.0, "high": 1.0} if kind is FieldKind.SHARE else {}
    described = Field(
        key=key, attribute="", title=title, help=meaning, kind=kind, default=default, **{**limits, **more}
    )
    return dataclasses.field(default=default, metadata={_KEY: described})


_KINDS: dict[type, FieldKind] = {
    bool: FieldKind.FLAG,
    int: FieldKind.WHOLE,
    float: FieldKind.NUMBER,
    str: FieldKind.TEXT,
    tuple: FieldKind.TEXTS,
}


@cache
def fields_of(record: type) -> dict[str, Field]:
    """Return the settings of a dataclass by key, in their order."""
    described = ((one.name, one.metadata[_KEY]) for one in dataclasses.fields(record) if _KEY in one.metadata)
    found = (dataclasses.replace(one, key=one.key or name, attribute=name) for name, one in described)
    return {field.key: field for field in found}


def fields_in(
    path: Path, computed: Mapping[str, Mapping[str, Any]], alike: Mapping[str, Field] | None = None
) -> tuple[Field, ...]:
    """Return the settings that a TOML file describes: by key, the attributes of a `Field`.

    `computed` has further attributes by key, and `alike` the settings whose other attributes are the same. A
    setting without a kind is a text; other kinds have their usual value as the default.
    """
    tables = tomllib.loads(path.read_text("utf-8"))
    return tuple(
        _described(key, {**table, **computed.get(key, {})}, (alike or {}).get(key))
        for key, table in tables.items()
    )


def _described(key: str, table: Mapping[str, Any], alike: Field | None) -> Field:
    named = {name: _as_tuples(value) for name, value in table.items()}
    kind = alike.kind if alike else FieldKind[named.pop("kind", "text").upper()]
    named.setdefault("default", "" if kind is FieldKind.TEXT else named.get("usual"))
    return dataclasses.replace(alike, key=key, **named) if alike else Field(key=key, kind=kind, **named)


def _as_tuples(value: Any) -> Any:
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value


def sections(settings: Sequence[Field], titles: Sequence[str]) -> Iterator[tuple[str, tuple[Field, ...]]]:
    """Yield the settings under each of the headings `titles`, in that order."""
    for title in titles:
        yield title, tuple(one for one in settings if one.section == title)


def word_choices(default: StrEnum, *titles: str) -> tuple[Choice, ...]:
    """Return the options of a setting that is a word: the titles of an enumeration's first members."""
    return tuple((title, str(word)) for title, word in zip(titles, type(default), strict=False))
