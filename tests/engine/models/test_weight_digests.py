"""A model's seal is computed from its files, and from an earlier start where the files are as they were."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ftcompare.engine.models import weight_digests
from ftcompare.engine.models.weight_digests import WeightDigests

SIZE = 4 << 20


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(weight_digests, "LARGE", SIZE)
    file = tmp_path / "model.safetensors"
    file.write_bytes(bytes(range(256)) * (SIZE // 256))
    return file


def started(file: Path) -> tuple[str, bool]:
    """The digest at a start, and whether it was that of an earlier one."""
    with WeightDigests(file=file.parent / "list" / "digests.json") as digests:
        digests.start([file])
        return digests.of(file), bool(digests.reused)


def right(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def change(file: Path, place: int, *, keep_time: bool) -> None:
    before = file.stat().st_mtime_ns
    with file.open("r+b") as stream:
        stream.seek(place)
        stream.write(b"changed")
    os.utime(file, ns=(before, before if keep_time else before + 1))


def test_a_second_start_does_not_read_the_file_whole(weights: Path) -> None:
    assert started(weights) == (right(weights), False)
    assert started(weights) == (right(weights), True)


CHANGES: dict[str, Callable[[Path], object]] = {
    "time": lambda file: change(file, SIZE // 2 + 99, keep_time=False),
    "size": lambda file: os.truncate(file, SIZE + 1),
    "the first block": lambda file: change(file, 0, keep_time=True),
    "the last block": lambda file: change(file, SIZE - 9, keep_time=True),
    "a block between": lambda file: change(file, (SIZE - (1 << 16)) * 5 // 31, keep_time=True),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_file_is_read_whole(weights: Path, what: str) -> None:
    before, _ = started(weights)
    CHANGES[what](weights)
    assert started(weights) == (right(weights), False)
    assert right(weights) != before


def test_a_file_that_was_replaced_is_read_whole(weights: Path) -> None:
    started(weights)
    status = weights.stat()
    other = weights.with_name("other")
    other.write_bytes(weights.read_bytes())
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(weights)
    assert started(weights) == (right(weights), False)


@pytest.mark.parametrize("text", ["", "[]", '{"x": 1}', "{"])
def test_a_list_that_cannot_be_read_counts_as_empty(weights: Path, text: str) -> None:
    started(weights)
    (weights.parent / "list" / "digests.json").write_text(text, "utf-8")
    assert started(weights) == (right(weights), False)
    assert started(weights) == (right(weights), True)


def test_small_files_are_read_at_each_start(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weight_digests, "LARGE", SIZE + 1)
    for _ in range(2):
        assert started(weights) == (right(weights), False)


def test_a_cancel_ends_the_threads(weights: Path) -> None:
    def check() -> None:
        raise KeyboardInterrupt

    with WeightDigests(check, weights.parent / "digests.json") as digests:
        digests.start([weights])
        with pytest.raises(KeyboardInterrupt):
            digests.of(weights)
    assert not (weights.parent / "digests.json").exists()
