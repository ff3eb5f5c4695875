"""The names under which systems may be shown now, and names that a user gives."""

from __future__ import annotations

from collections.abc import Collection

from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import UserError
from ftcompare.core.study import System, SystemId
from ftcompare.formats.record_fields import shown
from ftcompare.store.study.study_file import StudyFile


def system_names(study: StudyFile) -> dict[SystemId, str]:
    """The name of each system: neutral while the study is blinded, the owner's name afterwards."""
    told = study.settings.read().disclosure
    return {s.id: told.name(own=s.name, neutral=s.neutral_name) for s in study.systems.all()}


def base_names(study: StudyFile) -> frozenset[str] | None:
    """Names of the base models that other systems were made from; None while that is withheld."""
    told = study.settings.read().disclosure
    return told.told(
        Subject.SYSTEM_DETAILS, lambda: frozenset(s.name for s in study.systems.all() if s.spec.is_base), None
    )


def responses_told(study: StudyFile) -> dict[SystemId, int | None]:
    """Number of responses of each system; None where the numbers would reveal the systems."""
    counts = study.counts().responses
    return study.settings.read().disclosure.counts({s.id: counts.get(s.id, 0) for s in study.systems.all()})


def system_called(study: StudyFile, name: str) -> System:
    """The system with an owner's name. Raises ``no-such-system``."""
    systems = study.systems.all()
    for system in systems:
        if system.name == name:
            return system
    how = f"Its systems are: {', '.join(system.name for system in systems)}."
    raise UserError(f"There is no system {name!r}.", where=study.path.name, how=how, code="no-such-system")


def require_known_names(noun: str, asked: Collection[str] | None, offered: Collection[str]) -> None:
    unknown = sorted(set(asked or ()) - set(offered))
    if unknown:
        known = sorted(name for name in offered if name)
        how = f"The study has: {', '.join(map(shown, known))}." if known else "The study has none."
        what = f"The study has no {noun} {shown(unknown[0])}."
        raise UserError(what, how=how, code="unknown-filter")
