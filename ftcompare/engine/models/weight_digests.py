"""Digests of weight files, computed in other threads while the model loads, and remembered between starts.

A file is read whole on the first start, and whenever its size, time of change, or place on the disk (inode)
has changed. Otherwise a later start reads a few blocks of it, and takes the digest of before if they are the
same. It cannot see a change that keeps size and time and touches none of these blocks. To have all files read
whole again, delete the list of digests.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

from ftcompare.core.hashing import file_digest

LARGE = 1 << 26  # minimum size in bytes of files whose digests are remembered; smaller ones are read at once
BLOCKS, BLOCK = 32, 1 << 16  # number and size in bytes of the blocks that are compared
THREADS = 4
PIECE = 1 << 22  # bytes between two checks for a cancel


Entry: TypeAlias = dict[str, str]


def remembered_in(name: str) -> Path:
    if chosen := os.environ.get("FTCOMPARE_HOME"):
        return Path(chosen) / name
    import platformdirs  # "make gpu" runs where only torch and what it brings is installed

    return Path(platformdirs.user_cache_dir("ftcompare", appauthor=False)) / name


def remember(file: Path, content: dict[str, Any]) -> None:
    """Replace the content of such a file; an error is ignored, because the next start can do without."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False) as part:
            json.dump(content, part)
        Path(part.name).replace(file)


def remembered(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


class WeightDigests:
    """Digests of files, by threads that end with the context; ``check`` runs in them and may raise."""

    def __init__(self, check: Callable[[], None] = lambda: None, file: Path | None = None) -> None:
        self._check = check
        self._list = file or remembered_in("weight-digests.json")
        self._known = _read_list(self._list)
        self._threads = ThreadPoolExecutor(THREADS)
        self._running: dict[Path, Future[Entry]] = {}
        self._ended = False
        self.reused: set[Path] = set()
        """Files that were not read whole."""

    def __enter__(self) -> WeightDigests:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._threads.shutdown(cancel_futures=True)

    def start(self, files: Iterable[Path]) -> None:
        """Begin with large files."""
        for file in files:
            if file.stat().st_size >= LARGE:
                self._running[file] = self._threads.submit(self._digest, file)

    def of(self, file: Path) -> str:
        """Return the SHA-256 of a file in hexadecimal. Raises `OSError`, and what ``check`` raises."""
        if file not in self._running:
            return file_digest(file)
        entry = self._running[file].result()
        if self._known.get(str(file.resolve())) != entry:
            self._known[str(file.resolve())] = entry
            remember(self._list, self._known)
        return entry["digest"]

    def _digest(self, file: Path) -> Entry:
        # Taken before the file is read: if it changes while it is, the next start reads it again.
        present = {"state": _state(file), "blocks": _blocks_digest(file)}
        known = self._known.get(str(file.resolve()), {})
        if known and all(known.get(what) == value for what, value in present.items()):
            self.reused.add(file)
            return known
        whole = hashlib.sha256()
        with file.open("rb") as stream:
            while (piece := stream.read(PIECE)) and not self._ended:
                self._check()
                whole.update(piece)
        return {**present, "digest": whole.hexdigest()}


def _state(file: Path) -> str:
    """Return what changes when a file is written or replaced."""
    status = file.stat()
    return f"{status.st_size} {status.st_mtime_ns} {status.st_dev} {status.st_ino}"


def _blocks_digest(file: Path) -> str:
    """Return a digest of the first, the last, and evenly spaced blocks of a file."""
    found = hashlib.sha256()
    last = max(file.stat().st_size - BLOCK, 0)
    with file.open("rb") as stream:
        for number in range(BLOCKS):
            stream.seek(last * number // (BLOCKS - 1))
            found.update(stream.read(BLOCK))
    return found.hexdigest()


def _read_list(file: Path) -> dict[str, Entry]:
    entries = remembered(file).items()
    return {name: entry for name, entry in entries if isinstance(entry, dict) and "digest" in entry}
