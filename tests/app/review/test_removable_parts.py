"""A prompt is taken apart by word or sentence, and is whole but for the part that is left out."""

from __future__ import annotations

import pytest

from ftcompare.app.review.attribution import (
    WORDS_UP_TO,
    PartKind,
    fitting_kind,
    removable_parts,
    without_part,
)
from ftcompare.core.study import Message


def parts(text: str, kind: PartKind) -> list[str]:
    return [part.text for part in removable_parts((Message("user", text),), kind)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is AF? It is bad.", ["What is AF?", "It is bad."]),
        ("- one\n\n- two (so!). “Yes!” he said\n", ["- one", "- two (so!).", "“Yes!”", "he said"]),
        ("Wait... (Really?) 3.5 mg", ["Wait...", "(Really?)", "3.5 mg"]),
        ("心房細動とは何ですか。血液。", ["心房細動とは何ですか。", "血液。"]),
        ("  ", []),
    ],
)
def test_sentences_end_at_a_stop_or_with_their_line(text: str, expected: list[str]) -> None:
    assert parts(text, "sentence") == expected


def test_words_are_those_of_the_glossary() -> None:
    assert parts("Crohn's beta-blocker, 心房", "word") == ["Crohn's", "beta", "blocker", "心", "房"]


def test_a_part_stands_where_it_says_in_its_message() -> None:
    messages = (Message("system", "Be brief. Be kind."), Message("user", "\n What is AF?"))
    for kind in ("word", "sentence"):
        for part in removable_parts(messages, kind):
            assert messages[part.message].content[part.start : part.end] == part.text
    assert {part.message for part in removable_parts(messages, "word")} == {0, 1}


@pytest.mark.parametrize(
    ("text", "word", "left"),
    [
        ("Is it a clot?", "a", "Is it clot?"),
        ("Is it a clot?", "clot", "Is it a?"),
        ("Is it a clot?", "Is", "it a clot?"),
        ("beta-blocker now", "beta", "-blocker now"),
        ("one\ntwo three", "two", "one\nthree"),
        ("one", "one", ""),
    ],
)
def test_one_of_two_blanks_goes_with_the_word(text: str, word: str, left: str) -> None:
    messages = (Message("system", "Be brief."), Message("user", text))
    (part,) = [p for p in removable_parts(messages, "word") if p.text == word and p.message == 1]
    assert without_part(messages, part) == (Message("system", "Be brief."), Message("user", left))


def test_a_long_prompt_is_taken_apart_by_sentence() -> None:
    assert fitting_kind((Message("user", "a " * WORDS_UP_TO),)) == "word"
    assert fitting_kind((Message("system", "b"), Message("user", "a " * WORDS_UP_TO))) == "sentence"
