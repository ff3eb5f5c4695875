"""What a prompt asks of its answers, in words."""

from __future__ import annotations

import pytest

from ftcompare.app.setup.asked_checks import check_words, checks_words, kinds_asked
from ftcompare.app.setup.study_content import prompts_overview
from ftcompare.core.context import Expectation
from ftcompare.core.prompt_check import (
    AbstainCheck,
    AnyPromptCheck,
    ContainsCheck,
    JsonCheck,
    JsonSchemaCheck,
    LabelCheck,
    LanguageCheck,
    LengthCheck,
    LengthUnit,
    NameConflictCheck,
    NotContainsCheck,
    NumberCheck,
    PythonTestsCheck,
    ReferenceCheck,
    RefusalCheck,
    RegexCheck,
    TermCheck,
)
from ftcompare.core.study import Message, PromptSpec
from ftcompare.formats.prompt_checks import check_text


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (ContainsCheck(("a",)), "contains “a”"),
        (
            ContainsCheck(("a", "b", "c"), any=True, case=True),
            "contains “a”, “b” or “c”, with these capital letters",
        ),
        (ContainsCheck(("a", "b"), words=True), "contains “a” and “b”, as whole words"),
        (NotContainsCheck(("a", "b")), "does not contain “a” or “b”"),
        (RegexCheck("x+", case=False), "holds a match of “x+”, in any case"),
        (RegexCheck("x+"), "holds a match of “x+”"),
        (JsonCheck(), "is valid JSON"),
        (JsonSchemaCheck("{}"), "is JSON that fits its schema"),
        (NumberCheck(3.5), "has 3.5 as its last number"),
        (NumberCheck(3, 0.5), "has 3 as its last number, within 0.5"),
        (LengthCheck(LengthUnit.WORDS, 1, 1000), "has 1 to 1,000 words"),
        (LengthCheck(LengthUnit.CHARACTERS, None, 280), "has at most 280 characters"),
        (LengthCheck(LengthUnit.WORDS, 5, None), "has at least 5 words"),
        (PythonTestsCheck("assert f(1) == 2"), "holds code that passes its tests"),
        (LabelCheck(), "names exactly one of the labels"),
        (TermCheck("AF"), "uses a preferred term of “AF”"),
        (LanguageCheck("de"), "is in the language “de”"),
        (RefusalCheck(refused=True), "declines"),
        (RefusalCheck(refused=False), "does not decline"),
        (ReferenceCheck(), "agrees with the reference (wording shared: 0.35 or more)"),
        (AbstainCheck(), "says that it cannot be told"),
        (NameConflictCheck(), "names what the passages say differently"),
    ],
)
def test_every_check_has_words(check: AnyPromptCheck, words: str) -> None:
    assert check_words(check) == words


def spec(*checks: str, expects: Expectation = Expectation.NONE) -> PromptSpec:
    return PromptSpec("p", (Message("user", "?"),), checks=checks, expects=expects, reference="so")


def test_a_line_has_checks_what_follows_and_notes() -> None:
    contains = check_text(ContainsCheck(("rhythm",)))
    full = spec(contains, "kind to the reader", expects=Expectation.ANSWER)
    assert checks_words(full) == (
        "An answer contains “rhythm”; does not decline (as is expected). Note: kind to the reader"
    )
    assert checks_words(spec("a note")) == "Note: a note"
    assert checks_words(spec()) == ""


def test_prompts_are_counted_by_kind() -> None:
    contains = check_text(ContainsCheck(("rhythm",)))
    specs = [spec(contains, contains), spec(expects=Expectation.REFUSAL), spec()]
    assert kinds_asked(specs) == {"contains": 1, "refusal or answer": 1}
    code = spec(check_text(PythonTestsCheck("assert f(1) == 2")))
    assert kinds_asked([code]) == {"tests of code": 1}
    found = prompts_overview(specs)
    assert found.referenced == 3
    assert found.checks == (("contains", 1), ("refusal or answer", 1))
