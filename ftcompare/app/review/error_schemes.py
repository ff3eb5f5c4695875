"""The error scheme of a study: shown, set from a file, and put back to MQM core."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ftcompare.core.error_scheme import MQM_CORE, ErrorScheme
from ftcompare.formats.error_scheme import error_scheme_toml, read_error_scheme
from ftcompare.store.study.study_file import StudyFile

__all__ = ["error_scheme", "error_scheme_toml", "set_error_scheme"]
# The last but one is the text of a file, for the command that prints it.


def error_scheme(study: StudyFile) -> ErrorScheme:
    """By which the study's marks are made: MQM core until it is given another."""
    return study.error_schemes.read()


def set_error_scheme(study: StudyFile, path: Path | None, *, now: datetime) -> ErrorScheme:
    """Puts the scheme of a file in place of the study's; MQM core for no file. Returns it.

    Raises:
        UserError: as `read_error_scheme`; ``scheme-in-use`` where marks stand whose type or severity it
            does not have.
    """
    scheme = read_error_scheme(path) if path else MQM_CORE
    study.error_schemes.set(scheme, now=now)
    return scheme
