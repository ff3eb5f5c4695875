"""Finds the stored response that an imported record refers to, among a system's responses to one prompt."""

from __future__ import annotations

from typing import NamedTuple

from ftcompare.core.study import ResponseId


class StoredSample(NamedTuple):
    """The id of a response, and its digest."""

    id: ResponseId
    digest: str


class StoredSamples:
    """One system's responses to one prompt, by sample number and by text.

    Equal texts are one response, unless the imported file gives them two different sample numbers.
    """

    __slots__ = ("_by_number", "_by_text", "_named")

    def __init__(self, named: set[ResponseId]) -> None:
        """``named``: ids of responses whose sample number the file gives.

        Shared by all prompts and systems.
        """
        self._by_number: dict[int, tuple[bytes, StoredSample]] = {}
        self._by_text: dict[bytes, StoredSample] = {}
        self._named = named

    def add(self, text: bytes, number: int, sample: StoredSample, *, named: bool = False) -> None:
        """Add a response. For equal texts, `find` by text returns the response added first.

        ``named`` is whether the imported file gives this sample number.
        """
        self._by_number[number] = (text, sample)
        self._by_text.setdefault(text, sample)
        if named:
            self._named.add(sample.id)

    def find(self, text: bytes, number: int | None) -> StoredSample | None:
        """The response with this text and, if the record has one, this sample number; None if it is new."""
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
        """A sample number for a new response: ``wanted`` if it is free, else one more than the highest."""
        if wanted is not None and wanted not in self._by_number:
            return wanted
        return max(self._by_number, default=-1) + 1
