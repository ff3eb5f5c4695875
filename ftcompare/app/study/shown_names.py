"""What systems may be called now, and which may be told to be a base."""

from __future__ import annotations

from ftcompare.core.disclosure import Subject
from ftcompare.core.study import SystemId
from ftcompare.store.study.study_file import StudyFile


def system_names(study: StudyFile) -> dict[SystemId, str]:
    """What each system may be called now: neutral while blinded, the owner's names after."""
    told = study.settings.read().disclosure
    return {s.id: told.name(own=s.name, neutral=s.neutral_name) for s in study.systems.all()}


def base_names(study: StudyFile) -> frozenset[str] | None:
    """The systems that others were made from, by name; None while that is withheld."""
    told = study.settings.read().disclosure
    return told.told(
        Subject.SYSTEM_DETAILS, lambda: frozenset(s.name for s in study.systems.all() if s.spec.is_base), None
    )


def responses_told(study: StudyFile) -> dict[SystemId, int | None]:
    """How many responses each system has written.

    None for all of them where the numbers would tell which is which, as `Disclosure.counts` decides.
    """
    counts = study.counts().responses
    return study.settings.read().disclosure.counts({s.id: counts.get(s.id, 0) for s in study.systems.all()})
