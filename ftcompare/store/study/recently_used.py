"""A bounded cache of recently used rows for long imports."""

from __future__ import annotations

from typing import Generic, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class RecentlyUsed(Generic[_Key, _Value]):
    """A cache of values by key that keeps at least the ``most`` keys used last, and at most twice as many.

    Args:
        most: at least 1.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._new: dict[_Key, _Value] = {}
        self._old: dict[_Key, _Value] = {}
        self.forgot = False
        """Whether a value was discarded."""

    def get(self, key: _Key) -> _Value | None:
        """The value of a key; None if it was never added or was discarded."""
        found = self._new.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.put(key, found)
        return found

    def put(self, key: _Key, value: _Value) -> None:
        """Add or replace the value of a key."""
        if len(self._new) >= self._most and key not in self._new:
            self.forgot = self.forgot or bool(self._old)
            self._old, self._new = self._new, {}
        self._new[key] = value
