"""Training, validation and test parts, divided by prompt: each prompt is in one of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ftcompare.core.errors import UserError

PARTS = ("train", "validation", "test")  # as readers of datasets call them


@dataclass(frozen=True, slots=True)
class Parts:
    shares: tuple[float, float, float]  # of the prompts, for train, validation and test; together 1
    seed: int = 0  # another one gives another division; the same gives the same, whatever is judged later

    def __post_init__(self) -> None:
        if min(self.shares) < 0 or not abs(sum(self.shares) - 1) < 1e-6 or not self.shares[0]:
            how = "Give shares for train, validation, and test that sum to 100 or 1, such as 80/10/10."
            raise UserError("These are not shares of rows.", how=how, code="bad-shares")

    def divide(self, groups: Mapping[str, str]) -> dict[str, str]:
        """Return the part of each prompt, by key; prompts of one group, given by key, go into one part."""
        part = {group: self._part(group) for group in set(groups.values())}
        return {key: part[group] for key, group in groups.items()}

    def empty(self, files: Iterable[str]) -> tuple[str, ...]:
        """Return the parts with a share that none of these files is named after."""
        wanted = (part for part, share in zip(PARTS, self.shares, strict=True) if share)
        names = " ".join(files)
        return tuple(part for part in wanted if part not in names)

    def _part(self, group: str) -> str:
        """Draw by a hash of the group alone, so that a new prompt moves no other."""
        digest = hashlib.sha256(f"{self.seed}:{group}".encode()).digest()
        drawn = int.from_bytes(digest[:8]) / 2**64
        train, validation, _ = self.shares
        bounds = (train, train + validation)
        return PARTS[sum(drawn >= bound for bound in bounds)]


def read_parts(text: str, seed: int) -> Parts:
    """Read shares as people write them: ``0.8/0.1/0.1`` or ``80/10/10``; the test part is optional."""
    try:
        given = [float(share) for share in text.split("/")]
    except ValueError:
        given = []
    total = sum(given)
    if len(given) not in (2, 3) or not any(abs(total - whole) < 1e-6 for whole in (1, 100)):
        given, total = [0.0], 1.0
    train, validation, test = (*(share / total for share in given), 0.0, 0.0)[:3]
    return Parts((train, validation, test), seed)


def joined_groups(keys: Sequence[str], alike: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return, for each key, the first of those that the ``alike`` pairs connect it with, or itself."""
    group = {key: key for key in keys}

    def first(key: str) -> str:
        while group[key] != key:
            group[key] = group[group[key]]
            key = group[key]
        return key

    place = {key: number for number, key in enumerate(keys)}
    for one, other in alike:
        early, late = sorted((first(one), first(other)), key=place.__getitem__)
        group[late] = early
    return {key: first(key) for key in keys}
