"""Files of an earlier export with the same name, and whether they are unchanged by the card's checksums."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.formats import data_card
from ftcompare.formats.text_files import printable
from ftcompare.formats.training.train_test_parts import PARTS

_HOW = "Move or remove it, or choose another name."


def part_path(path: Path, part: str) -> Path:
    """The path of a part: ``rows.jsonl`` becomes ``rows.train.jsonl``; the same path for an empty part."""
    return path.with_name(f"{path.stem}.{part}{path.suffix}") if part else path


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


class EarlierExport:
    """The files that an earlier export of this name wrote."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._told = data_card.read_checksums(data_card.card_path(path))

    def require_own(self, files: Collection[str]) -> None:
        """Refuse to overwrite a further file that the user did not name and no earlier export wrote."""
        for name in sorted(files):
            place = self._path.with_name(name)
            if os.path.lexists(place) and not self._is_own(name):
                what = "This file would be written over, and it is not as an earlier export wrote it."
                raise UserError(what, where=printable(name), how=_HOW, code="file-exists")

    def left_over(self, written: Collection[str], *, parts: bool) -> tuple[Path, ...]:
        """Further files of the earlier export that the new one does not write; to be removed afterwards.

        Args:
            parts: whether the rows are divided; then no other part file may remain beside the new ones.
        """
        named = {name for name in self._told if self._is_further(name)}
        if parts:
            named |= {part_path(self._path, part).name for part in PARTS}
        found = [name for name in sorted(named - set(written)) if os.path.lexists(self._path.with_name(name))]
        for name in found:
            if not self._is_own(name):
                what = "This file of an earlier export would stay, and no row goes into it now."
                raise UserError(what, where=printable(name), how=_HOW, code="part-left")
        return tuple(map(self._path.with_name, found))

    def _is_further(self, name: str) -> bool:
        """Whether an export of this name could have written such a file, since the card may be forged."""
        stem, suffix = re.escape(self._path.stem), re.escape(self._path.suffix)
        parts = "|".join(PARTS)
        numbered = rf"{stem}(-\d+|\.({parts})){suffix}"
        return bool(re.fullmatch(rf"{numbered}|{re.escape(self._path.name)}\.dataset_info\.json", name))

    def _is_own(self, name: str) -> bool:
        place = self._path.with_name(name)
        if not self._is_further(name) or place.is_symlink() or not place.is_file():
            return False
        return sha256_of(place) == self._told.get(name)
