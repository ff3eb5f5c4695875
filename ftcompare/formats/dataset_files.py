"""The data files in the folder of a data set from a hub, with the split of each.

Source: Hugging Face, "Structure your repository": data files are in the folder or in ``data``. A word in
the name of a file or of its folder, such as ``train-00000-of-00002.parquet``, names the split.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.formats.parquet_file import SUFFIX as PARQUET
from ftcompare.formats.record_fields import any_of
from ftcompare.formats.text_files import MIB, printable, refused

SUFFIXES = (PARQUET, ".jsonl")  # the first of which there are files is read
MAX_FILES = 10_000  # maximum number of entries of a folder

_WORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_SPLITS = {word: split for split, words in _WORDS.items() for word in words}
_SPLIT = re.compile(rf"(?<![a-z])({'|'.join(sorted(_SPLITS, key=len, reverse=True))})(?![a-z])")
_HOW = "Choose the folder with the data files of one data set, or one file."


def data_files(folder: Path, *, max_bytes: int) -> list[tuple[str, Path]]:
    """Return the files of a data set, each with its split: train, validation, test, or empty.

    Raises `UserError` for a folder without such files, one with several data sets, and files with more than
    ``max_bytes`` together.
    """
    places = (folder, folder / "data", *_folders(folder), *_folders(folder / "data"))
    found = {place: files for place in places if (files := _files(place))}
    chosen = [place for place in found if split_of(place.name) or place in (folder, folder / "data")]
    if not found:
        what = f"The folder contains no data set: no {any_of(SUFFIXES)} file is in it or in its folder data."
        raise refused(folder, what, _HOW, "no-data-files")
    if not chosen and len(found) > 1:
        names = ", ".join(sorted(printable(place.name) for place in found))
        what = f"The folder contains several data sets: {names}."
        raise refused(folder, what, _HOW, "several-data-sets")
    files = [file for place in chosen or found for file in found[place]]
    suffix = next(suffix for suffix in SUFFIXES if any(file.suffix.lower() == suffix for file in files))
    files = [file for file in files if file.suffix.lower() == suffix]
    if sum(file.stat().st_size for file in files) > max_bytes:
        what = f"The files are larger than {max_bytes // MIB} MiB."
        raise refused(folder, what, _HOW, "file-too-large")
    return [(split_of(file.stem) or split_of(file.parent.name), file) for file in files]


def split_of(name: str) -> str:
    found = _SPLIT.search(name.lower())
    return _SPLITS[found[0]] if found else ""


def _folders(folder: Path) -> Iterator[Path]:
    return (path for path in _entries(folder) if path.is_dir() and path != folder / "data")


def _files(folder: Path) -> list[Path]:
    return [path for path in _entries(folder) if path.suffix.lower() in SUFFIXES and path.is_file()]


def _entries(folder: Path) -> list[Path]:
    """Return what is in a folder, by name, without hidden entries; nothing of one that may not be read."""
    try:
        paths = sorted(path for path, _ in zip(folder.iterdir(), range(MAX_FILES + 1), strict=False))
    except OSError:
        return []
    if len(paths) > MAX_FILES:
        what = f"The folder contains more than {MAX_FILES:,} files."
        raise UserError(what, where=printable(folder.name), how=_HOW, code="no-data-files")
    return [path for path in paths if not path.name.startswith(".")]
