"""The files of an export: one file for all rows, or one each for training, validation and test rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from ftcompare.app.export.earlier_export import sha256_of
from ftcompare.app.export.export_card import WrittenFiles
from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.export_rows import ExportRows, context_of
from ftcompare.app.export.prompt_overlap import leak_words, prompt_groups
from ftcompare.app.work_progress import RowProgress
from ftcompare.formats.export_format import RowKind
from ftcompare.formats.training.train_test_parts import PARTS
from ftcompare.store.study.study_file import StudyFile

WRITING = "Writing the rows"


def write_parts(
    study: StudyFile,
    request: ExportRequest,
    found: ExportRows,
    place: Callable[[str], Path],
    progress: RowProgress,
) -> dict[str, int]:
    """Write the rows; return their number by part. A part without rows gets no file.

    Args:
        study: the open study.
        request: the user's choices.
        found: the rows.
        place: returns the path of a part; the part is empty where rows are not divided.
        progress: counts each row.
    """
    form, context = request.format, context_of(study, request)
    if request.parts is None:
        progress.begin(WRITING, found.kept)
        return {"": form.write(place(""), progress.counted(found.read()), context)}
    progress.begin("Dividing the prompts")
    part = request.parts.divide(prompt_groups(study, (row.prompt for row in found.read())))
    present = Counter(part[row.prompt.key] for row in found.read())
    written = {}
    progress.begin(WRITING, found.kept)
    for name in filter(present.__contains__, PARTS):
        rows = (row for row in found.read() if part[row.prompt.key] == name)
        written[name] = form.write(place(name), progress.counted(rows), context)
    return written


def written_files(
    study: StudyFile, request: ExportRequest, found: ExportRows, folder: Path, files: Mapping[Path, int]
) -> WrittenFiles:
    """The card's facts on the written files, given their numbers of rows; names are relative to ``folder``.

    Further files beside them have only checksums. If these contain rows too, no number of rows is given by
    file.
    """
    written = sorted(file for file in folder.rglob("*") if file.is_file())
    further = set(written) - set(files)
    shared = any(file.stem.startswith(f"{rows.stem}-") for file in further for rows in files)
    rows = {} if shared else {file.relative_to(folder).as_posix(): count for file, count in files.items()}
    checksums = {file.relative_to(folder).as_posix(): sha256_of(file) for file in written}
    kind = request.format.rows
    if not kind.trains:
        return WrittenFiles(rows, checksums)
    leaked = leak_words(study, (row.prompt for row in found.read()))
    agreed = _agreement(found) if kind is RowKind.PREFERENCE else None
    return WrittenFiles(rows, checksums, leaked, agreed)


def _agreement(found: ExportRows) -> float | None:
    total, count = 0.0, 0
    for row in found.read():
        if row.raters:
            total, count = total + row.agreement, count + 1
    return total / count if count else None
