"""Finds the response of a system to one prompt that an imported record refers to."""

from __future__ import annotations

from typing import NamedTuple

from ftcompare.core.study import ResponseId


class StoredSample(NamedTuple):
    """A response, and its digest."""

    id: ResponseId
    digest: str


class StoredSamples:
    """One system's responses to one prompt, by number and by text.

    Equal texts are one response, unless this file has them under two numbers.
    """

    __slots__ = ("_by_number", "_by_text", "_named")

    def __init__(self, named: set[ResponseId]) -> None:
        """``named``: responses, of any place, that this file gives the numbers they have."""
        self._by_number: dict[int, tuple[bytes, StoredSample]] = {}
        self._by_text: dict[bytes, StoredSample] = {}
        self._named = named

    def add(self, text: bytes, number: int, sample: StoredSample, *, named: bool = False) -> None:
        """Keeps a response; of equal texts the first added stands for the text.

        ``named``: the file gives it this number.
        """
        self._by_number[number] = (text, sample)
        self._by_text.setdefault(text, sample)
        if named:
            self._named.add(sample.id)

    def find(self, text: bytes, number: int | None) -> StoredSample | None:
        """The response that a file means by a text and, where it has one, its number; None: a new one."""
        known = self._by_text.get(text)
        if number is None:
            return known
        there = self._by_number.get(number)
        if there is None:
            return None if known and known.id in self._named else known
        if there[0] != text:
            return known
        self._named.add(there[1].id)
        return there[1]

    def free(self, wanted: int | None) -> int:
        """A number for a new response: the one that is wanted where nothing has it."""
        if wanted is not None and wanted not in self._by_number:
            return wanted
        return max(self._by_number, default=-1) + 1
