"""The suggestions of marks in the text that they are about."""

from __future__ import annotations

import pytest

from ftcompare.core.annotations import Mark, with_suggestions
from ftcompare.core.study import ResponseId

TEXT = "Give a blood thinner now."


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ([], TEXT),
        ([("blood thinner", "anticoagulant")], "Give a anticoagulant now."),
        ([("now", "today"), ("a", "an")], "Give an blood thinner today."),
        ([("blood thinner", "anticoagulant"), ("thinner", "x")], "Give a anticoagulant now."),
        ([("now", "")], TEXT),
    ],
)
def test_suggestions_replace_what_is_marked(marked: list[tuple[str, str]], text: str) -> None:
    marks = []
    for quote, suggestion in marked:
        start = TEXT.index(quote)
        end = start + len(quote)
        marks.append(Mark(ResponseId(1), start, end, quote, "style", "minor", suggestion=suggestion))
    assert with_suggestions(TEXT, marks) == text
