"""The checks of a prompt's answers: those given, and those that follow from the prompt's expectation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ftcompare.core.context import Expectation
from ftcompare.core.prompt_check import (
    AnyPromptCheck,
    CheckKind,
    ContainsCheck,
    JsonCheck,
    JsonSchemaCheck,
    LabelCheck,
    LanguageCheck,
    LengthCheck,
    NotContainsCheck,
    NumberCheck,
    PromptCheck,
    PythonTestsCheck,
    RefusalCheck,
    RegexCheck,
    TermCheck,
)
from ftcompare.core.study import PromptSpec
from ftcompare.formats.prompt_checks import python_tests, stored_check, stored_checks, text_checks

EXPECTED = {Expectation.REFUSAL: RefusalCheck(refused=True), Expectation.ANSWER: RefusalCheck(refused=False)}
"""Checks for prompts with such an expectation and without a refusal check of their own."""
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
}

CODE_WORDS = "tests of code"


def asked_checks(spec: PromptSpec) -> tuple[PromptCheck, ...]:
    """The checks of a prompt: those given, and the one that follows from its expectation."""
    given, expected = text_checks(spec.checks), EXPECTED.get(spec.expects)
    if expected is None or any(isinstance(check, RefusalCheck) for check in given):
        return given
    return (*given, expected)


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
        case _:
            return _PLAIN[type(check)]


_PLAIN: dict[type[AnyPromptCheck], str] = {
    JsonCheck: "is valid JSON",
    JsonSchemaCheck: "is JSON that fits its schema",
    LabelCheck: "names exactly one of the labels",
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
