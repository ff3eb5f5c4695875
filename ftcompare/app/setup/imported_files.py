"""The files from which answers of a study were imported, by system, and what the import split off."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ftcompare.core.plurals import counted
from ftcompare.core.study import SystemId
from ftcompare.store.records import ImportCounts
from ftcompare.store.study.study_file import StudyFile

KEY = "imported_files"


@contextmanager
def remembering(study: StudyFile, file: str) -> Iterator[None]:
    """Context manager: record the file name for each system that gets answers inside the block."""
    before = dict(study.counts().responses)
    yield
    after = study.counts().responses
    found = {system: list(names) for system, names in imported_files(study).items()}
    for system in (system for system, number in after.items() if number > before.get(system, 0)):
        names = found.setdefault(system, [])
        names += [] if file in names else [file]
    study.state.put(KEY, json.dumps(found))


def imported_files(study: StudyFile) -> Mapping[SystemId, tuple[str, ...]]:
    """Names of files by system, in order of import; empty for studies of versions without this record."""
    try:
        found = json.loads(study.state.get(KEY) or "{}")
        return {SystemId(int(system)): tuple(map(str, names)) for system, names in found.items()}
    # another program may have written the value
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}


def reasoning_words(counts: ImportCounts) -> Iterator[str]:
    """What an import split off from answers, as sentences."""
    if counts.reasoned:
        yield f"Reasoning was parted from {counted(counts.reasoned, 'answer')} and is not shown to raters."
    if counts.unanswered:
        yield f"In {counts.unanswered:,} of them no answer follows the reasoning."
