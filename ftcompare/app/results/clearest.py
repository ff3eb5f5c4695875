"""The prompts, or pairs of answers, on which one system was preferred most clearly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from ftcompare.app.results.cost import CLEAR


class Voted(Protocol):
    """What raters said of two systems on one prompt, or of two answers."""

    @property
    def key(self) -> str:
        """The owner's id for the prompt."""

    @property
    def preference(self) -> float:
        """Mean share of the votes that the second system got, 0 to 1."""

    @property
    def judgments(self) -> int:
        """How many there are."""


V = TypeVar("V", bound=Voted)


def clearest(voted: Iterable[V], *, gained: bool, most: int) -> list[V]:
    """Those that the second system won most clearly, or the first; at most so many.

    Won clearly is with `CLEAR` of the votes at least, a tie as half. Of equals those with the most judgments
    come first, then by key.
    """
    shares = ((one.preference if gained else 1 - one.preference, one) for one in voted)
    clear = [(share, one) for share, one in shares if share >= CLEAR]
    clear.sort(key=lambda found: (-found[0], -found[1].judgments, found[1].key))
    return [one for _, one in clear[:most]]
