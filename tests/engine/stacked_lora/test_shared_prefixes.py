"""Which tokens are read once, in which order prompts are read, and in which passes."""

from __future__ import annotations

import pytest

from ftcompare.engine.backends.local.stacked_lora import forward
from ftcompare.engine.backends.local.stacked_lora.forward import (
    PromptRow,
    common_length,
    packed,
    reading_order,
    shared_runs,
)


def ids(text: str) -> tuple[int, ...]:
    return tuple(map(ord, text))


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "LEAST_SHARED", 3)


@pytest.mark.parametrize(
    ("rows", "kept", "following", "expected"),
    [
        (["abcdx", "abcdy", "abcdz"], "", "", [(0, 3, 4)]),
        (["abcdx"], "", "abcdy", [(0, 1, 4)]),  # for the next one
        (["abcdx"], "abcd", "", [(0, 1, 4)]),  # is there already
        (["abcdx", "abcdy"], "abcd", "", [(0, 2, 4)]),
        (["abcd", "abcd"], "", "", [(0, 2, 3)]),  # the last token gives the logits
        (["abx", "aby", "cd"], "", "", [(0, 1, 0), (1, 2, 0), (2, 3, 0)]),  # too few
        (["abcdeA", "abcdeB", "abcfgC", "abcfgD"], "", "", [(0, 4, 3)]),
        (["abcdefghA", "abcdefghB", "abcfghijC", "abcfghijD"], "", "", [(0, 4, 3)]),
        (["abcdefghijA", "abcdefghijB", "abcfghijklC", "abcfghijklD"], "", "", [(0, 2, 10), (2, 4, 10)]),
        (["abcdefghijA", "abcdefghijB", "abcx"], "", "", [(0, 2, 10), (2, 3, 3)]),
        (["abc1", "abcdefghi1", "abcdefghi2", "abcz"], "abc", "", [(0, 1, 3), (1, 3, 9), (3, 4, 3)]),
        (["x"], "", "", [(0, 1, 0)]),
    ],
)
def test_shared_tokens(
    rows: list[str], kept: str, following: str, expected: list[tuple[int, int, int]]
) -> None:
    assert shared_runs([ids(row) for row in rows], ids(kept), ids(following)) == expected


@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        (["long one", "a", "middle"], ["a", "middle", "long one"]),
        (["abcdefghz", "q", "abcdefgha", "zzzzzz"], ["q", "zzzzzz", "abcdefgha", "abcdefghz"]),
        (["abcdefgh", "abcxyzuv", "abcd"], ["abcd", "abcdefgh", "abcxyzuv"]),
    ],
)
def test_prompts_that_share_half_of_their_tokens_are_read_in_succession(
    prompts: list[str], expected: list[str]
) -> None:
    assert reading_order(prompts, ids) == expected


def test_a_pass_has_at_most_this_number_of_tokens_unless_one_prompt_has_more() -> None:
    rows = [PromptRow(ids(text), "", 0) for text in ("ab1", "ab2", "ab34", "ab567890", "ab9")]
    found = [["".join(map(chr, row.ids)) for row in pack] for pack in packed(rows, 2, 4)]
    assert found == [["ab1", "ab2", "ab34"], ["ab567890"], ["ab9"]]


@pytest.mark.parametrize(("one", "other", "expected"), [("abc", "abd", 2), ("ab", "abc", 2), ("", "a", 0)])
def test_common_length(one: str, other: str, expected: int) -> None:
    assert common_length(ids(one), ids(other)) == common_length(ids(other), ids(one)) == expected
