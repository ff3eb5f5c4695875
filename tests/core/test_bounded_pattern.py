"""Regular expressions of anyone's are compiled unless what they repeat would take all memory."""

from __future__ import annotations

import pytest
import regex

from ftcompare.core.bounded_pattern import bounded_pattern


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\d{4}-\d{2}", "on 2026-11"),
        ("(?:a{100}){100}", "a" * 10_000),
        (r"^.{0,1000000}$", "short"),
        ("a{20}+", "a" * 20),
        ("x(?i)A{2}", "xaa"),
        ("(?V1)[[a-z]--[b]]{5}", "acdef"),
        (r"(?x) a {2} # )(", "aa"),
        (r"(?<n>a)?(?(n)b|c)\p{Lu}", "abB"),
        (r"(?:foo){e<=1}(?<=o)(?R)?", "fo"),
    ],
)
def test_honest_expressions_match_as_ever(pattern: str, text: str) -> None:
    assert bounded_pattern(regex, pattern).search(text)


def test_flags_are_those_of_the_module() -> None:
    assert bounded_pattern(regex, "a{3}", regex.IGNORECASE).search("AAA")


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:ab){1000000000}",
        "((((a{1000}){1000}){1000}){1000})",
        "(?:a{1000}){1000}",
        "(?<=(?:x|y{1000000}))b",
        "(?x)(?: # {1}\n a{1000} ){1000,}?",
        "(?V1)[[()]](?:[a-c]{500}){900}+",
        "(?(?=a)b|c{30000})",
        "(?i)a{30000}",
    ],
)
def test_those_that_would_take_all_memory_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="20,000 parts"):
        bounded_pattern(regex, pattern)


def test_what_is_none_is_told_as_by_the_module() -> None:
    with pytest.raises(regex.error, match="missing"):
        bounded_pattern(regex, "(a")
