"""The identifier of a study in files that are written from it."""

from __future__ import annotations

from ftcompare.store.study.study_file import StudyFile

LENGTH = 16
"""Number of hexadecimal digits, enough to distinguish studies."""


def mark_of(study: StudyFile) -> str:
    """A mark that is equal for a study and its copies only, and reveals nothing about its content."""
    return study.settings.founding_digest()[:LENGTH]
