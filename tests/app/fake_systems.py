"""Systems whose answers the fake engine makes up."""

from __future__ import annotations

import json

from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile


def script(study: StudyFile, **conduct: object) -> None:
    """Set what the fake engine does, by giving the study systems that say so."""
    for system in study.systems.all():
        study.systems.remove(system.id)
    model = json.dumps(conduct)
    study.systems.add(SystemSpec("base", SystemKind.BASE, model=model))
    study.systems.add(SystemSpec("cardiology", SystemKind.ADAPTER, model=model, adapter="tuned"))
