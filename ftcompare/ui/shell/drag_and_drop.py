"""Which files were dropped on the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QDropEvent

from ftcompare.app.application_paths import STUDY_SUFFIX
from ftcompare.app.raters.packs import PACK_SUFFIX


def dropped_study(event: QDropEvent) -> Path | None:
    """The first study among what is dropped."""
    return next((path for path in _files(event) if path.suffix == STUDY_SUFFIX), None)


def dropped_packs(event: QDropEvent) -> list[Path]:
    """All rater packs among what is dropped."""
    return [path for path in _files(event) if path.suffix == PACK_SUFFIX]


def _files(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
