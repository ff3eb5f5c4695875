"""The prompts, or pairs of answers, on which one system was preferred most clearly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from ftcompare.app.results.cost import CLEAR


class Voted(Protocol):
    """The votes of raters for two systems on one prompt, or for two answers."""

    @property
    def key(self) -> str:
        """The owner's id for the prompt."""

    @property
    def preference(self) -> float:
        """Mean share of the votes for the second system, 0 to 1."""

    @property
    def judgments(self) -> int:
        """Number of judgments."""


V = TypeVar("V", bound=Voted)


def clearest(voted: Iterable[V], *, gained: bool, most: int) -> list[V]:
    """The items that one system won most clearly: the second if ``gained``, else the first; at most ``most``.

    A system wins clearly with a share of at least `CLEAR` of the votes, ties counting half. Equal shares are
    sorted by number of judgments, largest first, then by key.
    """
    shares = ((one.preference if gained else 1 - one.preference, one) for one in voted)
    clear = [(share, one) for share, one in shares if share >= CLEAR]
    clear.sort(key=lambda found: (-found[0], -found[1].judgments, found[1].key))
    return [one for _, one in clear[:most]]
