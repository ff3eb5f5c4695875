"""The identifier of a study in files that are written from it."""

from __future__ import annotations

from ftcompare.store.study.study_file import StudyFile

LENGTH = 16
"""Hexadecimal digits of the digest: enough to tell studies apart."""


def mark_of(study: StudyFile) -> str:
    """The same for a study and its copies, and for no other study; tells nothing of what is in it."""
    return study.settings.founding_digest()[:LENGTH]
