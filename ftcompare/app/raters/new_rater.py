"""Adding a rater who judges at this machine, before they begin."""

from __future__ import annotations

from ftcompare.core.errors import UserError
from ftcompare.core.study import Rater, RaterKind
from ftcompare.store.study.study_file import StudyFile


def add_rater(study: StudyFile, name: str) -> Rater:
    """Add a person; they get their pairs when they begin to rate.

    Raises:
        UserError: ``rater-exists``, ``rating-closed``, ``no-rater-name``.
    """
    if closed := study.settings.read().disclosure.rating_closed:
        raise UserError(closed, code="rating-closed")
    before = {rater.id for rater in study.raters.all() if rater.kind is RaterKind.HUMAN}
    with study.atomic():
        added = study.raters.add(name)
        if added.id in before:
            raise UserError(
                f"“{added.name}” is a rater of this study already.",
                how="Take another name.",
                code="rater-exists",
            )
    return added
