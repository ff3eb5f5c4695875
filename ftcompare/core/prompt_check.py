"""The checks that a prompt can require its answers to pass, and the outcome of running their code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class CheckKind(StrEnum):
    """Kinds of checks; each value is the field of a prompts file that asks for the check."""

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
    REFERENCE = "reference"
    FIELDS = "fields"
    ABSTAIN = "abstain"
    NAME_CONFLICT = "name_conflict"
    CALLED = "called"
    NOT_CALLED = "not_called"


@dataclass(frozen=True, slots=True)
class ContainsCheck:
    """The answer contains given texts."""

    texts: tuple[str, ...]  # at least one, none empty
    any: bool = False  # one of the texts is enough; otherwise all are required
    case: bool = False  # upper and lower case are distinguished
    words: bool = False  # the texts must occur as whole words

    kind = CheckKind.CONTAINS


@dataclass(frozen=True, slots=True)
class NotContainsCheck:
    """The answer contains none of the texts; arguments as in `ContainsCheck`."""

    texts: tuple[str, ...]
    case: bool = False
    words: bool = False

    kind = CheckKind.NOT_CONTAINS


@dataclass(frozen=True, slots=True)
class RegexCheck:
    """The answer matches a regular expression somewhere. ``case``: upper and lower case are distinguished."""

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
    """The last number in the answer differs from ``value`` by at most ``tolerance``, which is 0 or more."""

    value: float
    tolerance: float = 0.0

    kind = CheckKind.NUMBER


class LengthUnit(StrEnum):
    WORDS = "words"  # separated by white space
    CHARACTERS = "characters"  # not counting white space at both ends


@dataclass(frozen=True, slots=True)
class LengthCheck:
    """The answer's length is from ``low`` to ``high``, both included; None means no bound."""

    unit: LengthUnit
    low: int | None
    high: int | None

    kind = CheckKind.LENGTH


@dataclass(frozen=True, slots=True)
class LabelCheck:
    """The answer names exactly one of the prompt's labels; any of them passes."""

    kind = CheckKind.LABEL


@dataclass(frozen=True, slots=True)
class TermCheck:
    """The answer uses a preferred term of a concept and none of its deprecated or superseded ones."""

    concept: str

    kind = CheckKind.TERM


PYTHON_TESTS = "python_tests"
"""The field that asks for tests of code. It is no `CheckKind`: the result needs a run of the code, while the
other checks only read the answer."""


@dataclass(frozen=True, slots=True)
class PythonTestsCheck:
    """The Python code of the answer passes tests; they run only where the owner agreed to running code."""

    tests: str  # Python source that runs after the answer's code in the same namespace, not empty
    entry: str = ""  # name of the function of the answer that is passed to the tests' ``check``

    kind = PYTHON_TESTS


_CODES = (
    "af am an ar as az ba be bg bn br bs ca cs cy da de dz el en eo es et eu fa fi fo fr fy ga gd gl "
    "gu ha he hi hr ht hu hy id ig is it ja jv ka kk km kn ko ku ky la lb lg ln lo lt lv mg mk ml mn "
    "mr ms mt my ne nl no oc om or pa pl ps pt qu ro ru rw sa se si sk sl sn so sq sr st sv sw ta te "
    "tg th tk tl tr tt ug uk ur uz vi vo wa xh yo zh zu"
)
LANGUAGES = frozenset(_CODES.split())
"""ISO 639-1 codes of the languages that can be checked: those that `checks.prompt_checks` distinguishes."""


@dataclass(frozen=True, slots=True)
class LanguageCheck:
    """The answer is written in a language, one of `LANGUAGES`."""

    language: str

    kind = CheckKind.LANGUAGE


@dataclass(frozen=True, slots=True)
class RefusalCheck:
    """The answer refuses the request (``refused`` True) or does not (False), judged by its opening words."""

    refused: bool

    kind = CheckKind.REFUSAL


LEAST_OVERLAP = 0.35  # see docs/explanation/checks-and-safety.md and benchmarks/reference_agreement.py


@dataclass(frozen=True, slots=True)
class ReferenceCheck:
    """The answer agrees with an accepted answer: `overlap`, 0 to 1, is the minimum of shared wording."""

    overlap: float = LEAST_OVERLAP

    kind = CheckKind.REFERENCE


@dataclass(frozen=True, slots=True)
class FieldsCheck:
    """These fields of the answer agree with those of the reference, which is JSON."""

    names: tuple[str, ...]  # at least one, see `core.structured_answer`

    kind = CheckKind.FIELDS


@dataclass(frozen=True, slots=True)
class AbstainCheck:
    """The answer says that it does not know or that the context does not say."""

    kind = CheckKind.ABSTAIN


@dataclass(frozen=True, slots=True)
class NameConflictCheck:
    """The answer names what the passages of the context say differently."""

    kind = CheckKind.NAME_CONFLICT


@dataclass(frozen=True, slots=True)
class CalledCheck:
    """The steps of the answer call given tools, see `core.trace`."""

    tools: tuple[str, ...]  # at least one
    # a JSON Schema as canonical JSON that the arguments of one call fit, with a single tool; empty for none
    arguments: str = ""
    ordered: bool = False  # the tools are called in this order, perhaps with other calls between them

    kind = CheckKind.CALLED


@dataclass(frozen=True, slots=True)
class NotCalledCheck:
    """The steps of the answer call none of the given tools, or no tool at all."""

    tools: tuple[str, ...] = ()  # empty for any tool

    kind = CheckKind.NOT_CALLED


PromptCheck: TypeAlias = (
    ContainsCheck | NotContainsCheck | RegexCheck | JsonCheck | JsonSchemaCheck | NumberCheck
    | LengthCheck | LabelCheck | TermCheck | LanguageCheck | RefusalCheck | ReferenceCheck | FieldsCheck
    | AbstainCheck | NameConflictCheck | CalledCheck | NotCalledCheck
)  # fmt: skip
"""The checks that only read the answer."""

AnyPromptCheck: TypeAlias = PromptCheck | PythonTestsCheck


class CodeOutcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"  # a test does not hold
    ERROR = "error"  # the code does not compile, raises another error, or exits before all tests have run
    TIME = "time"  # the run was stopped at the time limit
    MEMORY = "memory"  # the code asked for more memory than the limit
    NO_CODE = "no_code"  # the answer contains no code


@dataclass(frozen=True, slots=True)
class CodeLimits:
    seconds: int = 10  # limit of wall-clock time, and of processor time
    memory_bytes: int = 512 * 2**20  # limit of the address space
    file_bytes: int = 16 * 2**20  # limit of all bytes that the code writes to files
    open_files: int = 64  # maximum number of files open at the same time
    threads: int = 32  # maximum number of threads at the same time; the code cannot start other processes


CODE_LIMITS = CodeLimits()  # the limits of every study, so that results can be compared
