"""The error scheme of a study: read it, set it from a file, and reset it to MQM core."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ftcompare.core.error_scheme import MQM_CORE, ErrorScheme
from ftcompare.formats.error_scheme import error_scheme_toml, read_error_scheme
from ftcompare.store.study.study_file import StudyFile

__all__ = ["error_scheme", "error_scheme_toml", "set_error_scheme"]
# `error_scheme_toml` gives the text of a file, for the command that prints it.


def error_scheme(study: StudyFile) -> ErrorScheme:
    """The error scheme of the study's marks: MQM core unless another was set."""
    return study.error_schemes.read()


def set_error_scheme(study: StudyFile, path: Path | None, *, now: datetime) -> ErrorScheme:
    """Replace the study's error scheme by that of a file, or by MQM core for None, and return it.

    Raises:
        UserError: as `read_error_scheme`; ``scheme-in-use`` when existing marks have a type or severity that
            the new scheme lacks.
    """
    scheme = read_error_scheme(path) if path else MQM_CORE
    study.error_schemes.set(scheme, now=now)
    return scheme
