"""Which entries of a model or adapter folder may be opened: looked at with `stat` alone, none is opened here.

A named pipe would wait for ever, a link could lead anywhere, and a file could be larger than memory. So the
folder is refused before the first of them is read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from ftcompare.core.errors import UserError

MOST_ENTRIES = 10_000
"""Of a folder; trainers leave some dozens."""

SMALL = 4 * 2**20
"""Configurations of models and adapters, and chat templates, have some kilobytes, rarely 1 MB."""
TOKENS = 16 * 2**20
"""Settings of tokenizers list every added token."""
TABLE = 64 * 2**20
"""Indexes of weights: that of a model of 671 billion parameters has 9 MB."""
VOCABULARY = 256 * 2**20
"""The largest vocabularies have 35 MB."""

MOST_BYTES = {
    "config.json": SMALL,
    "generation_config.json": SMALL,
    "adapter_config.json": SMALL,
    "tokenizer_config.json": TOKENS,
    "special_tokens_map.json": TOKENS,
    "added_tokens.json": TOKENS,
    "tokenizer.json": VOCABULARY,
    "vocab.json": VOCABULARY,
}
"""By name, of files that are read whole."""

MOST_BYTES_OF = {".json": TABLE, ".jinja": SMALL, ".txt": VOCABULARY, ".model": VOCABULARY}
"""By ending, of the others."""

TEMPLATES = "additional_chat_templates"
"""The one folder within, out of which transformers reads."""


def check_entries(folder: Path, *, code: str) -> None:
    """Refuse a folder with an entry that is not to be opened.

    Raises:
        UserError: ``code``, for a pipe, socket or device, a link out of the folder (other than to the hub's
            own store), a file that is far too large, or far too many entries.
    """
    root = folder.resolve()
    for number, entry in enumerate(_entries(folder)):
        if number >= MOST_ENTRIES:
            raise _refused(folder, f"It holds more than {MOST_ENTRIES:,} entries", code)
        if entry.is_symlink() and not _stays(Path(entry.path), root):
            raise _refused(folder, f"{entry.name} is a link to a place outside it", code)
        _check_kind(Path(entry.path), code)


def most_bytes(name: str) -> int | None:
    """How large a file may be that is read whole; None for weights and what is not read."""
    return MOST_BYTES.get(name, MOST_BYTES_OF.get(Path(name).suffix))


def is_plain_file(path: Path) -> bool:
    """Whether opening it would neither wait nor reach a device."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    for place in (folder, folder / TEMPLATES):
        if place.is_dir():
            with os.scandir(place) as entries:
                yield from entries


def _stays(link: Path, root: Path) -> bool:
    """Whether a link leads to where a model's own files lie: this folder, or the store of the hub's cache."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return True  # it leads nowhere, and counts as missing
    if target.is_relative_to(root):
        return True
    parts = target.parts
    return len(parts) > 2 and parts[-2] == "blobs" and parts[-3].startswith(("models--", "datasets--"))


def _check_kind(path: Path, code: str) -> None:
    try:
        found = path.stat()
    except OSError:
        return  # a link that leads nowhere
    if stat.S_ISDIR(found.st_mode):
        return
    if not stat.S_ISREG(found.st_mode):
        raise _refused(path.parent, f"{path.name} is no file, but a pipe, socket or device", code)
    limit = most_bytes(path.name)
    if limit is not None and found.st_size > limit:
        size = f"{found.st_size / 2**20:,.0f} MB; at most {limit / 2**20:,.0f} MB are read"
        raise _refused(path.parent, f"{path.name} is far larger than such a file can be ({size})", code)


def _refused(folder: Path, why: str, code: str) -> UserError:
    return UserError(
        f"The folder is not opened. {why}.",
        where=str(folder),
        how="Remove that from it, or copy or download the folder again.",
        code=code,
    )
