"""A dataset folder of a study: its tables with their parts, and one card for all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ftcompare.app.export.export_card import WrittenFiles, card_of
from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.export_rows import ExportRows, rows_of
from ftcompare.app.export.part_files import write_parts, written_files
from ftcompare.app.work_progress import RowProgress
from ftcompare.formats.training.dataset_folder import CARD, CONFIGS, data_file, readme
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
    """Write the tables that have rows, and the card; the rows of the first table, and all files.

    Args:
        study: that they are of.
        folder: an empty folder.
        name: what the card calls it.
        request: as chosen; its format is that of the folder.
        now: for the card.
        progress: told of each row.

    Returns:
        Rows of which none is kept, and no file, where there is nothing to write.
    """
    asked = {config: replace(request, format=form) for config, form in CONFIGS.items()}
    progress.begin(CHOOSING)
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
    card = card_of(study, request, found[main], written, now)
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
    """The rows of one table; their number by part, all of them for training where they are not divided."""
    (folder / data_file(config, "train")).parent.mkdir(parents=True)
    counts = write_parts(
        study, request, rows, lambda part: folder / data_file(config, part or "train"), progress
    )
    return {part or "train": count for part, count in counts.items()}
