"""What language a text is in: dialects count to theirs, what is no prose does not count."""

from __future__ import annotations

import pytest

from ftcompare.checks.prompt_checks import detected_language, told_languages
from ftcompare.core.prompt_check import LANGUAGES

SENTENCES = {
    "en": "An irregular rhythm is not always dangerous, but a doctor should look at it.",
    "de": "Ein unregelmäßiger Rhythmus ist nicht immer gefährlich.",
    "fr": "Un rythme irrégulier n'est pas toujours dangereux.",
    "no": "Pasienten bør ta en tablett om morgenen med et glass vann, og komme tilbake om to uker.",
    "zh": "不规则的心律并不总是危险的,但是应该让医生看一看。",
    "ar": "عدم انتظام ضربات القلب ليس خطيرا دائما، ولكن يجب أن يراه الطبيب.",
}


@pytest.mark.parametrize(("code", "text"), SENTENCES.items())
def test_languages_are_told(code: str, text: str) -> None:
    found = detected_language(text)
    assert (found.code, found.told) == (code, True)


def test_code_formulas_and_addresses_are_no_prose() -> None:
    code = "```python\nfor line in lines:\n    print(line)\n```\n"
    beside = f"{code}`value` $$\\frac{{a}}{{b}}$$ https://example.org/what-is-this"
    assert detected_language(beside).letters == 0
    assert detected_language(f"{beside} {SENTENCES['de']}").code == "de"
    assert detected_language(f"```\n{SENTENCES['de']}").letters == 0, "a fence that is never closed"


def test_the_languages_that_may_be_asked_for_are_those_that_are_told() -> None:
    assert {code for code in told_languages() if len(code) == 2} == LANGUAGES
