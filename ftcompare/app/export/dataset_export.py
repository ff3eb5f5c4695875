"""A study as a dataset folder: tables divided into parts, and one card for all."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ftcompare.app.export.earlier_export import sha256_of
from ftcompare.app.export.export_card import WrittenFiles, card_of
from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.export_rows import ExportRows, rows_of
from ftcompare.app.export.part_files import write_parts, written_files
from ftcompare.app.results.study_results import judged_twice
from ftcompare.app.work_progress import RowProgress
from ftcompare.formats.atomic_write import folder_changed
from ftcompare.formats.training.dataset_folder import (
    CARD,
    CONFIGS,
    data_file,
    is_card_unchanged,
    read_checksums,
    readme,
)
from ftcompare.store.study.study_file import StudyFile

CHOOSING, MAKING_CARD = "Choosing the rows", "Making the data card"


def write_dataset(
    study: StudyFile,
    folder: Path,
    name: str,
    request: ExportRequest,
    *,
    now: datetime,
    progress: RowProgress,
) -> tuple[ExportRows, WrittenFiles]:
    """Write the tables that have rows, and the card.

    Args:
        study: the open study.
        folder: an empty folder.
        name: name of the dataset on the card.
        request: the user's choices; its format is that of the folder.
        now: time for the card.
        progress: counts each row.

    Returns:
        The rows of the first table, and all files. No rows and no files where there is nothing to write.
    """
    asked = {config: replace(request, format=form) for config, form in CONFIGS.items()}
    progress.begin(CHOOSING)
    agreed = judged_twice(study)
    found = {config: rows_of(study, one, progress) for config, one in asked.items()}
    kept = {config: rows for config, rows in found.items() if rows.kept}
    tables = {
        config: _write_table(study, folder, config, asked[config], rows, progress)
        for config, rows in kept.items()
    }
    main = next(iter(kept), next(iter(found)))
    files = {
        folder / data_file(config, part): count
        for config, parts in tables.items()
        for part, count in parts.items()
    }
    if not files:
        return found[main], WrittenFiles({}, {})
    progress.begin(MAKING_CARD)
    written = written_files(study, asked[main], found[main], folder, files)
    card = card_of(study, request, found[main], written, agreed, now)
    (folder / CARD).write_text(readme(card, name, tables), encoding="utf-8")
    return found[main], written


def _write_table(
    study: StudyFile,
    folder: Path,
    config: str,
    request: ExportRequest,
    rows: ExportRows,
    progress: RowProgress,
) -> dict[str, int]:
    """Write one table; return its number of rows by part. Undivided rows are all training rows."""
    (folder / data_file(config, "train")).parent.mkdir(parents=True)
    counts = write_parts(
        study, request, rows, lambda part: folder / data_file(config, part or "train"), progress
    )
    return {part or "train": count for part, count in counts.items()}


def is_only_dataset(folder: Path) -> bool:
    """Whether a folder contains an earlier dataset and nothing else, so that it may be replaced.

    Raises:
        UserError: ``folder-changed`` when a file of the earlier dataset was changed or removed.
    """
    there = _files(folder)
    if there.get(CARD) is None or not (told := read_checksums(folder)):
        return False
    if there.keys() - told.keys() - {CARD} or None in there.values():
        return False
    if not is_card_unchanged(folder):
        raise folder_changed(folder, CARD)
    for name, checksum in told.items():
        if not (file := there.get(name)) or sha256_of(file) != checksum:
            raise folder_changed(folder, name)
    return True


def _files(folder: Path) -> dict[str, Path | None]:
    """The files in a folder by relative name; None for links and for entries that are not files."""
    found: dict[str, Path | None] = {}
    for place, folders, names in os.walk(folder):
        here = Path(place)
        linked = (name for name in folders if (here / name).is_symlink())
        for path in (here / name for name in (*names, *linked)):
            plain = path.is_file() and not path.is_symlink()
            found[path.relative_to(folder).as_posix()] = path if plain else None
    return found
