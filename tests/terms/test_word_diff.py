"""Which words of two answers differ."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcompare.terms.tokens import words
from ftcompare.terms.word_diff import word_diff


def sides(left: str, right: str) -> tuple[list[str], list[str]]:
    found = word_diff(left, right)
    return [left[a:b] for a, b in found.left], [right[a:b] for a, b in found.right]


@pytest.mark.parametrize(
    ("left", "right", "only_left", "only_right"),
    [
        ("The heart attack was bad", "The infarction was bad", ["heart attack"], ["infarction"]),
        ("One, two three", "one two, Three.", [], []),
        ("a b c", "a c", ["b"], []),
        ("", "all new", [], ["all new"]),
        ("all gone", "", ["all gone"], []),
        ("", "", [], []),
        ("x\r\n😀 cafe\u0301 y", "x 😀 caf\u00e9 z", ["y"], ["z"]),
    ],
)
def test_words_of_one_side(left: str, right: str, only_left: list[str], only_right: list[str]) -> None:
    assert sides(left, right) == (only_left, only_right)


@given(
    *[
        st.lists(st.sampled_from(["a", "b", "c", "😀", "e\u0301", "\r\n", " ", ","]), max_size=25).map(
            " ".join
        )
    ]
    * 2
)
def test_what_is_left_over_is_the_same_on_both_sides(left: str, right: str) -> None:
    found = word_diff(left, right)
    rest = []
    for text, spans in ((left, found.left), (right, found.right)):
        assert all(a < b <= len(text) for a, b in spans)
        assert all(before.end < after.start for before, after in pairwise(spans))
        rest.append([w.text for w in words(text) if not any(a <= w.start < b for a, b in spans)])
    assert rest[0] == rest[1]
