"""The checks that a prompt can require of its answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class CheckKind(StrEnum):
    """Kinds of checks, by the field of a prompts file that asks for one."""

    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    REGEX = "regex"
    JSON = "json"
    JSON_SCHEMA = "json_schema"
    NUMBER = "number"
    LENGTH = "length"
    LABEL = "label"
    TERM = "term"
    LANGUAGE = "language"
    REFUSAL = "refusal"


@dataclass(frozen=True, slots=True)
class ContainsCheck:
    """Texts stand in the answer.

    Args:
        texts: one at least, none empty.
        any: one of them is enough; else all must.
        case: capital letters count.
        words: they stand as whole words.
    """

    texts: tuple[str, ...]
    any: bool = False
    case: bool = False
    words: bool = False

    kind = CheckKind.CONTAINS


@dataclass(frozen=True, slots=True)
class NotContainsCheck:
    """None of some texts stands in the answer; see `ContainsCheck`."""

    texts: tuple[str, ...]
    case: bool = False
    words: bool = False

    kind = CheckKind.NOT_CONTAINS


@dataclass(frozen=True, slots=True)
class RegexCheck:
    """A regular expression is found in the answer. ``case``: capital letters count."""

    pattern: str
    case: bool = True

    kind = CheckKind.REGEX


@dataclass(frozen=True, slots=True)
class JsonCheck:
    """The answer, or the only fenced block in it, is a JSON value."""

    kind = CheckKind.JSON


@dataclass(frozen=True, slots=True)
class JsonSchemaCheck:
    """The answer is a JSON value as `JsonCheck` reads it, and fits a JSON Schema, given as canonical JSON."""

    schema: str

    kind = CheckKind.JSON_SCHEMA


@dataclass(frozen=True, slots=True)
class NumberCheck:
    """The last number of the answer is no further from ``value`` than ``tolerance``, 0 or more."""

    value: float
    tolerance: float = 0.0

    kind = CheckKind.NUMBER


class LengthUnit(StrEnum):
    """What a length is counted in."""

    WORDS = "words"  # parted by white space
    CHARACTERS = "characters"  # without white space at both ends


@dataclass(frozen=True, slots=True)
class LengthCheck:
    """The answer is neither shorter than ``low`` nor longer than ``high``; None where there is no bound."""

    unit: LengthUnit
    low: int | None
    high: int | None

    kind = CheckKind.LENGTH


@dataclass(frozen=True, slots=True)
class LabelCheck:
    """The answer names exactly one of the prompt's labels, whichever it is."""

    kind = CheckKind.LABEL


@dataclass(frozen=True, slots=True)
class TermCheck:
    """The answer uses a preferred term of a glossary concept, and no deprecated or superseded one of it."""

    concept: str

    kind = CheckKind.TERM


PYTHON_TESTS = "python_tests"
"""The field that asks for tests of code; no `CheckKind`, for looking at an answer does not tell whether "
"they hold."""


@dataclass(frozen=True, slots=True)
class PythonTestsCheck:
    """Tests hold for the Python code of the answer; they are run only where the owner agreed to run code.

    Args:
        tests: Python that runs after the answer's code in the same namespace, not empty.
        entry: the function of the answer that ``check`` of the tests is called with; empty for none.
    """

    tests: str
    entry: str = ""

    kind = PYTHON_TESTS


_CODES = (
    "af am an ar as az ba be bg bn br bs ca cs cy da de dz el en eo es et eu fa fi fo fr fy ga gd gl "
    "gu ha he hi hr ht hu hy id ig is it ja jv ka kk km kn ko ku ky la lb lg ln lo lt lv mg mk ml mn "
    "mr ms mt my ne nl no oc om or pa pl ps pt qu ro ru rw sa se si sk sl sn so sq sr st sv sw ta te "
    "tg th tk tl tr tt ug uk ur uz vi vo wa xh yo zh zu"
)
LANGUAGES = frozenset(_CODES.split())
"""Codes of ISO 639-1 of the languages that can be checked: those that `checks.text_language` tells."""


@dataclass(frozen=True, slots=True)
class LanguageCheck:
    """The answer is written in a language, one of `LANGUAGES`."""

    language: str

    kind = CheckKind.LANGUAGE


@dataclass(frozen=True, slots=True)
class RefusalCheck:
    """The answer declines, or (``refused`` False) does not, by how it opens."""

    refused: bool

    kind = CheckKind.REFUSAL


PromptCheck: TypeAlias = (
    ContainsCheck
    | NotContainsCheck
    | RegexCheck
    | JsonCheck
    | JsonSchemaCheck
    | NumberCheck
    | LengthCheck
    | LabelCheck
    | TermCheck
    | LanguageCheck
    | RefusalCheck
)
"""What can be told of an answer by looking at it."""

AnyPromptCheck: TypeAlias = PromptCheck | PythonTestsCheck
