"""Which prompts are won most clearly, by the shares of votes and in a fixed order."""

from __future__ import annotations

from typing import NamedTuple

from ftcompare.app.results.clearest import clearest


class Prompt(NamedTuple):
    key: str
    preference: float
    judgments: int


PROMPTS = (
    Prompt("b", 1.0, 2),
    Prompt("a", 1.0, 2),
    Prompt("c", 1.0, 3),
    Prompt("d", 0.75, 9),
    Prompt("e", 0.74, 9),
    Prompt("f", 0.25, 2),
    Prompt("g", 0.0, 1),
)


def test_the_greatest_share_comes_first_then_the_most_judgments_then_the_key() -> None:
    assert [one.key for one in clearest(PROMPTS, gained=True, most=9)] == ["c", "a", "b", "d"]
    assert [one.key for one in clearest(PROMPTS, gained=False, most=9)] == ["g", "f"]
    assert [one.key for one in clearest(PROMPTS, gained=True, most=2)] == ["c", "a"]
