"""Leaving raters out of the results, with a reason; the results are then shown with and without."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from ftcompare.core.errors import UserError
from ftcompare.core.study import Rater
from ftcompare.store.study_file import StudyFile


def exclude_rater(study: StudyFile, name: str, reason: str, *, now: datetime) -> Rater:
    """Leave a rater out; their judgments stay in the study.

    Raises:
        UserError: ``no-such-rater``, ``no-reason``, ``already-excluded``, ``still-blinded``.
    """
    rater = find_rater(study, name)
    study.exclude(rater.id, reason, now=now)
    return rater


def include_rater(study: StudyFile, name: str, reason: str, *, now: datetime) -> Rater:
    """Take a rater back.

    Raises:
        UserError: ``no-such-rater``, ``no-reason``, ``not-excluded``, ``still-blinded``.
    """
    rater = find_rater(study, name)
    study.include(rater.id, reason, now=now)
    return rater


def find_rater(study: StudyFile, name: str) -> Rater:
    """The rater of this name; case and surrounding spaces do not matter.

    Raises:
        UserError: ``no-such-rater``.
    """
    wanted = _folded(name)
    raters = study.raters()
    found = next((rater for rater in raters if _folded(rater.name) == wanted), None)
    if found is None:
        names = ", ".join(rater.name for rater in raters)
        raise UserError(
            f"There is no rater called {name.strip()!r} in this study.",
            where=study.path.name,
            how=f"Its raters are: {names}." if names else "Nobody has rated in it yet.",
            code="no-such-rater",
        )
    return found


def _folded(name: str) -> str:
    """As the store tells raters apart."""
    shown = unicodedata.normalize("NFC", name).strip()
    return unicodedata.normalize("NFC", shown.casefold())
