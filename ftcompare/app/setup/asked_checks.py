"""The checks of a prompt's answers: those given, and those that follow from the prompt's expectation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ftcompare.checks.normalised_answer import normalised
from ftcompare.core.context import Expectation
from ftcompare.core.prompt_check import (
    AbstainCheck,
    AnyPromptCheck,
    CheckKind,
    ContainsCheck,
    JsonCheck,
    JsonSchemaCheck,
    LabelCheck,
    LanguageCheck,
    LengthCheck,
    NameConflictCheck,
    NotContainsCheck,
    NumberCheck,
    PromptCheck,
    PythonTestsCheck,
    ReferenceCheck,
    RefusalCheck,
    RegexCheck,
    TermCheck,
)
from ftcompare.core.study import PromptSpec
from ftcompare.formats.prompt_checks import python_tests, stored_check, stored_checks, text_checks

EXPECTED: dict[Expectation, PromptCheck] = {
    Expectation.REFUSAL: RefusalCheck(refused=True),
    Expectation.ANSWER: RefusalCheck(refused=False),
    Expectation.ABSTAIN: AbstainCheck(),
    Expectation.NAME_CONFLICT: NameConflictCheck(),
}
"""Checks for prompts with such an expectation and without a check of this kind of their own."""
CONTENT = (
    ContainsCheck,
    RegexCheck,
    JsonSchemaCheck,
    NumberCheck,
    LabelCheck,
    PythonTestsCheck,
    ReferenceCheck,
)
"""Checks by which the owner says what an expected answer contains."""
FOLLOWS = "as is expected"

KIND_WORDS = {
    CheckKind.CONTAINS: "contains",
    CheckKind.NOT_CONTAINS: "does not contain",
    CheckKind.REGEX: "regular expression",
    CheckKind.JSON: "valid JSON",
    CheckKind.JSON_SCHEMA: "JSON Schema",
    CheckKind.NUMBER: "number",
    CheckKind.LENGTH: "length",
    CheckKind.LABEL: "one label",
    CheckKind.TERM: "glossary term",
    CheckKind.LANGUAGE: "language",
    CheckKind.REFUSAL: "refusal or answer",
    CheckKind.REFERENCE: "agrees with the reference",
    CheckKind.ABSTAIN: "says that it cannot be told",
    CheckKind.NAME_CONFLICT: "names the conflict",
}

CODE_WORDS = "tests of code"


def asked_checks(spec: PromptSpec) -> tuple[PromptCheck, ...]:
    """The checks of a prompt: those given, and those that follow from its expectation."""
    given, expected = text_checks(spec.checks), EXPECTED.get(spec.expects)
    followed = [ReferenceCheck()] if _is_held_to_reference(spec) else []
    if expected is None or any(check.kind is expected.kind for check in given):
        return (*given, *followed)
    return (*given, *followed, expected)


def _is_held_to_reference(spec: PromptSpec) -> bool:
    """Whether an answer is expected, with a reference and without a check of what it contains."""
    own = any(isinstance(check, CONTENT) for check in stored_checks(spec.checks))
    return spec.expects is Expectation.ANSWER and bool(references(spec)) and not own


def references(spec: PromptSpec) -> tuple[str, ...]:
    """The accepted answers to a prompt that contain at least one word."""
    return tuple(text for text in (spec.reference, *spec.more_references) if normalised(text))


def checks_words(spec: PromptSpec) -> str:
    """The checks of a prompt on one line; empty without any."""
    given = stored_checks(spec.checks)
    followed = asked_checks(spec)[len(text_checks(spec.checks)) :]
    more = (f"{check_words(check)} ({FOLLOWS})" for check in followed)
    notes = (text for text in spec.checks if stored_check(text) is None)
    told = "; ".join((*map(check_words, given), *more))
    parts = (f"An answer {told}." if told else "", *(f"Note: {note}" for note in notes))
    return " ".join(filter(None, parts))


def check_words(check: AnyPromptCheck) -> str:
    """What an answer must do to pass a check, as the rest of a sentence."""
    match check:
        case ContainsCheck():
            return f"contains {_listed(check.texts, 'or' if check.any else 'and')}{_how(check)}"
        case NotContainsCheck():
            return f"does not contain {_listed(check.texts, 'or')}{_how(check)}"
        case RegexCheck():
            return f"holds a match of “{check.pattern}”{'' if check.case else ', in any case'}"
        case NumberCheck():
            within = f", within {check.tolerance:.10g}" if check.tolerance else ""
            return f"has {check.value:.10g} as its last number{within}"
        case LengthCheck():
            return _length_words(check)
        case TermCheck():
            return f"uses a preferred term of “{check.concept}”"
        case LanguageCheck():
            return f"is in the language “{check.language}”"
        case RefusalCheck():
            return "declines" if check.refused else "does not decline"
        case ReferenceCheck():
            return f"agrees with the reference (wording shared: {check.overlap:.10g} or more)"
        case _:
            return _PLAIN[type(check)]


_PLAIN: dict[type[AnyPromptCheck], str] = {
    JsonCheck: "is valid JSON",
    JsonSchemaCheck: "is JSON that fits its schema",
    LabelCheck: "names exactly one of the labels",
    AbstainCheck: "says that it cannot be told",
    NameConflictCheck: "names what the passages say differently",
    PythonTestsCheck: "holds code that passes its tests",
}


def kinds_asked(specs: Iterable[PromptSpec]) -> dict[str, int]:
    """Number of prompts with each kind of check, by its label."""
    counts = dict.fromkeys((*KIND_WORDS.values(), CODE_WORDS), 0)
    for spec in specs:
        kinds = {KIND_WORDS[check.kind] for check in asked_checks(spec)}
        for words in kinds | ({CODE_WORDS} if python_tests(spec.checks) else set()):
            counts[words] += 1
    return {words: count for words, count in counts.items() if count}


def _listed(texts: tuple[str, ...], word: str) -> str:
    *before, last = (f"“{text}”" for text in texts)
    return f"{', '.join(before)} {word} {last}" if before else last


def _how(check: ContainsCheck | NotContainsCheck) -> str:
    return "".join(_options(check))


def _options(check: ContainsCheck | NotContainsCheck) -> Iterator[str]:
    if check.words:
        yield ", as whole words"
    if check.case:
        yield ", with these capital letters"


def _length_words(check: LengthCheck) -> str:
    if check.low is None:
        return f"has at most {check.high:,} {check.unit}"
    if check.high is None:
        return f"has at least {check.low:,} {check.unit}"
    return f"has {check.low:,} to {check.high:,} {check.unit}"
