"""What systems may be called now."""

from __future__ import annotations

from ftcompare.core.study import SystemId
from ftcompare.store.study.study_file import StudyFile


def system_names(study: StudyFile) -> dict[SystemId, str]:
    """What each system may be called now: neutral while blinded, the owner's names after."""
    blinded = study.study().blinded
    return {s.id: s.neutral_name if blinded else s.name for s in study.systems()}
